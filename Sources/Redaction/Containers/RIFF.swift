/// AVI and WAVE (RIFF): chunks with metadata of their own kind, text with coordinates. WebP has its own container.
enum RIFF: Container {
    static let name = "AVI"

    static func matches(_ head: [UInt8], _ walk: Walk, _ range: Range<UInt64>) -> Bool {
        guard head.count >= 12, head.starts(with: Array("RIFF".utf8)) else { return false }
        return ["AVI ", "WAVE", "RMID", "AVIX"].contains(String(decoding: head[8..<12], as: UTF8.self))
    }

    static func plan(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        if try walk.reader.bytes(at: range.lowerBound + 8, count: 4) == Array("WAVE".utf8) { walk.name("WAVE") }
        var position = range.lowerBound
        // Large files are several RIFF chunks, one behind the other (OpenDML).
        while range.upperBound - position >= 12,
            try walk.reader.bytes(at: position, count: 4) == Array("RIFF".utf8)
        {
            let size = UInt64(try walk.reader.u32(at: position + 4, .little))
            let end = min(range.upperBound, position + 8 + size + (size & 1))
            try chunks(try walk.nested(), position + 12..<max(end, position + 12))
            position = max(end, position + 12)
        }
        if position < range.upperBound { try Trailer.plan(walk, position..<range.upperBound) }
    }

    private static func chunks(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        var position = range.lowerBound
        while range.upperBound - position >= 8 {
            let head = try walk.reader.bytes(at: position, count: 8)
            let type = String(decoding: head[0..<4], as: UTF8.self)
            let size = head[4..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            // The last chunk of a file that was cut off.
            let end = min(position + 8 + size, range.upperBound)
            try chunk(walk, type, position + 8..<end)
            position = min(end + (size & 1), range.upperBound)
        }
    }

    private static func chunk(_ walk: Walk, _ type: String, _ data: Range<UInt64>) throws(PlanningError) {
        switch type {
        case "LIST":
            guard data.upperBound - data.lowerBound >= 4 else { return }
            let kind = String(decoding: try walk.reader.bytes(at: data.lowerBound, count: 4), as: UTF8.self)
            let inner = data.lowerBound + 4..<data.upperBound
            if kind == "movi" { return }
            if kind == "GPS " || kind == "gps " { return walk.draft.patch(inner, .fill(0), "GPS list") }
            try chunks(try walk.nested(), inner)
        case "GPS ", "gps ", "gps0", "GPS0": walk.draft.patch(data, .fill(0), "GPS chunk")
        case "_PMX", "XMP ": try XMPPacket.plan(walk, data)
        case "id3 ", "ID3 ": try ID3.plan(walk, data)
        case "EXIF", "exif": try ISOMedia.exif(walk, data)
        case "strd", "JUNK", "junk", "nctg", "CNTH": try Trailer.plan(try walk.nested(), data)
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
