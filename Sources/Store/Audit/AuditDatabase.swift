import Foundation
import GRDB

/// A row of the access log as it is kept.
public struct AuditRow: Sendable, Hashable {
    /// Grows with every row; 0 before the row is written.
    public var id: Int64
    public var event: AuditEvent
    /// How many identical events the row stands for.
    public var count: Int

    public init(id: Int64, event: AuditEvent, count: Int) {
        self.id = id
        self.event = event
        self.count = count
    }
}

/// What a query asks for; what is nil does not matter.
public struct AuditQuery: Sendable {
    public var app: String?
    public var uid: UInt32?
    /// Microseconds since 1970.
    public var since: Int64?
    public var until: Int64?
    public var operation: String?
    public var decision: AuditEvent.Decision?
    /// A glob (`*`, `?`, `[…]`) over the whole path; without one of these an exact path.
    public var path: String?
    /// The latest rows, in the order of time.
    public var limit: Int?
    /// Only rows with a higher id.
    public var after: Int64?

    public init() {}
}

/// audit.db, apart from the policy so that a flood of rows can neither delay nor damage a grant.
final class AuditDatabase: Sendable {
    let pool: DatabasePool
    private let path: String

    init(path: String) throws {
        self.path = path
        var configuration = Configuration()
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA synchronous = NORMAL") }
        pool = try DatabasePool(path: path, configuration: configuration)
        let migrator = AuditSchema.migrator
        guard try !pool.read({ try migrator.hasBeenSuperseded($0) }) else {
            throw StoreError(
                .newer, "\(path) was written by a newer MediaVeil; install that version or move the file away")
        }
        try migrator.migrate(pool)
    }

    /// Appends rows to the chain, in one transaction.
    func write(_ rows: [AuditRow]) throws {
        try pool.write { db in
            var link = try ChainLink.fetch(db, "head")
            let statement = try db.cachedStatement(
                sql: """
                    INSERT INTO rows (time, app, uid, pid, process, view, operation, path, decision, errno, reason, \
                    bytes, count, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """)
            for row in rows {
                let e = row.event
                link.hash = row.chained(to: link.hash)
                try statement.execute(arguments: [
                    e.time, e.app, e.uid, e.pid, e.process, e.view, e.operation, Data(e.path), e.decision.rawValue,
                    e.errno, e.reason, e.bytes.map { Int64(clamping: $0) }, row.count, Data(link.hash),
                ])
            }
            link.id = db.lastInsertedRowID
            try link.store(db, "head")
        }
    }

    func rows(_ query: AuditQuery) throws -> [AuditRow] {
        var conditions: [String] = []
        var arguments: [(any DatabaseValueConvertible)?] = []
        func add(_ sql: String, _ value: (any DatabaseValueConvertible)?) {
            guard let value else { return }
            conditions.append(sql)
            arguments.append(value)
        }
        add("app = ?", query.app)
        add("uid = ?", query.uid)
        add("time >= ?", query.since)
        add("time <= ?", query.until)
        add("operation = ?", query.operation)
        add("decision = ?", query.decision?.rawValue)
        add("id > ?", query.after)
        if let path = query.path {
            let isGlob = path.contains { "*?[".contains($0) }
            if isGlob { add("CAST(path AS TEXT) GLOB ?", path) } else { add("path = ?", Data(path.utf8)) }
        }
        let filter = conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND ")
        let limit = query.limit.map { " LIMIT \(max(0, $0))" } ?? ""
        let sql = "SELECT * FROM (SELECT * FROM rows\(filter) ORDER BY id DESC\(limit)) ORDER BY id"
        return try pool.read { db in
            try Row.fetchAll(db, sql: sql, arguments: StatementArguments(arguments)).map(AuditRow.init)
        }
    }

    /// Deletes in small steps, so that writing never waits long.
    func prune(age: UInt64, bytes: UInt64) throws {
        let limit = AuditEvent.now - Int64(clamping: age.multipliedReportingOverflow(by: 1_000_000).partialValue)
        while try deleteOldest(olderThan: limit) == AuditDatabase.step {}
        while try size() > bytes, try deleteOldest(olderThan: .max) > 0 {}
    }

    private static let step = 5_000

    private func deleteOldest(olderThan limit: Int64) throws -> Int {
        try pool.write { db in
            let doomed = try Row.fetchAll(
                db, sql: "SELECT id, hash, time FROM rows ORDER BY id LIMIT ?", arguments: [AuditDatabase.step])
            // Rows go in the order of the chain: one that is young keeps those behind it.
            let old = doomed.prefix { row in
                let time: Int64 = row["time"]
                return time < limit
            }
            guard let last = old.last else { return 0 }
            let hash: Data = last["hash"]
            let link = ChainLink(id: last["id"], hash: Array(hash))
            try db.execute(sql: "DELETE FROM rows WHERE id <= ?", arguments: [link.id])
            try link.store(db, "anchor")
            return old.count
        }
    }

    /// Bytes in use by rows and indexes.
    private func size() throws -> UInt64 {
        try pool.read { db in
            let pages = try Int64.fetchOne(db, sql: "PRAGMA page_count") ?? 0
            let free = try Int64.fetchOne(db, sql: "PRAGMA freelist_count") ?? 0
            let size = try Int64.fetchOne(db, sql: "PRAGMA page_size") ?? 4_096
            return UInt64(max(0, pages - free)) * UInt64(max(0, size))
        }
    }
}

extension AuditRow {
    init(_ row: Row) {
        let path: Data = row["path"]
        let decision: String = row["decision"]
        let bytes: Int64? = row["bytes"]
        let event = AuditEvent(
            time: row["time"], app: row["app"], uid: row["uid"], pid: row["pid"], process: row["process"],
            view: row["view"], operation: row["operation"], path: Array(path),
            decision: AuditEvent.Decision(rawValue: decision) ?? .deny, errno: row["errno"], reason: row["reason"],
            bytes: bytes.map { UInt64(clamping: $0) })
        self.init(id: row["id"], event: event, count: row["count"])
    }
}

extension AuditLog {
    /// Rows that match, including everything recorded before the call.
    public func query(_ query: AuditQuery) throws -> [AuditRow] {
        barrier()
        return try database.rows(query)
    }
}

extension AuditLog {
    /// Rows kept, events that wait, and bytes in use.
    public var state: (rows: Int64, pending: Int, bytes: Int64) {
        let counts = (try? database.counts()) ?? (rows: 0, bytes: 0)
        return (counts.rows, pending, counts.bytes)
    }

    /// The id of the latest row, after a barrier.
    public var lastID: Int64 {
        barrier()
        return (try? database.lastID()) ?? 0
    }
}

extension AuditDatabase {
    func counts() throws -> (rows: Int64, bytes: Int64) {
        try pool.read { db in
            let first = try Int64.fetchOne(db, sql: "SELECT min(id) FROM rows") ?? 1
            let last = try Int64.fetchOne(db, sql: "SELECT max(id) FROM rows") ?? 0
            let pages = try Int64.fetchOne(db, sql: "PRAGMA page_count") ?? 0
            let size = try Int64.fetchOne(db, sql: "PRAGMA page_size") ?? 4_096
            return (last - first + 1, pages * size)
        }
    }

    func lastID() throws -> Int64 {
        try pool.read { try Int64.fetchOne($0, sql: "SELECT max(id) FROM rows") ?? 0 }
    }
}
