import Glibc

/// Makes one row of identical denials or hidden probes of one caller: the first opens a window, what follows within it is
/// counted, and the row is written when the window is over. For the writer's thread.
struct AuditFolding {
    /// Who is refused what. The thread is left out: an app with many of them is still one caller.
    private struct Key: Hashable {
        let app: String?
        let uid: UInt32?
        let view: String
        let operation: String
        let path: [UInt8]
        let target: [UInt8]?
        let decision: AuditEvent.Decision
        let errno: Int32
        let reason: String

        init(_ event: AuditEvent) {
            (app, uid, view, operation) = (event.app, event.uid, event.view, event.operation)
            (path, target, decision) = (event.path, event.target, event.decision)
            (errno, reason) = (event.errno, event.reason)
        }
    }

    /// Rows that are being counted; above this all are let go, so that memory stays small.
    static let most = 16_384

    private let window: Monotonic
    private var places: [Key: Int] = [:]
    private var rows: [AuditRow] = []
    /// When the row at the same place in `rows` is due; grows.
    private var due: [Monotonic] = []

    init(window: Monotonic) { self.window = window }

    /// When the first window ends; nil if nothing is held.
    var deadline: Monotonic? { due.first }

    static func folds(_ event: AuditEvent) -> Bool { event.decision == .hide || event.decision == .deny }

    mutating func add(_ event: AuditEvent, now: Monotonic) {
        let key = Key(event)
        if let place = places[key] {
            rows[place].count += 1
            return
        }
        places[key] = rows.count
        rows.append(AuditRow(id: 0, event: event, count: 1))
        due.append(now + window)
    }

    /// The rows whose windows are over; all of them if `all`, or if there are too many.
    mutating func take(all: Bool, now: Monotonic) -> [AuditRow] {
        let count = all || rows.count > AuditFolding.most ? rows.count : due.prefix { $0 <= now }.count
        guard count > 0 else { return [] }
        let taken = Array(rows.prefix(count))
        rows.removeFirst(count)
        due.removeFirst(count)
        places = places.compactMapValues { $0 >= count ? $0 - count : nil }
        return taken
    }
}

/// Nanoseconds of the clock that nobody sets.
typealias Monotonic = UInt64

enum Clock {
    static var now: Monotonic {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return nanoseconds(now)
    }

    /// As ``now``, a few milliseconds old at most, for less: for request threads.
    static var coarse: Monotonic {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC_COARSE, &now)
        return nanoseconds(now)
    }

    private static func nanoseconds(_ time: timespec) -> Monotonic {
        UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
