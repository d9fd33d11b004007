/// Finds the location in media files and says which bytes to replace so that it is gone.
///
/// Pure: bytes in, plan out. No file, no clock, no global state; every function may be called from any thread.
public enum Redaction {
    /// Bounds of one planning run.
    public struct Limits: Sendable, Hashable {
        /// Calls of ``ByteSource/read(at:into:)``; beyond it what is left is blanked.
        public var reads = 5_000
        /// Bytes held in memory at once.
        public var memory = 4 << 20
        /// Depth of nested structures (boxes, IFDs, media in media).
        public var depth = 16

        public init() {}
    }

    /// Plans the removal of every location from the file behind `source`.
    ///
    /// Type is told from content alone. What cannot be parsed is blanked in the smallest unit that is certain,
    /// with a reason in the plan: closed, not open. Content that is no known medium gives an empty plan.
    ///
    /// - Throws: only what `source` throws.
    public static func plan(for source: some ByteSource, limits: Limits = Limits()) throws -> RedactionPlan {
        let reader = Reader(source, limits: limits)
        let draft = Draft(reader: reader)
        let whole = 0..<reader.size
        do throws(PlanningError) {
            try NestedMedia.plan(Walk(reader: reader, draft: draft), whole)
        } catch {
            switch error {
            case .source(let cause): throw cause
            case .malformed(let reason), .limit(let reason):
                draft.blank(whole, kind: "file", reason: "file blanked: \(reason)")
            }
        }
        return draft.plan(size: reader.size)
    }
}
