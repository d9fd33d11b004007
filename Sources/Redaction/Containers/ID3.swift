/// MP3 with ID3v2 (id3.org: 2.2.0, 2.3.0 and 2.4.0-structure).
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
        let whole = try walk.reader.range(at: range.lowerBound, count: 10 + size, in: range)
        let tag = whole.lowerBound + 10..<whole.upperBound
        try walk.unit(tag, "ID3 tag") { () throws(PlanningError) in
            let reading = ID3Frames(version: head[3], flags: head[5])
            // Before 2.4 the tag is unsynchronised as a whole, since then each frame.
            guard head[5] & 0x80 != 0, head[3] < 4 else { return try reading.plan(walk, tag) }
            try Unsynchronised.plan(walk, tag) { walk, range throws(PlanningError) in try reading.plan(walk, range) }
        }
        try AudioTags.plan(walk, tag.upperBound..<range.upperBound)
    }

    /// A tag that fills a chunk; one that does not fit is blanked.
    static func planNested(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        try walk.unit(range, "ID3 tag") { () throws(PlanningError) in try plan(walk, range) }
    }

    /// Numbers of 7 bits to the byte.
    static func synchsafe(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 7 | UInt64($1 & 0x7F) } }
}

/// The frames of a tag.
struct ID3Frames {
    let version: UInt8
    /// Of the tag's header.
    let flags: UInt8

    /// Frames that name a place, or hold other data, with their names of version 2.2.
    private static let texts: Set<String> = ["TXXX", "COMM", "WXXX", "PRIV", "GEOB", "TXX", "COM", "WXX", "GEO"]
    private static let pictures: Set<String> = ["APIC", "PIC"]

    /// A frame's header: 6 bytes in version 2.2, 10 since.
    private var header: UInt64 { version == 2 ? 6 : 10 }
    private var nameLength: Int { version == 2 ? 3 : 4 }

    func plan(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        guard (2...4).contains(version) else { throw .malformed("unknown version") }
        guard version > 2 || flags & 0x40 == 0 else { throw .malformed("it is compressed") }
        var position = range.lowerBound
        if version > 2, flags & 0x40 != 0 {
            let bytes = try walk.reader.bytes(at: position, count: 4)
            // The extended header counts itself since 2.4.
            let size = version == 4 ? ID3.synchsafe(bytes[...]) : 4 + number(bytes[...])
            position = try walk.reader.range(at: position, count: size, in: range).upperBound
        }
        while range.upperBound - position >= header {
            let head = try walk.reader.bytes(at: position, count: Int(header))
            if head[0] == 0 { return try padding(walk, position..<range.upperBound) }
            let size = try size(walk, head, at: position, in: range)
            let data = try walk.reader.range(at: position + header, count: size, in: range)
            let name = String(decoding: head[0..<nameLength], as: UTF8.self)
            if Self.texts.contains(name) || Self.pictures.contains(name) { try frame(walk, name, head, data) }
            position = data.upperBound
        }
        if position < range.upperBound { try padding(walk, position..<range.upperBound) }
    }

    private func number(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }

    /// Version 2.4 counts 7 bits to the byte; some writers do not, and readers look where the next frame is.
    private func size(
        _ walk: Walk, _ head: [UInt8], at position: UInt64, in range: Range<UInt64>
    ) throws(PlanningError) -> UInt64 {
        if version == 2 { return number(head[3..<6]) }
        let plain = number(head[4..<8])
        guard version == 4, plain > 127, head[4..<8].allSatisfy({ $0 < 0x80 }) else { return plain }
        let safe = ID3.synchsafe(head[4..<8])
        if try isFrame(walk, at: position + header + safe, in: range) { return safe }
        return try isFrame(walk, at: position + header + plain, in: range) ? plain : safe
    }

    /// Whether a frame, padding or the end of the tag is there.
    private func isFrame(_ walk: Walk, at position: UInt64, in range: Range<UInt64>) throws(PlanningError) -> Bool {
        guard position < range.upperBound else { return position == range.upperBound }
        guard range.upperBound - position >= 4 else { return false }
        let name = try walk.reader.bytes(at: position, count: 4)
        return name[0] == 0 || name.allSatisfy { (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) }
    }

    private func padding(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        let length = range.upperBound - range.lowerBound
        let bytes = try walk.reader.bytes(at: range.lowerBound, count: Int(min(1 << 20, length)))
        guard length > 1 << 20 || bytes.contains(where: { $0 != 0 }) else { return }
        walk.draft.blank(range, kind: "ID3 padding", reason: "ID3 padding blanked: there is something in it")
    }

