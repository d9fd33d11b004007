/// IPTC-IIM records (IPTC Information Interchange Model 4.2, section 1.5): location datasets become spaces.
enum IPTC {
    /// Patches the datasets in `range`. What follows the last whole dataset is padding, unless it could be another
    /// dataset: then it is malformed.
    static func plan(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        let end = try datasets(walk, range)
        guard end < range.upperBound, try namesPlace(walk, end..<range.upperBound) else { return }
        throw .malformed("IPTC datasets are damaged")
    }

    /// - Returns: where the datasets end.
    @discardableResult
    static func datasets(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) -> UInt64 {
        var position = range.lowerBound
        while range.upperBound - position >= 5 {
            let head = try walk.reader.bytes(at: position, count: 5)
            if head[0] != 0x1C {
                // Some writers pad between datasets with zeros; anything else ends them.
                guard head[0] == 0 else { break }
                position += 1
                continue
            }
            var length = UInt64(head[3]) << 8 | UInt64(head[4])
            var start = position + 5
            if length & 0x8000 != 0 {
                // Extended dataset: the length of the length.
                let width = length & 0x7FFF
                guard width <= 8, range.upperBound - start >= width else { throw .malformed("IPTC length truncated") }
                length = 0
                for byte in try walk.reader.bytes(at: start, count: Int(width)) { length = length << 8 | UInt64(byte) }
                start += width
            }
            guard length <= range.upperBound - start else {
                guard try namesPlace(walk, position..<range.upperBound) else { break }
                throw .malformed("IPTC dataset truncated")
            }
            if head[1] == 2, let known = LocationDatasets.iptc(head[2]) {
                try blank(walk, start..<start + length, "IPTC \(known.name)")
            } else if length >= 5, length <= 2_000,
                try namesPlace(walk, start..<min(range.upperBound, start + length + 2))
            {
                // A damaged length makes one dataset a part of another.
                throw .malformed("IPTC dataset inside of another")
            }
            position = start + length
        }
        return position
    }

    /// Whether a location dataset may begin anywhere in what is left.
    private static func namesPlace(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) -> Bool {
        let count = Int(min(64 << 10, range.upperBound - range.lowerBound))
        let bytes = try walk.reader.bytes(at: range.lowerBound, count: count)
        return Bytes.occurrences(of: [0x1C, 2], in: bytes).contains { found in
            found + 2 < bytes.count && LocationDatasets.iptc(bytes[found + 2]) != nil
        }
    }

    private static func blank(_ walk: Walk, _ value: Range<UInt64>, _ kind: String) throws(PlanningError) {
        if value.upperBound - value.lowerBound <= 256 {
            let bytes = try walk.reader.bytes(at: value.lowerBound, count: Int(value.upperBound - value.lowerBound))
            guard bytes.contains(where: { $0 != 0x20 && $0 != 0 }) else { return }
        }
        walk.draft.patch(value, .fill(0x20), kind)
    }
}
