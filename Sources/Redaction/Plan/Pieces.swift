/// Pieces of a file as if they were one file.
private final class PiecesSource: ByteSource {
    let size: UInt64
    private let reader: Reader
    private let pieces: [Range<UInt64>]
    /// Where each piece begins in the whole.
    private var begins: [UInt64] = []

    init(_ reader: Reader, _ pieces: [Range<UInt64>]) {
        self.reader = reader
        self.pieces = pieces
        var total: UInt64 = 0
        for piece in pieces {
            begins.append(total)
            total += piece.upperBound - piece.lowerBound
        }
        size = total
    }

    func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        guard offset < size else { return 0 }
        var index = (begins.firstIndex { $0 > offset } ?? begins.count) - 1
        var done = 0
        while done < buffer.count, index < pieces.count {
            let within = offset + UInt64(done) - begins[index]
            let start = pieces[index].lowerBound + within
            let count = min(pieces[index].upperBound - start, UInt64(buffer.count - done))
            // Small steps: the outer reader gives them from its windows.
            for step in stride(from: 0, to: Int(count), by: 8_192) {
                let bytes = try reader.bytes(at: start + UInt64(step), count: min(8_192, Int(count) - step))
                UnsafeMutableRawBufferPointer(rebasing: buffer[(done + step)...]).copyBytes(from: bytes)
            }
            done += Int(count)
            index += 1
        }
        return done
    }
}

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

    /// As ``joined(_:_:)``, but for pieces of any length, which are read when they are needed.
    func spread(
        _ pieces: [Range<UInt64>], _ body: (Walk, Range<UInt64>) throws(PlanningError) -> Void
    ) throws(PlanningError) {
        // In one piece, the file itself will do.
        if pieces.count == 1 { return try body(self, pieces[0]) }
        let source = PiecesSource(reader, pieces)
        let deeper = try nested()
        let inner = Reader(source, limits: reader.limits, effort: reader.effort)
        let walk = Walk(reader: inner, draft: Draft(reader: inner), depth: deeper.depth)
        do { try body(walk, 0..<source.size) } catch {
            // What the outer reader threw.
            if case .source(let cause) = error, let cause = cause as? PlanningError { throw cause }
            throw error
        }
        let plan = walk.draft.plan(size: source.size)
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
