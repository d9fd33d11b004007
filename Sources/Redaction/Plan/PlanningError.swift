/// Why a planner could not understand a structure any further.
///
/// Whoever knows the smallest unit that is certain (value, entry, segment, box) catches the first two and blanks
/// that unit with the reason; `source` always passes through to the caller of ``Redaction/plan(for:limits:)``.
enum PlanningError: Error {
    /// The bytes contradict the format: "IFD loop", "box truncated".
    case malformed(String)
    /// A bound of ``Redaction/Limits`` was reached: "more than 5000 reads".
    case limit(String)
    /// The byte source failed; no plan can be made.
    case source(any Error)

    /// The sentence for a plan's reasons; `nil` if the error must pass on.
    var reason: String? {
        switch self {
        case .malformed(let reason), .limit(let reason): reason
        case .source: nil
        }
    }
}

/// Order of the bytes of a number in a file.
enum ByteOrder: Sendable, Hashable {
    case little
    case big
}
