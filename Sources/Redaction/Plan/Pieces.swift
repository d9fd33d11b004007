extension Walk {
    /// Plans a structure that lies in several pieces of the file as if it were one: `body` works on the joined bytes
    /// in memory, and its patches are carried back to the pieces. Fails if the pieces are too long together.
    func joined(
        _ pieces: [Range<UInt64>], _ body: (Walk, Range<UInt64>) throws(PlanningError) -> Void
    ) throws(PlanningError) {
        let total = pieces.reduce(UInt64(0)) { $0 &+ ($1.upperBound - $1.lowerBound) }
        guard total <= UInt64(reader.limits.memory / 4) else {
            throw .limit("more than \(reader.limits.memory / 4) bytes")
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Int(total))
        for piece in pieces {
            bytes += try reader.bytes(at: piece.lowerBound, count: Int(piece.upperBound - piece.lowerBound))
        }
        let inner = try inMemory(bytes)
        try body(inner, 0..<total)
        let plan = inner.draft.plan(size: total)
        for patch in plan.patches { carry(patch, to: pieces) }
        for reason in plan.reasons { draft.note(reason) }
    }

    private func carry(_ patch: Patch, to pieces: [Range<UInt64>]) {
        var begin: UInt64 = 0
        for piece in pieces {
            let end = begin + (piece.upperBound - piece.lowerBound)
            let lower = max(patch.range.lowerBound, begin)
            let upper = min(patch.range.upperBound, end)
            if lower < upper {
                let part = patch.cut(to: lower..<upper)
                draft.patch(
                    piece.lowerBound + (lower - begin)..<piece.lowerBound + (upper - begin), part.replacement, part.kind
                )
            }
            begin = end
        }
    }
}
