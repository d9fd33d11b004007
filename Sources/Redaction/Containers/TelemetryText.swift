/// Samples of text tracks: subtitles, and what drones and dashcams write there, which is not always text.
enum TelemetryText {
    static let limit: UInt64 = 64 << 10
    /// Formats whose samples are boxes, or coded: only what can be read of them counts.
    private static let coded: Set<String> = ["wvtt", "stpp", "c608"]

    /// What is location in a sample.
    enum Finding {
        /// These parts of it; none if there is no location.
        case parts([Range<Int>])
        /// It is not what viewers show, or cannot be told: all of it.
        case whole(String)
    }

    static func plan(_ walk: Walk, _ range: Range<UInt64>, _ format: String) throws(PlanningError) {
        guard range.upperBound - range.lowerBound <= limit else {
            return blank(walk, range, "longer than 64 KiB")
        }
        let bytes = try walk.reader.bytes(at: range.lowerBound, count: Int(range.upperBound - range.lowerBound))
        switch find(in: bytes, isCoded: coded.contains(format)) {
        case .whole(let reason): blank(walk, range, reason)
        case .parts(let parts):
            for part in parts {
                walk.draft.patch(
                    range.lowerBound + UInt64(part.lowerBound)..<range.lowerBound + UInt64(part.upperBound),
                    .fill(0x20), "text sample")
            }
        }
    }

    /// - Parameter isCoded: something else than text may stand in the sample.
    static func find(in bytes: [UInt8], isCoded: Bool) -> Finding {
        guard isCoded || isText(bytes) else { return .whole("it is no text") }
        let found = LocationText.coordinates(in: bytes)
        if found.isEmpty, isCoded, hasWideCoordinates(bytes[...]) { return .whole("its text is wide") }
        // Words for a height mean the position's only beside one.
        return .parts(found.isEmpty ? [] : found + LocationText.heights(in: bytes))
    }

    /// Words that stand in front of numbers in the logs of drones and dashcams, whether they know where they are or not: DJI
    /// ("[iso : 100] [shutter : 1/640.0] [fnum : 280]", "SS 320, ISO 100, EV 0"), Novatek ("SPD 0km/h").
    private static let words: Set<String> = [
        "absalt", "barometer", "ct", "difftime", "ev", "fnum", "focallen", "framecnt", "gps", "iso", "latitude",
        "longitude", "relalt", "satellites", "sats", "shutter", "spd", "srtcnt", "ss",
    ]
    private static let filter = NameFilter(names: words)

    /// Whether a sample is a line of such a log: two of the words, each in front of a number.
    static func isLog(_ bytes: [UInt8]) -> Bool {
        func isWord(_ byte: UInt8) -> Bool {
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 0x5F
        }
        var found: Set<String> = []
        var index = 0
        while index < bytes.count, found.count < 2 {
            let start = index
            while index < bytes.count, isWord(bytes[index]) { index += 1 }
            guard index > start else {
                index += 1
                continue
            }
            let separators = bytes[index...].prefix(4).prefix { [0x20, 0x3A, 0x3D, 0x28, 0x2D].contains($0) }
            let next = index + separators.count
            guard !separators.isEmpty, next < bytes.count, (48...57).contains(bytes[next]),
                bytes[start..<index].withUnsafeBufferPointer(filter.admits)
            else { continue }
            let word = LocationKeys.folded(String(decoding: bytes[start..<index], as: UTF8.self))
            if words.contains(word) { found.insert(word) }
        }
        return found.count == 2
    }

    static func blank(_ walk: Walk, _ range: Range<UInt64>, _ reason: String) {
        walk.draft.blank(range, kind: "text sample", reason: "text sample blanked: \(reason)")
    }

    /// Whether a sample holds what viewers show: a text, perhaps behind its length (3GPP TS 26.245, 5.17; QuickTime File
    /// Format, text media) and in front of boxes for its style. Positions in binary and in ciphers (ExifTool
    /// QuickTimeStream.pl: Garmin, BlueSkySea, Ambarella, E-PRANCE, Roadhawk) are none.
    private static func isText(_ bytes: [UInt8]) -> Bool {
        var body = bytes[...]
        if bytes.count >= 2 {
            let length = Int(bytes[0]) << 8 | Int(bytes[1])
            if length <= bytes.count - 2, areBoxes(bytes[(2 + length)...]) { body = bytes[2..<2 + length] }
        }
        if body.starts(with: [0xFE, 0xFF]) || body.starts(with: [0xFF, 0xFE]) { return !hasWideCoordinates(body) }
        while body.last == 0 { body = body.dropLast() }
        guard !body.starts(with: Array("PNDM".utf8)) else { return false }
        guard !body.contains(where: { $0 < 0x20 && ![0x09, 0x0A, 0x0B, 0x0D, 0x1B].contains($0) }) else { return false }
        // A checksum ends what is ciphered, where a sentence would begin with "$".
        let end = body.suffix(4)
        return !(end.first == 0x2A && end.last == 0x7E && end.count == 4) || body.contains(0x24)
    }

    private static func areBoxes(_ bytes: ArraySlice<UInt8>) -> Bool {
        var rest = bytes
        while rest.count >= 8 {
            let size = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            guard size >= 8, size <= rest.count, rest.dropFirst(4).prefix(4).allSatisfy({ (0x20...0x7E).contains($0) })
            else { return false }
            rest = rest.dropFirst(size)
        }
        return rest.allSatisfy { $0 == 0 }
    }

    /// UTF-16 cannot be patched; it stays if there are no coordinates in what is ASCII of it.
    private static func hasWideCoordinates(_ body: ArraySlice<UInt8>) -> Bool {
        !LocationText.coordinates(in: body.filter { (1...0x7E).contains($0) }).isEmpty
    }
}
