/// Sound whose tags stand at its end (or, rarely, in front): MP3 without ID3v2, WavPack, Monkey's Audio, Musepack, TTA.
enum TaggedAudio: Container {
    static let name = "audio"

    private static let signatures: [(bytes: [UInt8], name: String)] = [
        (Array("wvpk".utf8), "WavPack"), (Array("MAC ".utf8), "Monkey's Audio"), (Array("MPCK".utf8), "Musepack"),
        (Array("MP+".utf8), "Musepack"), (Array("TTA1".utf8), "TTA"), (Array("OFR ".utf8), "OptimFROG"),
        (APETag.mark, "MP3"),
    ]

    static func matches(_ head: [UInt8], _ walk: Walk, _ range: Range<UInt64>) -> Bool {
        head.count >= 32 && (signatures.contains { head.starts(with: $0.bytes) } || isFrame(head))
    }

    /// A frame of MPEG audio, layers 2 and 3 (ISO/IEC 11172-3, 2.4.1.3).
    private static func isFrame(_ head: [UInt8]) -> Bool {
        head[0] == 0xFF && head[1] & 0xE0 == 0xE0 && head[1] & 0x18 != 0x08 && [0x02, 0x04].contains(head[1] & 0x06)
            && head[2] & 0xF0 != 0xF0 && head[2] & 0x0C != 0x0C
    }

    static func plan(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        let head = try walk.reader.bytes(at: range.lowerBound, count: 32)
        walk.name(signatures.first { head.starts(with: $0.bytes) }?.name ?? "MP3")
        if head.starts(with: APETag.mark) {
            let tag = range.lowerBound + 32
            let size = try APETag.size(walk, at: range.lowerBound)
            guard size >= 32, size <= range.upperBound - tag else { throw .malformed("APE tag does not fit") }
            try APETag.plan(walk, tag..<tag + size - 32)
        }
        try AudioTags.plan(walk, range)
    }
}

/// The tags behind sound: ID3v1, Lyrics3 and APE, in any order.
enum AudioTags {
    private static let textLimit: UInt64 = 1 << 20

    static func plan(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        var end = range.upperBound
        for _ in 0..<4 {
            let start = try tag(walk, range.lowerBound..<end)
            guard start < end else { return }
            end = start
        }
    }

    /// Plans the tag that ends `range`.
    ///
    /// - Returns: where it begins; the range's end if there is none.
    private static func tag(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) -> UInt64 {
        let length = range.upperBound - range.lowerBound
        if length >= 128, try walk.reader.bytes(at: range.upperBound - 128, count: 3) == Array("TAG".utf8) {
            // ID3v1: fields of fixed length.
            let start = range.upperBound - 128
            for field in [3, 33, 63, 97] as [UInt64] {
                try ISOMedia.text(walk, start + field..<start + field + 30, "ID3v1")
            }
            return start
        }
        guard length >= 32 else { return range.upperBound }
        let footer = try walk.reader.bytes(at: range.upperBound - 32, count: 32)
        if footer.starts(with: APETag.mark) { return try ape(walk, range) }
        guard footer.suffix(9).elementsEqual("LYRICS200".utf8) else { return range.upperBound }
        // Lyrics3 2.00: six digits say how long it is without them and the mark.
        let size = UInt64(String(decoding: footer[17..<23], as: UTF8.self)) ?? 0
        guard size <= length - 15, size <= textLimit else { return range.upperBound }
        let start = range.upperBound - 15 - size
        try ISOMedia.text(walk, start..<range.upperBound - 15, "Lyrics3")
        return start
    }

    private static func ape(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) -> UInt64 {
        let footer = range.upperBound - 32
        let size = try APETag.size(walk, at: footer)
        guard size >= 32, size <= range.upperBound - range.lowerBound else { return try lost(walk, range, footer) }
        let items = range.upperBound - size..<footer
        let header = items.lowerBound - min(items.lowerBound - range.lowerBound, 32)
        let before = try walk.reader.bytes(at: header, count: Int(items.lowerBound - header))
        let hasHeader = before.count == 32 && before.starts(with: APETag.mark)
        // The footer knows whether there is one.
        if !hasHeader, try walk.reader.u32(at: footer + 20, .little) >> 31 == 1 { return try lost(walk, range, footer) }
        try walk.unit(items, "APE tag") { () throws(PlanningError) in try APETag.plan(walk, items) }
        return hasHeader ? header : items.lowerBound
    }

    /// A tag whose size is damaged: from its header on, if there is one near, else a good part of what is in front of it.
    private static func lost(
        _ walk: Walk, _ range: Range<UInt64>, _ footer: UInt64
    ) throws(PlanningError) -> UInt64 {
        let near = footer - min(footer - range.lowerBound, 64 << 10)
        let bytes = try walk.reader.bytes(at: near, count: Int(footer - near))
        let start = near + UInt64(Bytes.firstIndex(of: APETag.mark, in: bytes) ?? 0)
        walk.draft.blank(start..<footer, kind: "APE tag", reason: "APE tag blanked: its size is wrong")
        return start
    }
}

/// APE tags of version 1 and 2 (wiki.hydrogenaud.io, APEv2 specification).
enum APETag {
    static let mark = Array("APETAGEX".utf8)
    private static let textLimit: UInt64 = 1 << 20

    /// The size that a header or footer names: items and footer.
    static func size(_ walk: Walk, at mark: UInt64) throws(PlanningError) -> UInt64 {
        UInt64(try walk.reader.u32(at: mark + 12, .little))
    }

    /// Items: length, flags, key, zero, value.
    static func plan(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        var position = range.lowerBound
        while position < range.upperBound {
            let head = try walk.reader.range(at: position, count: 8, in: range)
            let length = UInt64(try walk.reader.u32(at: position, .little))
            let flags = try walk.reader.u32(at: position + 4, .little)
            let name = try walk.reader.bytes(
                at: head.upperBound, count: Int(min(256, range.upperBound - head.upperBound)))
            guard let end = name.firstIndex(of: 0), end > 1 else { throw .malformed("item without a key") }
            let value = try walk.reader.range(at: head.upperBound + UInt64(end) + 1, count: length, in: range)
            try item(walk, String(decoding: name[..<end], as: UTF8.self), value, isBinary: flags & 0x06 == 0x02)
            position = value.upperBound
        }
    }

    private static func item(
        _ walk: Walk, _ key: String, _ value: Range<UInt64>, isBinary: Bool
    ) throws(PlanningError) {
        if LocationAtoms.isLocation(key: key) {
            walk.draft.patch(value, .fill(isBinary ? 0 : 0x20), "APE item \(key)")
        } else if isBinary {
            try Trailer.plan(try walk.nested(), value)
        } else if value.upperBound - value.lowerBound > textLimit {
            walk.draft.blank(value, with: 0x20, kind: "APE item", reason: "APE item blanked: longer than 1 MiB")
        } else {
            try ISOMedia.text(walk, value, "APE item \(key)")
        }
    }
}
