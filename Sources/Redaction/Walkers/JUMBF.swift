/// Location in JUMBF (ISO/IEC 19566-5), the carrier of content credentials (C2PA) in APP11.
enum JUMBF {
    /// Words that CBOR assertions use for positions; a segment with one is blanked, for CBOR is not taken apart.
    private static let words = ["GPSLat", "GPSLong", "latitude", "longitude", "Latitude", "Longitude"]

    /// Patches the JSON boxes in `range`, one segment.
    static func plan(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        let bytes = try walk.reader.bytes(at: range.lowerBound, count: Int(range.upperBound - range.lowerBound))
        let mark = walk.draft.mark
        for box in Bytes.occurrences(of: Array("json".utf8), in: bytes) where box >= 4 && box + 5 < bytes.count {
            guard bytes[box + 4] == 0x7B || bytes[box + 4] == 0x5B else { continue }
            let size = bytes[box - 4..<box].reduce(0) { $0 << 8 | Int($1) }
            let end = size >= 8 ? min(bytes.count, box - 4 + size) : bytes.count
            guard end > box + 4 else { continue }
            var scanner = JSONScanner()
            scanner.feed(Array(bytes[(box + 4)..<end]), at: UInt64(box + 4))
            scanner.finish(at: UInt64(end))
            scanner.patch(walk, base: range.lowerBound, kind: "JUMBF")
        }
        let rest = walk.draft.patched(bytes, at: range.lowerBound, since: mark)
        let hasJSONKey = words.contains { Bytes.firstIndex(of: "\($0)\"", in: rest) != nil }
        guard !hasJSONKey, words.contains(where: { Bytes.firstIndex(of: $0, in: rest) != nil }) else { return }
        walk.draft.rollback(to: mark)
        walk.draft.blank(range, kind: "JUMBF", reason: "JUMBF segment blanked: a CBOR assertion names a position")
    }
}
