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
