/// What every container and walker works with: where bytes come from, where patches go, how deep it is.
struct Walk {
    let reader: Reader
    let draft: Draft
    /// Media and structures around this one; 0 for the file itself.
    let depth: Int

    init(reader: Reader, draft: Draft, depth: Int = 0) {
        self.reader = reader
        self.draft = draft
        self.depth = depth
    }

    /// This walk one level deeper; fails beyond ``Redaction/Limits/depth``.
    func nested() throws(PlanningError) -> Walk {
        guard depth < reader.limits.depth else { throw .limit("nested deeper than \(reader.limits.depth)") }
        return Walk(reader: reader, draft: draft, depth: depth + 1)
    }

    /// A walk over bytes that were put together in memory (decompressed, joined extents): its patches are relative to
    /// those bytes, and whoever made it carries them over to the file.
    func inMemory(_ bytes: [UInt8]) throws(PlanningError) -> Walk {
        let deeper = try nested()
        try reader.effort.spend(UInt64(bytes.count))
        let reader = Reader(MemorySource(bytes), limits: reader.limits, effort: reader.effort)
        return Walk(reader: reader, draft: Draft(reader: reader), depth: deeper.depth)
    }

    /// Names the whole file's container more precisely than its type does ("HEIF", "CR3"); ignored for nested media.
    func name(_ container: String) {
        if depth == 0 { draft.container = container }
    }

    /// Runs `body` for the smallest unit that is certain, `range`; if it cannot be understood, forgets what `body`
    /// patched and blanks the unit, with a reason that begins with `kind`.
    func unit(
        _ range: Range<UInt64>, _ kind: String, with byte: UInt8 = 0, _ body: () throws(PlanningError) -> Void
    ) throws(PlanningError) {
        let mark = draft.mark
        do {
            try body()
        } catch {
            guard let reason = error.reason else { throw error }
            draft.rollback(to: mark)
            draft.blank(range, with: byte, kind: kind, reason: "\(kind) blanked: \(reason)")
        }
    }
}
