import Foundation
import GRDB

/// What an examination of the whole log found.
public struct AuditExamination: Sendable {
    public struct Problem: Sendable, Hashable {
        /// The row where the chain breaks.
        public let row: Int64
        public let reason: String
    }

    /// A start that found no orderly stop before it.
    public struct Crash: Sendable, Hashable {
        /// Microseconds since 1970.
        public let found: Int64
        /// The last row that was durable before it.
        public let lastRow: Int64
        public let lastTime: Int64?
    }

    public var rows: Int64 = 0
    public var firstTime: Int64?
    public var lastTime: Int64?
    /// Events that could not be taken, as the log itself says.
    public var lost: Int64 = 0
    /// The first thousand.
    public var problems: [Problem] = []
    public var crashes: [Crash] = []
    /// The last row and its hash, in hexadecimal: who keeps it elsewhere can tell later whether the log was replaced.
    public var head: (row: Int64, hash: String) = (0, "")
}

/// Walks the chain from the anchor to the head, some thousand rows at a time: rows may be added and deleted by retention
/// meanwhile, and a long look would keep the write-ahead log from being emptied.
struct AuditWalk {
    private let database: AuditDatabase
    private var result = AuditExamination()
    private var link: ChainLink
    private var lastTime: Int64?
    private var hasher = ChainHasher()
    /// What the rows of retention say they deleted up to.
    private var signedOff: Set<String> = []
    private var total: Int64

    init(_ database: AuditDatabase) throws {
        self.database = database
        (link, total) = try database.pool.read { db in
            let anchor = try ChainLink.fetch(db, .anchor)
            return (anchor, try ChainLink.fetch(db, .head).id - anchor.id)
        }
    }

    mutating func run(progress: (Int64, Int64) throws -> Void) throws -> AuditExamination {
        while try step() { try progress(result.rows, max(total, result.rows)) }
        result.lastTime = lastTime
        return result
    }

    private static let page = 5_000

    private mutating func step() throws -> Bool {
        do { return try page() } catch let error as DatabaseError where AuditDatabase.isDamage(error) {
            problem(link.id, "what follows cannot be read: \(AuditDatabase.text(error))")
            return false
        }
    }

    private mutating func page() throws -> Bool {
        let (rows, anchor, head, before, unindexed) = try database.pool.read { [link] db in
            let sql = "SELECT \(AuditRow.columns) FROM rows WHERE id > ? ORDER BY id LIMIT \(AuditWalk.page)"
            let rows = try Row.fetchAll(db, sql: sql, arguments: [link.id])
            let anchor = try ChainLink.fetch(db, .anchor)
            let before =
                rows.isEmpty
                ? try Int64.fetchOne(db, sql: "SELECT count(*) FROM rows WHERE id <= ?", arguments: [anchor.id]) ?? 0
                : 0
            return (
                rows.map { (AuditRow($0), AuditRow.hash($0)) }, anchor, try ChainLink.fetch(db, .head), before,
                try AuditWalk.unindexed(rows, db)
            )
        }
        for (row, stored) in rows { examine(row, stored, anchor) }
        for row in unindexed { problem(row.id, "the index \(row.index) has lost it: queries may not show it") }
        if rows.isEmpty { finish(anchor, head) }
        if before > 0 {
            problem(anchor.id, "\(before) rows stand before the beginning of the chain: they were added by other means")
        }
        return !rows.isEmpty
    }

    /// Rows of a page that an index does not have, with its name.
    private static func unindexed(_ rows: [Row], _ db: Database) throws -> [(id: Int64, index: String)] {
        guard let first = rows.first, let last = rows.last else { return [] }
        var found: [(id: Int64, index: String)] = []
        for (index, column, condition) in AuditSchema.indexes {
            let sql = """
                SELECT id FROM rows AS row NOT INDEXED WHERE id BETWEEN ? AND ? AND \(condition) AND NOT EXISTS (
                SELECT 1 FROM rows AS other INDEXED BY \(index)
                WHERE other.\(column) IS row.\(column) AND other.time = row.time AND other.id = row.id AND \(condition))
                """
            let ids = [first[0] as DatabaseValue, last[0] as DatabaseValue]
            found += try Int64.fetchAll(db, sql: sql, arguments: StatementArguments(ids)).map { ($0, index) }
        }
        return found
    }

    private mutating func examine(_ row: AuditRow, _ stored: [UInt8], _ anchor: ChainLink) {
        // Retention went past the place that the walk had reached.
        if anchor.id > link.id, row.id == anchor.id + 1 { link = anchor }
        if row.id != link.id + 1 {
            problem(row.id, missing(before: row.id))
        } else if hasher.hash(row, after: link.hash) != stored {
            problem(row.id, "this row or the one before it was altered")
        }
        note(row)
        link = ChainLink(id: row.id, hash: stored)
        lastTime = row.event.time
        result.rows += 1
    }

    private func missing(before id: Int64) -> String {
        let (count, overflow) = id.subtractingReportingOverflow(link.id + 1)
        return overflow || count <= 0 ? "its number is none that follows" : "\(count) rows before it are missing"
    }

    private mutating func note(_ row: AuditRow) {
        if result.firstTime == nil { result.firstTime = row.event.time }
        switch row.event.operation {
        case OwnOperation.lost: result.lost &+= Int64(row.count)
        case OwnOperation.crash:
            result.crashes.append(.init(found: row.event.time, lastRow: link.id, lastTime: lastTime))
        case OwnOperation.prune:
            signedOff.insert(row.event.reason.split(separator: ":").first.map { String($0) } ?? "")
        default: break
        }
    }

    private mutating func finish(_ anchor: ChainLink, _ head: ChainLink) {
        if head.id > link.id {
            problem(link.id, "the rows behind it, up to \(head.id), are missing")
        } else if head != link {
            problem(link.id, "the log says that its last row is another, \(head.id): rows were added by other means")
        }
        if anchor != .start, !signedOff.contains(AuditDatabase.signOff(anchor)) {
            problem(
                anchor.id,
                "the log begins behind this row, and no row of retention says so: what was before it is missing")
        }
        result.head = (link.id, link.hash.map { String(format: "%02x", $0) }.joined())
    }

    private mutating func problem(_ row: Int64, _ reason: String) {
        if result.problems.count < 1_000 { result.problems.append(.init(row: row, reason: reason)) }
    }
}

extension AuditLog {
    /// Examines every row; calls `progress` with the rows done and the rows there are.
    ///
    /// - Throws: what `progress` throws, and `DatabaseError` if the database cannot be asked.
    public func verify(progress: (Int64, Int64) throws -> Void) throws -> AuditExamination {
        barrier()
        var walk = try AuditWalk(database)
        return try walk.run(progress: progress)
    }
}
