import Foundation
import GRDB

/// A row of the access log as it is kept.
public struct AuditRow: Sendable, Hashable {
    /// Grows with every row; 0 before the row is written.
    public var id: Int64
    public var event: AuditEvent
    /// How many identical events the row stands for.
    public var count: Int
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
    private let pool: DatabasePool
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

    func write(_ rows: [AuditRow]) throws {
        try pool.write { db in
            let statement = try db.cachedStatement(
                sql: """
                    INSERT INTO rows (time, app, uid, pid, process, view, operation, path, decision, errno, reason, \
                    bytes, count) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """)
            for row in rows {
                let e = row.event
                try statement.execute(arguments: [
                    e.time, e.app, e.uid, e.pid, e.process, e.view, e.operation, Data(e.path), e.decision.rawValue,
                    e.errno, e.reason, e.bytes.map { Int64(clamping: $0) }, row.count,
                ])
            }
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

    func prune(age: UInt64, bytes: UInt64) throws {
        let limit = AuditEvent.now - Int64(clamping: age) * 1_000_000
        var deleted = 0
        repeat {
            deleted = try pool.write { db in
                try db.execute(
                    sql: "DELETE FROM rows WHERE id IN (SELECT id FROM rows WHERE time < ? ORDER BY id LIMIT 5000)",
                    arguments: [limit])
                return db.changesCount
            }
        } while deleted == 5_000
        while try size() > bytes {
            let gone = try pool.write { db -> Int in
                try db.execute(sql: "DELETE FROM rows WHERE id IN (SELECT id FROM rows ORDER BY id LIMIT 5000)")
                return db.changesCount
            }
            if gone == 0 { break }
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

/// The migrations of audit.db, the same as schema/audit/*.sql; a test keeps them equal.
public enum AuditSchema {
    public static let migrations: [(name: String, sql: String)] = [("001-start", start)]

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        for migration in migrations {
            migrator.registerMigration(migration.name) { try $0.execute(sql: migration.sql) }
        }
        return migrator
    }

    private static let start = """
        CREATE TABLE rows (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            time INTEGER NOT NULL,
            app TEXT,
            uid INTEGER,
            pid INTEGER,
            process TEXT,
            view TEXT NOT NULL,
            operation TEXT NOT NULL,
            path BLOB NOT NULL,
            decision TEXT NOT NULL,
            errno INTEGER NOT NULL,
            reason TEXT NOT NULL,
            bytes INTEGER,
            count INTEGER NOT NULL DEFAULT 1
        ) STRICT;
        CREATE INDEX rows_by_app ON rows (app, time);
        CREATE INDEX rows_by_path ON rows (path);

        """
}