    private func frame(
        _ walk: Walk, _ name: String, _ head: [UInt8], _ data: Range<UInt64>
    ) throws(PlanningError) {
        guard version > 2 else { return try content(walk, name, data) }
        // Compressed or encrypted.
        guard head[9] & (version == 3 ? 0xC0 : 0x0C) == 0 else {
            return walk.draft.blank(data, kind: "ID3 \(name)", reason: "ID3 \(name) blanked: it is compressed")
        }
        guard version == 4, head[9] & 0x02 != 0 || flags & 0x80 != 0 else { return try content(walk, name, data) }
        try Unsynchronised.plan(walk, data) { walk, range throws(PlanningError) in try content(walk, name, range) }
    }

    private func content(_ walk: Walk, _ name: String, _ data: Range<UInt64>) throws(PlanningError) {
        guard Self.texts.contains(name), data.upperBound - data.lowerBound <= 65_536 else {
            return try Trailer.plan(try walk.nested(), data)
        }
        let bytes = try walk.reader.bytes(at: data.lowerBound, count: Int(data.upperBound - data.lowerBound))
        if Self.speaksOfLocation(Self.title(name, bytes)) { return walk.draft.patch(data, .fill(0), "ID3 \(name)") }
        try ISOMedia.text(walk, data, "ID3 \(name)")
        try Trailer.plan(try walk.nested(), data)
    }
}

extension ID3Frames {
    /// What says of which kind a frame's value is: its description, if it is text; else all of it.
    fileprivate static func title(_ name: String, _ bytes: [UInt8]) -> ArraySlice<UInt8> {
        // The encoding, and of comments a language, stand in front of the description.
        let start = ["COMM", "COM"].contains(name) ? 4 : 1
        guard ["TXXX", "TXX", "COMM", "COM", "WXXX", "WXX"].contains(name), bytes.count > start else {
            return bytes[...]
        }
        let isWide = bytes[0] == 1 || bytes[0] == 2
        for end in stride(from: start, to: bytes.count, by: isWide ? 2 : 1) where bytes[end] == 0 {
            guard !isWide || end + 1 < bytes.count && bytes[end + 1] == 0 else { continue }
            return bytes[start..<end]
        }
        return bytes[...]
    }

    fileprivate static func speaksOfLocation(_ text: ArraySlice<UInt8>) -> Bool {
        let words = String(decoding: text.filter { $0 != 0 }, as: UTF8.self).lowercased()
        return ["location", "latitude", "longitude", "gps", "geo_"].contains(where: words.contains)
    }
}

/// Unsynchronised bytes (ID3v2.3.0, 5): a zero behind each 0xFF, which readers take out.
enum Unsynchronised {
    private static let limit: UInt64 = 1 << 20

    /// Plans the bytes as readers see them, and carries the patches back.
    static func plan(
        _ walk: Walk, _ range: Range<UInt64>, _ body: (Walk, Range<UInt64>) throws(PlanningError) -> Void
    ) throws(PlanningError) {
        guard range.upperBound - range.lowerBound <= limit else {
            return walk.draft.blank(range, kind: "ID3", reason: "ID3 blanked: unsynchronised, and more than 1 MiB")
        }
        let raw = try walk.reader.bytes(at: range.lowerBound, count: Int(range.upperBound - range.lowerBound))
        var bytes: [UInt8] = []
        var places: [UInt64] = []
        /// Bytes that keep a zero behind them from being read, and stay.
        var isHolding: [Bool] = []
        for (index, byte) in raw.enumerated() where byte != 0 || index == 0 || raw[index - 1] != 0xFF {
            bytes.append(byte)
            places.append(range.lowerBound + UInt64(index))
            isHolding.append(byte == 0xFF && index + 1 < raw.count && raw[index + 1] == 0)
        }
        let inner = try walk.inMemory(bytes)
        try body(inner, 0..<UInt64(bytes.count))
        let plan = inner.draft.plan(size: UInt64(bytes.count))
        for patch in plan.patches {
            for index in Int(patch.range.lowerBound)..<Int(patch.range.upperBound) where !isHolding[index] {
                let part = patch.cut(to: UInt64(index)..<UInt64(index) + 1)
                walk.draft.patch(places[index]..<places[index] + 1, part.replacement, part.kind)
            }
        }
        for reason in plan.reasons { walk.draft.note(reason) }
    }
}
