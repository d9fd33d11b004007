import GRDB
import Logging
import Synchronization

/// What the writer's thread holds between two rounds: rows that wait for their transaction, and what is folded.
struct AuditWriter {
    private unowned let log: AuditLog
    private var rows: [AuditRow] = []
    /// When the first of `rows` has to be written at the latest.
    private var due: Monotonic?
    private var folding: AuditFolding
    /// Lost events that no row tells of yet.
    private var untold: UInt64 = 0
    /// Whether the last transaction failed: it is said once.
    private var isFailing = false
    private var retention: AuditRetention?
    private var checkpointDue: Monotonic?

    init(_ log: AuditLog) {
        self.log = log
        folding = AuditFolding(window: log.options.foldingWindow)
    }

    /// When there is something to do though nothing new comes; nil for never.
    var deadline: Monotonic? {
        if retention != nil { return 0 }
        return [due, folding.deadline, checkpointDue].compactMap(\.self).min()
    }

    /// Takes what came in.
    mutating func add(_ events: [AuditEvent], lost: UInt64) {
        let now = Clock.now
        untold += lost
        if lost > 0 { log.lost.add(lost, ordering: .relaxed) }
        for event in events {
            if AuditFolding.folds(event) {
                folding.add(event, now: now)
            } else {
                rows.append(AuditRow(id: 0, event: event, count: 1))
            }
        }
        if due == nil, !rows.isEmpty || untold > 0 { due = now + (isFailing ? 10 : 1) * log.options.delay }
    }

    mutating func keep(_ retention: AuditRetention) { self.retention = retention }

    /// Writes what is due; everything if `all`.
    mutating func write(all: Bool) {
        let now = Clock.now
        rows += folding.take(all: all, now: now)
        guard all || rows.count >= AuditWriter.batch || due.map({ $0 <= now }) ?? !rows.isEmpty else { return }
        due = nil
        guard !rows.isEmpty || untold > 0 else { return }
        var rest = rows[...]
        while !rest.isEmpty {
            commit(Array(rest.prefix(AuditWriter.most)))
            rest = rest.dropFirst(AuditWriter.most)
        }
        rows.removeAll(keepingCapacity: rows.count <= AuditWriter.most)
        tellLost()
    }

    /// Rows that are worth a transaction of their own at once, and the most in one.
    private static let batch = 40_000
    private static let most = 40_000

    private mutating func commit(_ rows: [AuditRow]) {
        guard write(rows) else {
            let events = rows.reduce(0) { $0 + UInt64(max(0, $1.count)) }
            untold += events
            log.lost.add(events, ordering: .relaxed)
            return
        }
    }

    /// The number of lost events is a row, as soon as one can be written.
    private mutating func tellLost() {
        guard untold > 0 else { return }
        let event = AuditEvent.own(OwnOperation.lost, "\(untold) events could not be taken or written")
        if write([AuditRow(id: 0, event: event, count: Int(clamping: untold))]) { untold = 0 }
    }

    private mutating func write(_ rows: [AuditRow]) -> Bool {
        do {
            do { wrote(try log.database.write(rows), rows.count) } catch let error as DatabaseError
                where error.resultCode.primaryResultCode == .SQLITE_CORRUPT
                || error.resultCode.primaryResultCode == .SQLITE_NOTADB
            {
                try log.replaceDatabase(because: error)
                wrote(try log.database.write(rows), rows.count)
            }
            if isFailing { log.logger.notice("the audit is written again") }
            isFailing = false
            return true
        } catch {
            if !isFailing {
                log.logger.error(
                    "audit rows are lost; they are counted, and the count is written as soon as it can be",
                    metadata: ["error": "\(error)"])
            }
            isFailing = true
            return false
        }
    }

    private mutating func wrote(_ link: ChainLink, _ count: Int) {
        log.written.add(UInt64(count), ordering: .relaxed)
        log.newest.store(link.id, ordering: .releasing)
        if checkpointDue == nil { checkpointDue = Clock.now + log.options.checkpointInterval }
    }

    /// A step of retention, a checkpoint: whatever is due, a little of it.
    mutating func tidy() {
        if let due = checkpointDue, due <= Clock.now {
            checkpointDue = nil
            attempt("checkpoint") { try log.database.checkpoint() }
        }
        guard let retention else { return }
        var hasMore = false
        attempt("retention") { hasMore = try log.database.prune(retention) }
        if let newest = try? log.database.pool.read({ try AuditDatabase.lastID($0) }) {
            log.newest.store(newest, ordering: .releasing)
        }
        if !hasMore { self.retention = nil }
    }

    /// The end: everything is written and on the disk.
    mutating func finish() {
        write(all: true)
        attempt("checkpoint") { try log.database.checkpoint(.truncate) }
        let head = try? log.database.pool.read { try ChainLink.fetch($0, .head) }
        // Whoever still reads keeps his connection; the database is closed with it.
        try? log.database.pool.close()
        if let head { log.logger.info("the audit is closed", metadata: ["row": "\(head.description)"]) }
    }

    private func attempt(_ what: String, _ body: () throws -> Void) {
        do { try body() } catch {
            log.logger.warning("the audit's \(what) failed; it is tried again", metadata: ["error": "\(error)"])
        }
    }
}
