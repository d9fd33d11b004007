import Dispatch
import Foundation
import GRDB
import LinuxSystem
import Logging
import Synchronization

/// The access log: takes events from request threads without making them wait, and writes them to audit.db in batches.
///
/// An event travels through ``AuditIntake``, where its thread leaves it, to the one writer thread, which
/// folds what is identical and appends to the chain; what comes in bursts lies in the journal first. Nothing waits for the
/// database: an event that finds no room is counted, and the count becomes a row. Close it: the writer's thread lives until
/// then.
public final class AuditLog: Sendable {
    struct Options: Sendable {
        /// Events that may wait.
        var capacity = 1 << 20
        /// How long a row may wait for others before it is written.
        var delay: Monotonic = 100_000_000
        /// For how long identical refusals are one row.
        var foldingWindow: Monotonic = 1_000_000_000
        /// As many rows that come within ``delay`` are a burst: they go into the journal.
        var burst = 500
        /// How long after the last burst the journal is appended to the table; what is more than so many rows, before.
        var calm: Monotonic = 300_000_000
        var longestJournal = 500_000
        /// What was written survives a loss of power after this at the latest.
        var checkpointInterval: Monotonic = 5_000_000_000
    }

    private struct Requests {
        var barriers: [DispatchSemaphore] = []
        var retention: AuditRetention?
        var isClosing = false

        var isEmpty: Bool { barriers.isEmpty && retention == nil && !isClosing }
    }

    private let intake: AuditIntake
    private let requests = Mutex(Requests())
    private let current: Mutex<AuditDatabase>
    let options: Options
    let logger: Logger
    private let path: String
    /// Whether the writer waits and wants to be woken by the next event.
    private let isAsleep = Atomic<Bool>(false)
    private let wake = DispatchSemaphore(value: 0)
    private let urgent = DispatchSemaphore(value: 0)
    private let ended = Atomic<Bool>(false)
    private let thread = Mutex<SystemThread?>(nil)

    /// Rows written, and events that had to be dropped, since the start.
    public let written = Atomic<UInt64>(0)
    public let lost = Atomic<UInt64>(0)
    /// The id of the latest row that a reader can see.
    public let newest = Atomic<Int64>(0)
    /// Rows in the journal.
    let journaled = Atomic<Int>(0)
    /// When somebody who follows the log asked last.
    private let followed = Atomic<Monotonic>(0)

    /// Opens audit.db in the state directory; a damaged one is set aside, with a row that says so.
    ///
    /// - Parameter capacity: events that may wait.
    /// - Throws: ``StoreError`` of kind `newer` or `unreadable`.
    public convenience init(path: String, capacity: Int = 1 << 20, logger: Logger) throws {
        var options = Options()
        options.capacity = capacity
        try self.init(path: path, options: options, logger: logger)
    }

    init(path: String, options: Options, logger: Logger) throws {
        self.path = path
        self.options = options
        self.logger = logger
        intake = AuditIntake(capacity: options.capacity)
        let (database, damage) = try AuditDatabase.openOrReplace(path: path)
        current = Mutex(database)
        newest.store(try database.pool.read { try AuditDatabase.lastID($0) }, ordering: .releasing)
        if let damage { tellDamage(damage) }
        thread.withLock { $0 = SystemThread(name: "audit") { [self] in run() } }
    }

    /// The database in use; another one after damage was found.
    var database: AuditDatabase { current.withLock { $0 } }

    // MARK: events

    /// Takes an event. Never waits for the database; safe from any thread.
    public func record(_ event: AuditEvent) {
        intake.put(event)
        if isAsleep.load(ordering: .relaxed), isAsleep.exchange(false, ordering: .acquiringAndReleasing) {
            wake.signal()
        }
    }

    /// Events that wait to be written.
    public var pending: Int { intake.count + journaled.load(ordering: .relaxed) }

    /// Somebody follows the log and wants to see rows as they come.
    var isFollowed: Bool { Clock.now < followed.load(ordering: .relaxed) + 2_000_000_000 }

    func noteFollower() { followed.store(Clock.now, ordering: .relaxed) }

