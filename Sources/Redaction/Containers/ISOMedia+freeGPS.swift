// The index of a dashcam's freeGPS blocks; the blocks themselves are between the frames (MediaScan).

extension ISOMedia {
    /// Blocks of an index whose place is looked at.
    private static let indexLimit = 1_500

    /// A box of user data, or beside of it, that is a location.
    static func location(_ walk: Walk, _ box: Box, _ movie: inout Movie) throws(PlanningError) {
        switch box.type {
        // Settings of the camera, and what was measured: positions are some of its keys.
        case "GPMF": return try GPMF.plan(walk, box.payload)
        case "gps ": try index(walk, box, &movie)
        default: break
        }
        box.neutralise(walk, "\(box.type) box")
    }

    /// The index of the blocks: two numbers of 32 bits, of which the second may be a count, then offset and size of each.
    private static func index(_ walk: Walk, _ box: Box, _ movie: inout Movie) throws(PlanningError) {
        guard box.payloadCount >= 16, box.payloadCount <= 1 << 20 else { return }
        let bytes = try walk.reader.bytes(at: box.payload.lowerBound, count: Int(box.payloadCount))
        func number(_ at: Int) -> UInt64 { bytes[at..<at + 4].reduce(0) { $0 << 8 | UInt64($1) } }
        var looked = 0
        for entry in stride(from: 8, through: bytes.count - 8, by: 8) {
            let start = number(entry) + movie.file.lowerBound
            guard start > movie.file.lowerBound, start <= walk.reader.size, walk.reader.size - start >= 12 else {
                continue
            }
            guard looked < indexLimit else {
                movie.hasMoreBlocks = true
                return
            }
            looked += 1
            guard try walk.reader.bytes(at: start + 4, count: 8) == MediaScan.freeGPS else { continue }
            let length = try MediaScan.length(walk, at: start, indexed: number(entry + 4))
            let end = min(walk.reader.size, start + max(12, length))
            walk.draft.patch(start + 8..<end, .fill(0), "freeGPS block")
            movie.blocks.insert(start)
        }
    }
}
