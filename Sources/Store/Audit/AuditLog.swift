import Foundation
import GRDB
import Logging
import Synchronization

/// The access log: takes events from request threads without making them wait, and writes them to audit.db in batches.
///
/// Sixteen bounded queues, chosen by thread, are emptied by one writer thread. An event that finds its queue full is
/// counted, and the number of lost rows is itself a row. Identical denials and hidden probes of one caller within one
/// batch become one row with a count.
public final class AuditLog: Sendable {
    private final class Queue: Sendable {
        struct State {
            var events: [AuditEvent] = []
            var lost: UInt64 = 0
            /// Names of threads that were seen lately, with the time until which they count as right.
            var names: [Int32: (name: String?, until: Int64)] = [:]
        }
        let state = Mutex(State())
    }

    private let queues = (0..<16).map { _ in Queue() }
    private let capacity: Int
    let database: AuditDatabase
    private let logger: Logger
    private let writer = DispatchQueue(label: "audit", qos: .utility)
    private let stopped = Atomic<Bool>(false)
    /// Rows written, and rows that had to be dropped, since the start.
    public let written = Atomic<UInt64>(0)
    public let lost = Atomic<UInt64>(0)

    /// Opens audit.db in the state directory.
    ///
    /// - Parameter capacity: events that may wait, over all queues.
    public init(path: String, capacity: Int = 1 << 20, logger: Logger) throws {
        database = try AuditDatabase(path: path)
        self.capacity = capacity / 16
        self.logger = logger
        tick()
    }

    /// Takes an event. Never blocks on the database; safe from any thread.
    public func record(_ event: AuditEvent) {
        let thread = UInt(pthread_self())
        let queue = queues[Int((thread >> 12) & 15)]
        var event = event
        if event.process == nil, let pid = event.pid { event.process = name(of: pid, at: event.time, queue) }
        queue.state.withLock { state in
            guard state.events.count < capacity else {
                state.lost += 1
                return
            }
            state.events.append(event)
        }
    }

    /// The name of a caller's thread, asked for while the caller waits: a moment later he may be gone. A name is good
    /// for a second, so that a storm of one caller's requests asks once.
    private func name(of thread: Int32, at time: Int64, _ queue: Queue) -> String? {
        if let known = queue.state.withLock({ $0.names[thread] }), known.until > time { return known.name }
        let name = ProcessName.of(thread)
        queue.state.withLock { state in
            if state.names.count >= 256 { state.names.removeAll() }
            state.names[thread] = (name, time + 1_000_000)
        }
        return name
    }

    /// Events that wait to be written.
    public var pending: Int { queues.reduce(0) { $0 + $1.state.withLock { $0.events.count } } }

    /// Returns when everything that was recorded before is written: a query then sees it.
    public func barrier() { writer.sync { drain() } }

    /// Writes what is left and stops. Nothing may be recorded afterwards.
    public func close() {
        stopped.store(true, ordering: .releasing)
        barrier()
    }

    /// Deletes rows older than `age` seconds, and the oldest while the database is larger than `bytes`.
    public func prune(age: UInt64, bytes: UInt64) {
        writer.async { [self] in
            do { try database.prune(age: age, bytes: bytes) } catch {
                logger.warning("the audit cannot be pruned", metadata: ["error": "\(error)"])
            }
        }
    }

    private func tick() {
        writer.asyncAfter(deadline: .now() + 0.1) { [weak self] in
            guard let self, !self.stopped.load(ordering: .acquiring) else { return }
            self.drain()
            self.tick()
        }
    }

    private func drain() {
        var events: [AuditEvent] = []
        var missing: UInt64 = 0
        for queue in queues {
            let (some, dropped) = queue.state.withLock { state in
                defer {
                    state.events = []
                    state.lost = 0
                }
                return (state.events, state.lost)
            }
            events += some
            missing += dropped
        }
        if missing > 0 { events.append(AuditEvent.lost(missing)) }
        guard !events.isEmpty else { return }
        events.sort { $0.time < $1.time }
        let rows = folded(events)
        do {
            try database.write(rows)
            written.add(UInt64(rows.count), ordering: .relaxed)
        } catch {
            lost.add(UInt64(events.count), ordering: .relaxed)
            logger.error("audit rows are lost", metadata: ["rows": "\(events.count)", "error": "\(error)"])
        }
        lost.add(missing, ordering: .relaxed)
    }

    private struct FoldKey: Hashable {
        let uid: UInt32?
        let view: String
        let operation: String
        let path: [UInt8]
        let decision: AuditEvent.Decision
    }

    private func folded(_ events: [AuditEvent]) -> [AuditRow] {
        var rows: [AuditRow] = []
        rows.reserveCapacity(events.count)
        var places: [FoldKey: Int] = [:]
        for event in events {
            if event.decision == .hide || event.decision == .deny {
                let key = FoldKey(
                    uid: event.uid, view: event.view, operation: event.operation, path: event.path,
                    decision: event.decision)
                if let place = places[key] {
                    rows[place].count += 1
                    continue
                }
                places[key] = rows.count
            }
            rows.append(AuditRow(id: 0, event: event, count: 1))
        }
        return rows
    }
}

/// What a thread calls itself (proc(5), comm).
private enum ProcessName {
    static func of(_ thread: Int32) -> String? {
        let file = open("/proc/\(thread)/comm", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        return withUnsafeTemporaryAllocation(byteCount: 64, alignment: 8) { buffer in
            let count = read(file, buffer.baseAddress, buffer.count)
            guard count > 0 else { return nil }
            return String(decoding: buffer[..<count].prefix { $0 != 0x0a }, as: UTF8.self)
        }
    }
}

extension AuditEvent {
    /// The present time in the unit of ``time``.
    public static var now: Int64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1_000
    }

    static func lost(_ count: UInt64) -> AuditEvent {
        AuditEvent(
            time: now, view: "", operation: "audit-lost", path: [], decision: .deny,
            reason: "\(count) rows could not be taken")
    }
}
