import Store

/// Accesses added up by time, app, decision and path: what a report shows of any number of rows in bounded memory.
///
/// Accesses are the rows that came through a view. What happened to the service and its policy is kept apart, the newest
/// as they are.
///
/// Times are kept to the second as long as that fits, then in longer and longer steps; what still does not fit loses the
/// paths that are met least. Sums stay exact.
struct AuditSummary {
    struct Key: Hashable {
        /// Seconds since 1970, the begin of a step.
        var time: Int64
        var app: String
        var decision: AuditEvent.Decision
        /// Empty for what was allowed: no table names it.
        var path: [UInt8]
    }

    static let noApp = "(no app)"
    static let keptEvents = 100
    static let otherPaths = Array("(other files)".utf8)
    private static let longestStep: Int64 = 86_400

    private(set) var counts: [Key: Int] = [:]
    /// Seconds that are counted as one time.
    private(set) var step: Int64 = 1
    /// All rows, and the accesses they stand for.
    private(set) var rows = 0
    private(set) var total = 0
    /// The newest rows about the service and its policy, oldest first, and how many there were.
    private(set) var events: [AuditRow] = []
    private(set) var eventCount = 0
    /// Rows that the log could not take, as it says itself.
    private(set) var lost = 0
    /// Microseconds since 1970 of the first and the last row.
    private(set) var first: Int64?
    private(set) var last: Int64?
    private let capacity: Int

    init(capacity: Int = 20_000) { self.capacity = capacity }

    mutating func add(_ row: AuditRow) {
        let event = row.event
        rows += 1
        first = min(first ?? event.time, event.time)
        last = max(last ?? event.time, event.time)
        guard !event.view.isEmpty else { return note(row) }
        total += row.count
        let path = event.decision == .allow ? [] : event.path
        add(
            Key(
                time: event.time / 1_000_000, app: event.app ?? AuditSummary.noApp, decision: event.decision, path: path
            ),
            row.count)
        if counts.count > capacity { shrink() }
    }

    private mutating func note(_ row: AuditRow) {
        eventCount += 1
        if row.event.operation == "audit-lost" { lost += row.count }
        events.append(row)
        if events.count > 2 * AuditSummary.keptEvents { events.removeFirst(AuditSummary.keptEvents) }
    }

    private mutating func add(_ key: Key, _ count: Int) {
        var key = key
        key.time -= key.time % step
        counts[key, default: 0] += count
    }

    /// Down to half, so that not every further row shrinks again.
    private mutating func shrink() {
        while counts.count > capacity / 2, step < AuditSummary.longestStep {
            step = min(step * 4, AuditSummary.longestStep)
            rebuild { $0 }
        }
        guard counts.count > capacity / 2 else { return }
        var paths: [[UInt8]: Int] = [:]
        for (key, count) in counts { paths[key.path, default: 0] += count }
        let kept = Set(paths.sorted { $0.value > $1.value }.prefix(capacity / 20).map(\.key))
        rebuild { key in
            var key = key
            if !kept.contains(key.path) { key.path = AuditSummary.otherPaths }
            return key
        }
        while counts.count > capacity / 2, step < Int64(UInt32.max) {
            step *= 4
            rebuild { $0 }
        }
    }

    private mutating func rebuild(_ change: (Key) -> Key) {
        let old = counts
        counts = [:]
        for (key, count) in old { add(change(key), count) }
    }
}
