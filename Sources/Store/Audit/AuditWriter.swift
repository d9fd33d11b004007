import GRDB
import Logging
import Synchronization

/// What the writer's thread holds between two rounds: rows that wait for their transaction, and what is folded.
struct AuditWriter {
    private unowned let log: AuditLog
    private var batches: [AuditBatch] = []
    /// When the first of `batches` has to be written at the latest.
    private var due: Monotonic?
    private var folding: AuditFolding
    /// Lost events that no row tells of yet.
    private var untold: UInt64 = 0
    /// Whether the last transaction failed: it is said once.
    private var isFailing = false
    private var retention: AuditRetention?
    private var checkpointDue: Monotonic?
    /// When the journal is appended, unless more bursts come.
    private var calmDue: Monotonic?

    init(_ log: AuditLog) {
        self.log = log
        folding = AuditFolding(window: log.options.foldingWindow)
    }

    /// When there is something to do though nothing new comes; nil for never.
    var deadline: Monotonic? {
        if retention != nil { return 0 }
        return [due, folding.deadline, checkpointDue, calmDue].compactMap(\.self).min()
    }

    /// Takes what came in.
    mutating func add(_ taken: AuditIntake.Taken) {
        let now = Clock.now
        untold += taken.lost
        if taken.lost > 0 { log.lost.add(taken.lost, ordering: .relaxed) }
        for event in taken.refusals { folding.add(event, now: now) }
        batches += taken.batches
        if due == nil, !batches.isEmpty || untold > 0 { due = now + (isFailing ? 10 : 1) * log.options.delay }
    }

    /// Whether rows come faster than they are indexed; false as soon as the journal is appended.
    var isBurst: Bool { calmDue.map { $0 > Clock.now } ?? false }

    mutating func keep(_ retention: AuditRetention) { self.retention = retention }

    /// Writes what is due; everything if `all`.
    mutating func write(all: Bool) {
        let now = Clock.now
        takeFolded(all: all, now)
        let count = batches.reduce(0) { $0 + $1.count }
        guard all || count >= AuditWriter.most || due.map({ $0 <= now }) ?? !batches.isEmpty else { return }
        due = nil
        // A journal that grows faster than it is appended would fill the disk: events wait, and are lost in the end.
        appendJournal(downTo: all || log.isFollowed ? 0 : 2 * log.options.longestJournal)
        guard !batches.isEmpty || untold > 0 else { return }
        let isBurst = !all && !log.isFollowed && count >= log.options.burst
        if isBurst { calmDue = now + log.options.calm }
        var next = AuditBatch()
        for batch in batches {
            next.add(batch)
            guard next.count >= AuditWriter.most else { continue }
            commit(next, isBurst)
            next = AuditBatch()
        }
        if next.count > 0 { commit(next, isBurst) }
        batches = []
        tellLost()
    }

    private mutating func takeFolded(all: Bool, _ now: Monotonic) {
        var folded = AuditBatch()
        for row in folding.take(all: all, now: now) { folded.add(row) }
        if folded.count > 0 { batches.append(folded) }
    }

    /// Rows that are worth a transaction of their own at once; it has hardly more.
    private static let most = 40_000

    private mutating func commit(_ batch: AuditBatch, _ isBurst: Bool) {
        guard !write(batch, isBurst) else { return }
        untold += batch.events
        log.lost.add(batch.events, ordering: .relaxed)
    }

    /// The number of lost events is a row, as soon as one can be written.
    private mutating func tellLost() {
        guard untold > 0 else { return }
        let event = AuditEvent.own(OwnOperation.lost, "\(untold) events could not be taken or written")
        var batch = AuditBatch()
        batch.add(AuditRow(id: 0, event: event, count: Int(clamping: untold)))
        if write(batch, false) { untold = 0 }
    }

    private mutating func write(_ batch: AuditBatch, _ isBurst: Bool) -> Bool {
        writing { writer throws in
            let log = writer.log
            // Rows stay in order: while there is a journal, they go behind what is in it.
            if isBurst || log.journaled.load(ordering: .relaxed) > 0 {
                try log.database.journal(batch)
                log.journaled.add(batch.count, ordering: .relaxed)
            } else {
                let rows = try AuditDecoder.rows(batch.bytes)
                writer.wrote(try log.database.write(rows), rows.count)
            }
        }
    }

    /// Appends the journal to the chain, part by part, until no more than `target` rows are left in it.
    private mutating func appendJournal(downTo target: Int) {
        var isDone = true
        while isDone, log.journaled.load(ordering: .relaxed) > target {
            isDone = writing { writer throws in
                let log = writer.log
                guard let (count, link) = try log.database.appendJournal() else {
                    log.journaled.store(0, ordering: .relaxed)
                    return
                }
                log.journaled.subtract(count, ordering: .relaxed)
                writer.wrote(link, count)
            }
        }
    }

    /// Writes something; sets a damaged database aside and tries once more. Says failures and their end in the log, once.
    private mutating func writing(_ write: (inout AuditWriter) throws -> Void) -> Bool {
        do {
            do { try write(&self) } catch let error as DatabaseError
                where error.resultCode.primaryResultCode == .SQLITE_CORRUPT
                || error.resultCode.primaryResultCode == .SQLITE_NOTADB
            {
                try log.replaceDatabase(because: error)
                try write(&self)
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
        tidyJournal()
        guard let retention else { return }
        var hasMore = false
        attempt("retention") { hasMore = try log.database.prune(retention) }
        if let newest = try? log.database.pool.read({ try AuditDatabase.lastID($0) }) {
            log.newest.store(newest, ordering: .releasing)
        }
        if !hasMore { self.retention = nil }
    }

    /// Appends a part of the journal if there is time, or if it has grown too long.
    private mutating func tidyJournal() {
        let count = log.journaled.load(ordering: .relaxed)
        guard count > 0 else {
            calmDue = nil
            return
        }
        let isCalm = calmDue.map { $0 <= Clock.now } ?? true
        guard isCalm || count > log.options.longestJournal else { return }
        appendJournal(downTo: count - 1)
        if isCalm { calmDue = log.journaled.load(ordering: .relaxed) > 0 ? Clock.now : nil }
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
