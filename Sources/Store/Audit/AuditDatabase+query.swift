import Foundation
import GRDB
import Synchronization

/// A query on its way through audit.db, page by page: no page keeps a lock or a snapshot for longer than it takes to read.
///
/// Rows come by (time, id). Where the path decides, an index that holds path and time gives the keys of what matches, and
/// the rows are fetched by key; where that would be too many, as everywhere else, the rows are walked in the order of an
/// index by time.
struct AuditReading {
    /// Where a row stands among the others.
    fileprivate struct Key: Comparable {
        let time: Int64
        let id: Int64

        static func < (a: Key, b: Key) -> Bool { (a.time, a.id) < (b.time, b.id) }
    }

    /// More keys of paths than this are not collected.
    static let mostKeys = 100_000

    private let database: AuditDatabase
    private let query: AuditQuery
    private let pageSize: Int
    /// Rows behind this one came after the query.
    private let newest: Int64
    private let isAscending: Bool

    init(_ database: AuditDatabase, _ query: AuditQuery, pageSize: Int = 1_000) throws {
        self.database = database
        self.query = query
        self.pageSize = max(1, pageSize)
        isAscending = query.order == .oldestFirst
        newest = try database.pool.read { try AuditDatabase.lastID($0) }
    }

    /// Calls `body` with every page that is not empty until it says false.
    func forEachPage(_ body: ([AuditRow]) throws -> Bool) throws {
        if let limit = query.limit, limit < 1 { return }
        guard let keys = try keysOfPaths() else { return try walk(body) }
        try fetch(keys, body)
    }

    // MARK: by an index on time

    private func walk(_ body: ([AuditRow]) throws -> Bool) throws {
        var last: Key?
        var left = query.limit ?? Int.max
        if isAscending, let limit = query.limit {
            guard let first = try key(ofNewest: limit) else { return }
            last = Key(time: first.time, id: first.id - 1)
        }
        while left > 0 {
            let rows = try page(after: last, min(left, pageSize))
            guard let end = rows.last else { return }
            guard try body(rows) else { return }
            last = Key(time: end.event.time, id: end.id)
            left -= rows.count
        }
    }

    private func page(after last: Key?, _ count: Int) throws -> [AuditRow] {
        var condition = conditions(of: .everything)
        if let last {
            let sign = isAscending ? ">" : "<"
            condition.add("time \(sign)= ?", last.time)
            condition.add("(+time \(sign) ? OR +id \(sign) ?)", last.time, last.id)
        }
        let direction = isAscending ? "ASC" : "DESC"
        let sql = """
            SELECT \(AuditRow.columns) FROM rows WHERE \(condition.sql) \
            ORDER BY time \(direction), id \(direction) LIMIT \(count)
            """
        return try database.pool.read { db in
            try Row.fetchAll(db, sql: sql, arguments: condition.arguments).map { AuditRow($0) }
        }
    }

    /// The key of the last of the newest `limit` rows, or of the oldest there is; nil if there is none.
    private func key(ofNewest limit: Int) throws -> Key? {
        let condition = conditions(of: .everything)
        func sql(_ direction: String, _ offset: Int) -> String {
            """
            SELECT time, id FROM rows WHERE \(condition.sql) \
            ORDER BY time \(direction), id \(direction) LIMIT 1 OFFSET \(offset)
            """
        }
        return try database.pool.read { db in
            let row =
                try Row.fetchOne(db, sql: sql("DESC", limit - 1), arguments: condition.arguments)
                ?? Row.fetchOne(db, sql: sql("ASC", 0), arguments: condition.arguments)
            return row.map { Key($0) }
        }
    }

    // MARK: by an index on paths

    /// The keys of all rows with the path, in order; nil if the path says nothing, or there are too many.
    private func keysOfPaths() throws -> [Key]? {
        guard let pattern = query.path, let beginning = pattern.beginning else { return nil }
        var parts: [String] = []
        var arguments = StatementArguments()
        for (column, index) in [("path", "rows_by_path"), ("target", "rows_by_target")] {
            var condition = conditions(of: .times)
            condition.add(pattern, beginning, column)
            // Each half has its own limit: UNION would collect all that match before an outer one counts.
            parts.append(
                """
                SELECT * FROM (SELECT time, id FROM rows INDEXED BY \(index) WHERE \(condition.sql) \
                LIMIT \(AuditReading.mostKeys + 1))
                """)
            arguments += condition.arguments
        }
        let sql = parts.joined(separator: " UNION ")
        let keys = try database.pool.read { db in
            try Row.fetchAll(db, sql: sql, arguments: arguments).map { Key($0) }
        }
        guard keys.count <= AuditReading.mostKeys else { return nil }
        return keys.sorted()
    }

