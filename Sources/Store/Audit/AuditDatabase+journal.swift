import Foundation
import GRDB

/// The journal: rows that come faster than they can be indexed are kept as they come, which costs a tenth, and appended to
/// the table when there is time, or when somebody asks. They outlive the process from the first.
extension AuditDatabase {
    /// Keeps rows in the journal, behind those that are in it.
    func journal(_ batch: AuditBatch) throws {
        try pool.write { db in
            let statement = try db.cachedStatement(sql: "INSERT INTO journal (count, rows) VALUES (?, ?)")
            try statement.execute(arguments: [batch.count, Data(batch.bytes)])
        }
    }

    /// Appends the oldest part of the journal to the chain, in one transaction.
    ///
    /// - Returns: how many rows left the journal, and the link of the last one; nil if the journal is empty.
    func appendJournal() throws -> (count: Int, link: ChainLink)? {
        try pool.write { db in
            let sql = "SELECT id, count, rows FROM journal ORDER BY id LIMIT 1"
            guard let part = try Row.fetchOne(db, sql: sql) else { return nil }
            let count = Int.fromDatabaseValue(part[1] as DatabaseValue) ?? 0
            let bytes = Data.fromDatabaseValue(part[2] as DatabaseValue) ?? Data()
            let rows: [AuditRow]
            do { rows = try AuditDecoder.rows(Array(bytes)) } catch {
                let event = AuditEvent.own(OwnOperation.lost, "\(count) events in the log's journal could not be read")
                rows = [AuditRow(id: 0, event: event, count: count)]
            }
            try db.execute(sql: "DELETE FROM journal WHERE id = ?", arguments: [part[0] as DatabaseValue])
            return (count, try AuditDatabase.append(rows, db))
        }
    }
}
