/// AVI and WAVE (RIFF): chunks with metadata of their own kind, text with coordinates, streams of text. WebP has its own
/// container.
enum RIFF: Container {
    static let name = "AVI"

    static func matches(_ head: [UInt8], _ walk: Walk, _ range: Range<UInt64>) -> Bool {
        guard head.count >= 12, head.starts(with: Array("RIFF".utf8)) else { return false }
        return ["AVI ", "WAVE", "RMID", "AVIX"].contains(String(decoding: head[8..<12], as: UTF8.self))
    }

    static func plan(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        if try walk.reader.bytes(at: range.lowerBound + 8, count: 4) == Array("WAVE".utf8) { walk.name("WAVE") }
        // Its own size is not asked: recordings that were cut off have a wrong one. Large files are several RIFF chunks, one
        // behind the other (OpenDML).
        var movie = Movie()
        try chunks(try walk.nested(), range.lowerBound + 12..<range.upperBound, isTop: true, &movie)
        try subtitles(walk, movie)
    }

    /// What is learnt while the chunks pass by.
    struct Movie {
        /// Types of the streams, in order.
        var streams: [String] = []
        /// Frames of all streams.
        var media: [Range<UInt64>] = []
    }

    private static func chunks(
        _ walk: Walk, _ range: Range<UInt64>, isTop: Bool = false, _ movie: inout Movie
    ) throws(PlanningError) {
        var position = range.lowerBound
        while range.upperBound - position >= 8 {
            let head = try walk.reader.bytes(at: position, count: Int(min(12, range.upperBound - position)))
            guard head[0..<4].allSatisfy({ (0x20...0x7E).contains($0) }) else {
                return try rest(walk, position..<range.upperBound)
            }
            let type = String(decoding: head[0..<4], as: UTF8.self)
            if isTop, type == "RIFF" {
                position = min(position + 12, range.upperBound)
                continue
            }
            let size = head[4..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            // The last chunk of a file that was cut off.
            let end = min(position + 8 + size, range.upperBound)
            if position + 8 + size > range.upperBound, !["LIST", "data"].contains(type) {
                return walk.draft.blank(
                    position + 8..<range.upperBound, kind: "RIFF \(type)",
                    reason: "RIFF \(type) blanked: it is cut off")
            }
            try chunk(walk, type, position + 8..<end, &movie)
            position = end
            // Some writers leave out the zero that makes a length even.
            if size & 1 == 1, end < range.upperBound, try !isUnpadded(walk, end, range) { position += 1 }
        }
        if position < range.upperBound { try rest(walk, position..<range.upperBound) }
    }

    private static func isUnpadded(
        _ walk: Walk, _ position: UInt64, _ range: Range<UInt64>
    ) throws(PlanningError) -> Bool {
        guard range.upperBound - position >= 8 else { return false }
        let head = try walk.reader.bytes(at: position, count: 8)
        let size = head[4..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return head[0..<4].allSatisfy { (0x20...0x7E).contains($0) } && size <= range.upperBound - position - 8
    }

    /// What is no chunk: padding, or what is left of damaged ones.
    private static func rest(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        let count = Int(min(4_096, range.upperBound - range.lowerBound))
        let bytes = try walk.reader.bytes(at: range.lowerBound, count: count)
        guard range.upperBound - range.lowerBound > 4_096 || bytes.contains(where: { $0 != 0 }) else { return }
        walk.draft.blank(range, kind: "RIFF", reason: "bytes that are no chunk of the RIFF blanked")
    }

    private static func chunk(
        _ walk: Walk, _ type: String, _ data: Range<UInt64>, _ movie: inout Movie
    ) throws(PlanningError) {
        switch type {
        case "LIST":
            guard data.upperBound - data.lowerBound >= 4 else { return }
            let kind = String(decoding: try walk.reader.bytes(at: data.lowerBound, count: 4), as: UTF8.self)
            let inner = data.lowerBound + 4..<data.upperBound
            if kind == "movi" { return movie.media.append(inner) }
            if kind == "GPS " || kind == "gps " { return walk.draft.patch(inner, .fill(0), "GPS list") }
            try chunks(try walk.nested(), inner, &movie)
        case "strh" where data.upperBound - data.lowerBound >= 4 && movie.streams.count < 100:
            movie.streams.append(
                String(decoding: try walk.reader.bytes(at: data.lowerBound, count: 4), as: UTF8.self))
        case "nctg": try CameraBoxes.nikon(walk, data)
        // BikeBro, DuDuBell (ExifTool RIFF.pm); a place in the INFO of pictures, and of programs (RIFF MCI, 1991).
        case "GPS ", "gps ", "gps0", "GPS0", "SGLT", "SLLT": walk.draft.patch(data, .fill(0), "GPS chunk")
        case "_PMX", "XMP ": try XMPPacket.plan(walk, data)
        // What an editor replaced (ExifTool RIFF.pm).
        case "JUNQ": try Trailer.plan(try walk.nested(), data)
        case "hymn", "mknt": try CameraBoxes.makerNote(try walk.nested(), data)
        case "id3 ", "ID3 ": try ID3.planNested(walk, data)
        case "EXIF", "exif": try ISOMedia.exif(walk, data)
        case "JUNK" where try isLog(walk, data): walk.draft.patch(data, .fill(0), "GPS log")
        case "strd", "JUNK", "junk", "CNTH": try Trailer.plan(try walk.nested(), data)
        case "LOCA", "ICNT": walk.draft.patch(data, .fill(0x20), "RIFF \(type)")
        case let type where type.hasPrefix("I") && data.upperBound - data.lowerBound <= 4_096:
            try ISOMedia.text(walk, data, "RIFF \(type)")
        case "bext", "iXML", "axml": try XMLText.plan(walk, data, "RIFF \(type)")
        default: break
        }
    }
}

/// Text of moderate length in which coordinates become spaces.
enum XMLText {
    static func plan(_ walk: Walk, _ range: Range<UInt64>, _ kind: String) throws(PlanningError) {
        guard range.upperBound - range.lowerBound <= 1 << 20 else {
            return walk.draft.blank(range, with: 0x20, kind: kind, reason: "\(kind) blanked: longer than 1 MiB")
        }
        try ISOMedia.text(walk, range, kind)
    }
}
