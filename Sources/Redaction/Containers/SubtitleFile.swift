/// Subtitles beside a film (SubRip, WebVTT): drones write where they are into them.
enum SubtitleFile: Container {
    static let name = "subtitles"

    private static let piece: UInt64 = 256 << 10
    /// Lines with a position; what is behind them is blanked.
    private static let limit = 16_000

    static func matches(_ head: [UInt8], _ walk: Walk, _ range: Range<UInt64>) -> Bool {
        let text = head.starts(with: [0xEF, 0xBB, 0xBF]) ? head[3...] : head[...]
        if text.starts(with: Array("WEBVTT".utf8)) { return true }
        // A number, and on the next line "00:00:00,000 --> ".
        let digits = text.prefix { (48...57).contains($0) }
        let line = text[digits.endIndex...].drop { $0 == 0x0D || $0 == 0x20 }
        guard !digits.isEmpty, line.first == 0x0A else { return false }
        let time = Array(line.dropFirst().prefix(17))
        return time.count == 17 && time[2] == 0x3A && time[5] == 0x3A && (time[8] == 0x2C || time[8] == 0x2E)
            && time[12...] == Array(" --> ".utf8)[...]
    }

    static func plan(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        let head = try walk.reader.bytes(at: range.lowerBound, count: Int(min(9, range.upperBound - range.lowerBound)))
        walk.name(Bytes.firstIndex(of: "WEBVTT", in: head) != nil ? "WebVTT" : "SubRip")
        var position = range.lowerBound
        var lines = 0
        while position < range.upperBound {
            var bytes = try walk.reader.bytes(at: position, count: Int(min(piece, range.upperBound - position)))
            // Nothing stands in two subtitles, and an empty line is between them.
            if position + UInt64(bytes.count) < range.upperBound {
                let end = bytes.indices.last {
                    $0 > 0 && bytes[$0] == 0x0A && [0x0A, 0x0D].contains(bytes[$0 - 1]) && $0 > 2
                }
                if let end { bytes.removeSubrange((end + 1)...) }
            }
            if let end = subtitles(walk, bytes, at: position, &lines) {
                return walk.draft.blank(
                    end..<range.upperBound, with: 0x20, kind: "subtitles",
                    reason: "rest of the subtitles blanked: more than \(limit) positions")
            }
            position += UInt64(bytes.count)
        }
    }

    /// Spaces from the first to the last part of a position in each subtitle of `bytes`, which stand at `position`.
    ///
    /// - Returns: where the first subtitle begins that is one too many.
    private static func subtitles(
        _ walk: Walk, _ bytes: [UInt8], at position: UInt64, _ lines: inout Int
    ) -> UInt64? {
        let found = LocationText.coordinates(in: bytes)
        guard !found.isEmpty else { return nil }
        let all = (found + LocationText.heights(in: bytes)).sorted { $0.lowerBound < $1.lowerBound }
        var next = 0
        for subtitle in split(bytes) {
            let first = next
            while next < all.count, all[next].lowerBound < subtitle.upperBound { next += 1 }
            let parts = all[first..<next]
            // Words for a height mean the position's only beside one.
            guard parts.contains(where: found.contains), let lower = parts.first?.lowerBound,
                let upper = parts.map(\.upperBound).max()
            else { continue }
            guard lines < limit else { return position + UInt64(subtitle.lowerBound) }
            lines += 1
            walk.draft.patch(
                position + UInt64(lower)..<position + UInt64(upper), .fill(0x20), "position in subtitles")
        }
        return nil
    }

    /// The subtitles in a text, between empty lines.
    private static func split(_ bytes: [UInt8]) -> [Range<Int>] {
        var result: [Range<Int>] = []
        var start = 0
        var isEmpty = false
        for (index, byte) in bytes.enumerated() where byte != 0x0D {
            if byte == 0x0A, isEmpty {
                result.append(start..<index + 1)
                start = index + 1
            }
            isEmpty = byte == 0x0A
        }
        return result + [start..<bytes.count]
    }
}
