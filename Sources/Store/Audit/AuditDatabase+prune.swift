import Foundation
import GRDB

/// What retention keeps.
struct AuditRetention: Sendable, Hashable {
    /// Rows older than this many seconds go.
    var age: UInt64
    /// The oldest rows go while rows and indexes take more than this.
    var bytes: UInt64
}

extension AuditDatabase {
    /// Rows that one step deletes: it takes tens of milliseconds, in which the log's writer does nothing else.
    static let pruneStep = 5_000
    /// Fewer rows are not worth a row that says so, when it is only for their size.
    static let smallestStep = 100

    /// One small step of retention, in one transaction: deletes the oldest rows, moves the anchor to the last of them,
    /// and signs that off with a row in the chain, so that nobody can delete rows in retention's name.
    ///
    /// - Returns: whether there is more to do.
    func prune(_ retention: AuditRetention, now: Int64 = AuditEvent.now) throws -> Bool {
        if try giveBack() { return true }
        let age = Int64(min(retention.age, UInt64(Int64.max) / 2_000_000)) * 1_000_000
        // Not a row for every few rows that come of age: a twentieth later, an hour at most.
        let slack = min(age / 20, 3_600_000_000)
        return try pool.write { db in
            let oldest = try Row.fetchAll(
                db, sql: "SELECT id, time, hash FROM rows ORDER BY id LIMIT \(AuditDatabase.pruneStep)")
            // Rows go in the order of the chain: one that is young keeps those behind it.
            let old = oldest.prefix { AuditDatabase.time($0) < now - age }
            if let first = old.first, let last = old.last, AuditDatabase.time(first) < now - age - slack {
                let reason = "older than \(retention.age) seconds"
                try AuditDatabase.delete(upTo: last, reason, db)
                return old.count == AuditDatabase.pruneStep
            }
            guard let last = oldest.last, oldest.count >= AuditDatabase.smallestStep,
                try AuditDatabase.used(db) > retention.bytes
            else { return false }
            try AuditDatabase.delete(upTo: last, "the log was larger than \(retention.bytes) bytes", db)
            return true
        }
    }

    private static func time(_ row: Row) -> Int64 { Int64.fromDatabaseValue(row[1] as DatabaseValue) ?? -1 }

    private static func delete(upTo row: Row, _ reason: String, _ db: Database) throws {
        let hash = Data.fromDatabaseValue(row[2] as DatabaseValue) ?? Data()
        let anchor = ChainLink(id: Int64.fromDatabaseValue(row[0] as DatabaseValue) ?? 0, hash: Array(hash))
        try db.execute(sql: "DELETE FROM rows WHERE id <= ?", arguments: [anchor.id])
        try anchor.store(db, .anchor)
        let event = AuditEvent.own(OwnOperation.prune, signOff(anchor) + ": " + reason)
        _ = try append([AuditRow(id: 0, event: event, count: 1)], db)
    }

    /// How the reason of a row of retention begins.
    static func signOff(_ anchor: ChainLink) -> String { "deleted up to row \(anchor.description)" }

    /// Bytes in use by rows and indexes.
    private static func used(_ db: Database) throws -> UInt64 {
        let pages = try Int64.fetchOne(db, sql: "PRAGMA page_count") ?? 0
        let free = try Int64.fetchOne(db, sql: "PRAGMA freelist_count") ?? 0
        let size = try Int64.fetchOne(db, sql: "PRAGMA page_size") ?? 0
        return UInt64(max(0, pages - free)) * UInt64(max(0, size))
    }

    /// Makes the file smaller, a little at a time, if much of it is free.
    ///
    /// - Returns: whether it did.
    private func giveBack() throws -> Bool {
        let free = try pool.read { db in
            let pages = try Int64.fetchOne(db, sql: "PRAGMA page_count") ?? 0
            let free = try Int64.fetchOne(db, sql: "PRAGMA freelist_count") ?? 0
            return free > 256 && free > pages / 4 ? free : 0
        }
        guard free > 0 else { return false }
        try pool.write { try $0.execute(sql: "PRAGMA incremental_vacuum(1000)") }
        return true
    }
}
