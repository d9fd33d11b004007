/// MP3 with ID3v2 (id3.org, ID3v2.2 to 2.4).
enum ID3: Container {
    static let name = "MP3"

    static func matches(_ head: [UInt8], _ walk: Walk, _ range: Range<UInt64>) -> Bool {
        head.count >= 10 && head.starts(with: Array("ID3".utf8)) && head[3] < 0xFF
            && head[6..<10].allSatisfy { $0 < 0x80 }
    }

    static func plan(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        let head = try walk.reader.bytes(at: range.lowerBound, count: 10)
        guard head.starts(with: Array("ID3".utf8)) else { return }
        let size = synchsafe(head[6..<10])
        guard size <= range.upperBound - range.lowerBound - 10 else { throw .malformed("ID3 tag does not fit") }
        let tag = range.lowerBound + 10..<range.lowerBound + 10 + size
        try walk.unit(tag, "ID3 tag") { () throws(PlanningError) in
            // Unsynchronised tags and those with an extended header are looked through as a whole.
            guard head[3] >= 3, head[5] & 0xC0 == 0 else { return try Trailer.plan(try walk.nested(), tag) }
            try frames(walk, tag, isSynchsafe: head[3] >= 4)
        }
    }

    private static func synchsafe(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reduce(0) { $0 << 7 | UInt64($1 & 0x7F) }
    }

    private static func frames(_ walk: Walk, _ range: Range<UInt64>, isSynchsafe: Bool) throws(PlanningError) {
        var position = range.lowerBound
        while range.upperBound - position >= 10 {
            let head = try walk.reader.bytes(at: position, count: 10)
            // Padding.
            if head[0] == 0 { return }
            let size = isSynchsafe ? synchsafe(head[4..<8]) : head[4..<8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            guard size <= range.upperBound - position - 10 else { throw .malformed("ID3 frame does not fit") }
            let data = position + 10..<position + 10 + size
            try frame(walk, String(decoding: head[0..<4], as: UTF8.self), data)
            position = data.upperBound
        }
    }

    private static func frame(_ walk: Walk, _ type: String, _ data: Range<UInt64>) throws(PlanningError) {
        switch type {
        case "TXXX", "COMM", "WXXX", "PRIV", "GEOB":
            guard data.upperBound - data.lowerBound <= 65_536 else {
                return try Trailer.plan(try walk.nested(), data)
            }
            let bytes = try walk.reader.bytes(at: data.lowerBound, count: Int(data.upperBound - data.lowerBound))
            let words = String(decoding: bytes.filter { $0 != 0 }, as: UTF8.self).lowercased()
            if ["location", "latitude", "longitude", "gps", "geo_"].contains(where: words.contains) {
                return walk.draft.patch(data, .fill(0), "ID3 \(type)")
            }
            try ISOMedia.text(walk, data, "ID3 \(type)")
            try Trailer.plan(try walk.nested(), data)
        case "APIC": try Trailer.plan(try walk.nested(), data)
        default: break
        }
    }
}

/// FLAC (RFC 9639): Vorbis comments and pictures.
enum FLAC: Container {
    static let name = "FLAC"

    static func matches(_ head: [UInt8], _ walk: Walk, _ range: Range<UInt64>) -> Bool {
        head.starts(with: Array("fLaC".utf8))
    }

    static func plan(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        var position = range.lowerBound + 4
        while range.upperBound - position >= 4 {
            let head = try walk.reader.u32(at: position, .big)
            let data = try walk.reader.range(at: position + 4, count: UInt64(head & 0xFF_FFFF), in: range)
            try block(walk, UInt8(head >> 24 & 0x7F), data)
            position = data.upperBound
            if head >> 31 == 1 { return }
        }
    }

    /// The metadata block of this type: comments, data of programs, pictures.
    static func block(_ walk: Walk, _ type: UInt8, _ data: Range<UInt64>) throws(PlanningError) {
        switch type {
        case 4:
            try walk.unit(data, "Vorbis comments") { () throws(PlanningError) in try VorbisComment.plan(walk, data) }
        case 2, 6: try Trailer.plan(try walk.nested(), data)
        default: break
        }
    }
}
