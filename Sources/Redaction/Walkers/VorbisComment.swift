/// Vorbis comments (xiph.org): `KEY=value`, each with its length in front.
enum VorbisComment {
    private static let textLimit: UInt64 = 1 << 20
    /// Values that are pictures in base 64: a FLAC picture block, and an older form of the image alone.
    private static let pictures: Set<String> = ["METADATA_BLOCK_PICTURE", "COVERART"]

    static func plan(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        guard range.upperBound - min(range.lowerBound, range.upperBound) >= 8 else {
            throw .malformed("comments are too short")
        }
        var position = try walk.reader.range(
            at: range.lowerBound + 4, count: UInt64(try walk.reader.u32(at: range.lowerBound, .little)), in: range
        ).upperBound
        _ = try walk.reader.range(at: position, count: 4, in: range)
        let count = UInt64(try walk.reader.u32(at: position, .little))
        position += 4
        var index: UInt64 = 0
        // What looks like a comment behind the last one is looked at too; else there is a framing bit, or padding.
        while index < count || range.upperBound - position >= 4 {
            guard index < 65_536 else { throw .malformed("more than 65536 comments") }
            let head = try walk.reader.range(at: position, count: 4, in: range)
            let length = UInt64(try walk.reader.u32(at: position, .little))
            if index >= count, length == 0 || length > range.upperBound - head.upperBound { break }
            let comment = try walk.reader.range(at: head.upperBound, count: length, in: range)
            try self.comment(walk, comment)
            position = comment.upperBound
            index += 1
        }
        let rest = try walk.reader.bytes(at: position, count: Int(min(65_536, range.upperBound - position)))
        guard rest.count > 1, rest.contains(where: { $0 != 0 }) else { return }
        walk.draft.blank(
            position..<range.upperBound, kind: "Vorbis comments", reason: "bytes behind the Vorbis comments blanked")
    }

    private static func comment(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        let head = try walk.reader.bytes(
            at: range.lowerBound, count: Int(min(128, range.upperBound - range.lowerBound)))
        let split = head.firstIndex(of: UInt8(ascii: "="))
        let key = String(decoding: head[..<(split ?? 0)], as: UTF8.self)
        let value = range.lowerBound + UInt64(split.map { $0 + 1 } ?? 0)..<range.upperBound
        if LocationAtoms.isLocation(key: key) {
            walk.draft.patch(value, .fill(0x20), "Vorbis comment \(key)")
        } else if value.upperBound - value.lowerBound > textLimit {
            walk.draft.blank(
                value, with: 0x20, kind: "Vorbis comment \(key)",
                reason: "Vorbis comment \(key) blanked: longer than 1 MiB")
        } else if pictures.contains(key.uppercased()) {
            try picture(walk, value, key)
        } else {
            try ISOMedia.text(walk, value, "Vorbis comment \(key)")
        }
    }

    /// A picture in base 64 is as long without its location; only the letters that change are patched.
    private static func picture(_ walk: Walk, _ range: Range<UInt64>, _ key: String) throws(PlanningError) {
        let text = try walk.reader.bytes(at: range.lowerBound, count: Int(range.upperBound - range.lowerBound))
        guard let bytes = Base64.decoded(text) else {
            return walk.draft.blank(
                range, with: 0x20, kind: "Vorbis comment \(key)", reason: "Vorbis comment \(key) blanked: no base 64")
        }
        let inner = try walk.inMemory(bytes)
        try Trailer.plan(inner, 0..<UInt64(bytes.count))
        let plan = inner.draft.plan(size: UInt64(bytes.count))
        for reason in plan.reasons { walk.draft.note(reason) }
        for patch in plan.patches {
            // From one group of three bytes to another.
            let lower = Int(patch.range.lowerBound) / 3
            let upper = min((Int(patch.range.upperBound) + 2) / 3, text.count / 4)
            var part = Array(bytes[lower * 3..<min(upper * 3, bytes.count)])
            part.withUnsafeMutableBytes { plan.apply(to: $0, at: UInt64(lower * 3)) }
            let place = range.lowerBound + UInt64(lower * 4)..<range.lowerBound + UInt64(upper * 4)
            walk.draft.patch(place, .bytes(Base64.encoded(part)), "Vorbis comment \(key)")
        }
    }
}

/// Base 64 (RFC 4648, 4) in one line.
enum Base64 {
    private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let values: [UInt8?] = {
        var values = [UInt8?](repeating: nil, count: 256)
        for (value, letter) in letters.enumerated() { values[Int(letter)] = UInt8(value) }
        return values
    }()

    /// `nil` if `text` holds anything else, or is not made of whole groups.
    static func decoded(_ text: [UInt8]) -> [UInt8]? {
        guard text.count % 4 == 0 else { return nil }
        let padding = text.suffix(2).reversed().prefix { $0 == 0x3D }.count
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3)
        for start in stride(from: 0, to: text.count, by: 4) {
            var group: UInt32 = 0
            for index in start..<start + 4 {
                if index >= text.count - padding {
                    group <<= 6
                } else {
                    guard let value = values[Int(text[index])] else { return nil }
                    group = group << 6 | UInt32(value)
                }
            }
            for shift: UInt32 in [16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: group >> shift)) }
        }
        return Array(bytes.dropLast(padding))
    }

    static func encoded(_ bytes: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = (0..<3).reduce(UInt32(0)) {
                $0 << 8 | (start + $1 < bytes.count ? UInt32(bytes[start + $1]) : 0)
            }
            for (index, shift) in [UInt32(18), 12, 6, 0].enumerated() {
                text.append(start + index > bytes.count ? 0x3D : letters[Int(group >> shift & 63)])
            }
        }
        return text
    }
}
