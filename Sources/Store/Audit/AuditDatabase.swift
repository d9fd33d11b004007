import GRDB

/// audit.db, apart from the policy so that a flood of rows can neither delay nor damage a grant.
///
/// WAL with `synchronous = NORMAL`: what was written outlives the process at once, and a loss of power from the next
/// checkpoint on, which the log's writer makes every few seconds.
final class AuditDatabase: Sendable {
    let pool: DatabasePool
    let path: String

    /// - Throws: ``StoreError`` of kind `newer`; `DatabaseError` for what cannot be read.
    init(path: String) throws {
        self.path = path
        var configuration = Configuration()
        configuration.label = "audit"
        configuration.maximumReaderCount = 4
        // Somebody may look at the file with other tools.
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { db in
            guard !db.configuration.readonly else { return }
            // Of effect only before the first table: lets retention give space back.
            try db.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL")
            try db.execute(sql: "PRAGMA synchronous = NORMAL")
            try db.execute(sql: "PRAGMA wal_autocheckpoint = 8192")
            try db.execute(sql: "PRAGMA journal_size_limit = 67108864")
        }
        pool = try DatabasePool(path: path, configuration: configuration)
        let migrator = AuditSchema.migrator
        guard try !pool.read({ try migrator.hasBeenSuperseded($0) }) else {
            throw StoreError(
                .newer, "\(path) was written by a newer MediaVeil; install that version or move the file away")
        }
        try migrator.migrate(pool)
        try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA cache_size = -32768") }
        try lookOver()
        // What a crash left in the journal comes before everything else.
        while try appendJournal() != nil {}
    }

    /// A look at the ends of the table, its indexes and the chain: cheap, and enough to see most damage at the start.
    private func lookOver() throws {
        try pool.read { db in
            _ = try AuditDatabase.latest(db, 1)
            for (index, column, condition) in AuditSchema.indexes {
                let sql = """
                    SELECT \(AuditRow.columns) FROM rows INDEXED BY \(index) WHERE \(condition)
                    ORDER BY \(column) DESC LIMIT 1
                    """
                _ = try Row.fetchOne(db, sql: sql)
            }
            _ = try ChainLink.fetch(db, .head)
            _ = try ChainLink.fetch(db, .anchor)
        }
    }

    /// Appends rows to the chain, in one transaction.
    ///
    /// - Returns: the link of the last one.
    @discardableResult
    func write(_ rows: some Sequence<AuditRow>) throws -> ChainLink {
        try pool.write { try AuditDatabase.append(rows, $0) }
    }

    static func append(_ rows: some Sequence<AuditRow>, _ db: Database) throws -> ChainLink {
        var link = try ChainLink.fetch(db, .head)
        // Never in the way of a row that somebody put there: the examination will find it.
        link.id = max(link.id, try lastID(db))
        var hasher = ChainHasher()
        let insert = try AuditInsert(db)
        for var row in rows {
            row.id = link.id + 1
            link = ChainLink(id: row.id, hash: hasher.hash(row, after: link.hash))
            try insert.execute(hasher, hash: link.hash)
        }
        try link.store(db, .head)
        return link
    }

    static func lastID(_ db: Database) throws -> Int64 {
        try Int64.fetchOne(db, sql: "SELECT max(id) FROM rows") ?? 0
    }

    /// The latest rows, the newest first.
    static func latest(_ db: Database, _ count: Int) throws -> [AuditRow] {
        let sql = "SELECT \(AuditRow.columns) FROM rows ORDER BY id DESC LIMIT \(count)"
        return try Row.fetchAll(db, sql: sql).map { AuditRow($0) }
    }

    /// Makes what was written outlive a loss of power.
    func checkpoint(_ mode: Database.CheckpointMode = .passive) throws {
        _ = try pool.writeWithoutTransaction { try $0.checkpoint(mode) }
    }
}

extension AuditDatabase {
    /// Rows kept, and bytes of the file.
    func counts() throws -> (rows: Int64, bytes: Int64) {
        try pool.read { db in
            let first = try Int64.fetchOne(db, sql: "SELECT min(id) FROM rows")
            let last = try AuditDatabase.lastID(db)
            let pages = try Int64.fetchOne(db, sql: "PRAGMA page_count") ?? 0
            let size = try Int64.fetchOne(db, sql: "PRAGMA page_size") ?? 0
            return (first.map { last &- $0 &+ 1 } ?? 0, pages &* size)
        }
    }
}