    private func fetch(_ keys: [Key], _ body: ([AuditRow]) throws -> Bool) throws {
        guard let limit = query.limit else { return try fetch(keys, isAscending: isAscending, body) }
        // How many of the keys the other conditions leave is not known before: the newest come first to be counted.
        var newest: [AuditRow] = []
        try fetch(keys, isAscending: false) { rows in
            newest += rows.prefix(limit - newest.count)
            return newest.count < limit
        }
        if isAscending { newest.reverse() }
        for start in stride(from: 0, to: newest.count, by: pageSize) {
            guard try body(Array(newest[start..<min(start + pageSize, newest.count)])) else { return }
        }
    }

    /// - Parameter keys: ascending.
    private func fetch(_ keys: [Key], isAscending: Bool, _ body: ([AuditRow]) throws -> Bool) throws {
        let condition = conditions(of: .others)
        let keys = isAscending ? keys : keys.reversed()
        let direction = isAscending ? "ASC" : "DESC"
        for start in stride(from: 0, to: keys.count, by: pageSize) {
            let ids = keys[start..<min(start + pageSize, keys.count)].map { String($0.id) }.joined(separator: ",")
            let sql = """
                SELECT \(AuditRow.columns) FROM rows WHERE id IN (\(ids)) AND \(condition.sql) \
                ORDER BY +time \(direction), +id \(direction)
                """
            let rows = try database.pool.read { db in
                try Row.fetchAll(db, sql: sql, arguments: condition.arguments).map { AuditRow($0) }
            }
            if !rows.isEmpty, try !body(rows) { return }
        }
    }

    // MARK: conditions

    private enum Part {
        case times, others, everything
    }

    private func conditions(of part: Part) -> Condition {
        var result = Condition()
        result.add("+id <= ?", newest)
        if part != .others {
            if let since = query.since { result.add("time >= ?", since) }
            if let until = query.until { result.add("time <= ?", until) }
        }
        if part != .times { result.add(query, hasIndex: part == .everything) }
        if part == .everything, let pattern = query.path { result.add(pattern) }
        return result
    }
}

extension AuditReading.Key {
    fileprivate init(_ row: Row) {
        time = Int64.fromDatabaseValue(row[0] as DatabaseValue) ?? -1
        id = Int64.fromDatabaseValue(row[1] as DatabaseValue) ?? -1
    }
}

extension AuditLog {
    /// Rows that match, in the query's order, page by page; includes everything recorded before the call and nothing that
    /// is recorded while it runs. `body` returns false to end it.
    ///
    /// - Throws: what `body` throws, and `DatabaseError`.
    public func forEachPage(
        of query: AuditQuery, pageSize: Int = 1_000, _ body: ([AuditRow]) throws -> Bool
    ) throws {
        barrier()
        try AuditReading(database, query, pageSize: pageSize).forEachPage(body)
    }

    /// As ``forEachPage(of:pageSize:_:)``, all at once: for few rows.
    public func query(_ query: AuditQuery) throws -> [AuditRow] {
        var rows: [AuditRow] = []
        try forEachPage(of: query) { page in
            rows += page
            return true
        }
        return rows
    }

    /// What was written behind the row `last`, in the order in which it was written, at most `limit` rows; sets `last` to
    /// where the next call goes on. Costs nothing if nothing was written. Times, limit and order of the query do not matter.
    ///
    /// Begin with ``newest`` after ``barrier()``.
    public func rows(after last: inout Int64, _ query: AuditQuery, limit: Int = 1_000) throws -> [AuditRow] {
        noteFollower()
        let newest = newest.load(ordering: .acquiring)
        guard newest != last else { return [] }
        // A new database after damage begins anew.
        if newest < last { last = 0 }
        var condition = Condition()
        condition.add("id > ?", last)
        condition.add("id <= ?", newest)
        condition.add(query, hasIndex: false)
        if let pattern = query.path { condition.add(pattern) }
        let sql = "SELECT \(AuditRow.columns) FROM rows NOT INDEXED WHERE \(condition.sql) ORDER BY id LIMIT \(limit)"
        let rows = try database.pool.read { db in
            try Row.fetchAll(db, sql: sql, arguments: condition.arguments).map { AuditRow($0) }
        }
        last = rows.count == limit ? rows.last?.id ?? newest : newest
        return rows
    }
}
