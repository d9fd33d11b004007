/// Coordinates in text of UTF-16, little-endian.
enum WideText {
    /// Patches the coordinates in `bytes`, which stand at `position`; what is ASCII of them is looked at.
    static func plan(_ walk: Walk, _ bytes: [UInt8], at position: UInt64, _ kind: String) {
        let text = (0..<bytes.count / 2).map { bytes[2 * $0 + 1] == 0 ? bytes[2 * $0] : 0x7F }
        for found in LocationText.coordinates(in: text) {
            let place = position + UInt64(2 * found.lowerBound)..<position + UInt64(2 * found.upperBound)
            walk.draft.patch(place, .bytes(found.flatMap { _ in [0x20, 0] as [UInt8] }), "\(kind) coordinates")
        }
    }
}