    /// Returns when everything that was recorded before is written, or counted as lost: a query then sees it.
    public func barrier() {
        guard !ended.load(ordering: .acquiring) else { return }
        let done = DispatchSemaphore(value: 0)
        demand { $0.barriers.append(done) }
        // The writer may have ended in between; it then has written everything.
        while done.wait(timeout: .now() + 1) == .timedOut, !ended.load(ordering: .acquiring) {}
    }

    /// Deletes rows older than `age` seconds, and the oldest while the database is larger than `bytes`: in small steps,
    /// between which rows are written.
    public func prune(age: UInt64, bytes: UInt64) {
        demand { $0.retention = AuditRetention(age: age, bytes: bytes) }
    }

    /// Writes what is left, brings it to the disk and stops. Nothing may be recorded afterwards.
    public func close() {
        demand { $0.isClosing = true }
        let thread = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        thread?.join()
    }

    private func demand(_ change: (inout Requests) -> Void) {
        requests.withLock { change(&$0) }
        urgent.signal()
        wake.signal()
    }

    // MARK: the writer's thread

    private func run() {
        var writer = AuditWriter(self)
        while true {
            // Requests first: what was recorded before a barrier is then among what is taken.
            let asked = requests.withLock { requests in
                defer { requests = Requests() }
                return requests
            }
            writer.add(intake.take())
            writer.write(all: !asked.barriers.isEmpty)
            if let retention = asked.retention { writer.keep(retention) }
            if asked.isClosing { writer.finish() } else { writer.tidy() }
            if asked.isClosing { ended.store(true, ordering: .releasing) }
            for barrier in asked.barriers { barrier.signal() }
            if asked.isClosing { return }
            pause(until: writer.deadline, isBurst: writer.isBurst)
        }
    }

    /// Waits for the next event, request or deadline, and a few milliseconds at least, more in a burst: events come in
    /// handfuls then, and nobody pays for waking the writer for each.
    private func pause(until deadline: Monotonic?, isBurst: Bool) {
        _ = urgent.wait(timeout: .now() + .milliseconds(isBurst ? 50 : 5))
        isAsleep.store(true, ordering: .sequentiallyConsistent)
        if intake.isEmpty, requests.withLock({ $0.isEmpty }) {
            let left = deadline.map { $0 - min($0, Clock.now) } ?? 3_600_000_000_000
            _ = wake.wait(timeout: .now() + .nanoseconds(Int(clamping: left)))
        }
        isAsleep.store(false, ordering: .sequentiallyConsistent)
    }

    // MARK: damage

    /// For the writer's thread: goes on with a new database.
    func replaceDatabase(because error: DatabaseError) throws {
        let (database, damage) = try AuditDatabase.replace(path, because: error)
        current.withLock { $0 = database }
        // What was in the journal lies in the file that was set aside.
        journaled.store(0, ordering: .relaxed)
        tellDamage(damage)
    }

    private func tellDamage(_ damage: String) {
        logger.error("\(damage)")
        record(AuditEvent.own(OwnOperation.damaged, damage))
    }
}

extension AuditLog {
    /// Notes a crash if the log does not end with an orderly stop. Call once at start, before anything is recorded.
    public func noteCrash() {
        guard let rows = try? database.pool.read({ try AuditDatabase.latest($0, 1_000) }), let last = rows.first else {
            return
        }
        // What happened before is in the database that was set aside.
        guard !rows.allSatisfy({ $0.event.operation == OwnOperation.damaged }) else { return }
        // Rows that came with the stop may stand behind it.
        let end = rows.first { ["stop", "start", OwnOperation.crash].contains($0.event.operation) }
        guard end?.event.operation != "stop" else { return }
        record(
            AuditEvent.own(
                OwnOperation.crash,
                "no orderly stop was recorded; row \(last.id) of \(AuditTime.text(last.event.time)) was the last one kept"
            ))
    }

    /// Rows kept, events that wait, and bytes of the file.
    public var state: (rows: Int64, pending: Int, bytes: Int64) {
        let counts = (try? database.counts()) ?? (rows: 0, bytes: 0)
        return (counts.rows, pending, counts.bytes)
    }
}
