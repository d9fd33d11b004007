import COpenSSL
import Foundation
import GRDB

/// A row's place in the chain: whoever knows the latest hash can tell whether any row before it was altered.
struct ChainLink {
    var id: Int64
    var hash: [UInt8]

    /// A named end of the chain; before the first row it is 32 zeros.
    static func fetch(_ db: Database, _ name: String) throws -> ChainLink {
        guard let row = try Row.fetchOne(db, sql: "SELECT id, hash FROM chain WHERE name = ?", arguments: [name]) else {
            return ChainLink(id: 0, hash: [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH)))
        }
        let hash: Data = row["hash"]
        return ChainLink(id: row["id"], hash: Array(hash))
    }

    func store(_ db: Database, _ name: String) throws {
        try db.execute(
            sql: "INSERT OR REPLACE INTO chain (name, id, hash) VALUES (?, ?, ?)", arguments: [name, id, Data(hash)])
    }
}

extension AuditRow {
    /// The hash of this row behind a row with the hash `previous`: SHA-256 over that and the row's columns, each with
    /// its length in front so that no two rows have the same bytes.
    func chained(to previous: [UInt8]) -> [UInt8] {
        var bytes = previous
        func add(_ column: [UInt8]?) {
            withUnsafeBytes(of: Int64(column?.count ?? -1).littleEndian) { bytes += $0 }
            bytes += column ?? []
        }
        func add(_ text: String?) { add(text.map { Array($0.utf8) }) }
        add(String(event.time))
        add(event.app)
        add(event.uid.map { String($0) })
        add(event.pid.map { String($0) })
        add(event.process)
        add(event.view)
        add(event.operation)
        add(event.path)
        add(event.decision.rawValue)
        add(String(event.errno))
        add(event.reason)
        add(event.bytes.map { String(Int64(clamping: $0)) })
        add(String(count))
        var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
        _ = SHA256(bytes, bytes.count, &digest)
        return digest
    }
}

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
    /// Rows that could not be taken, as the log itself says.
    public var lost: Int64 = 0
    public var problems: [Problem] = []
    public var crashes: [Crash] = []
}

extension AuditLog {
    /// Examines every row; calls `progress` with the rows done and the rows there are.
    public func verify(progress: (Int64, Int64) throws -> Void) throws -> AuditExamination {
        barrier()
        return try database.verify(progress: progress)
    }
}

extension AuditDatabase {
    func verify(progress: (Int64, Int64) throws -> Void) throws -> AuditExamination {
        try pool.read { db in
            var result = AuditExamination()
            var link = try ChainLink.fetch(db, "anchor")
            let head = try ChainLink.fetch(db, "head")
            let total = try Int64.fetchOne(db, sql: "SELECT count(*) FROM rows") ?? 0
            var last: (id: Int64, time: Int64?) = (link.id, nil)
            let cursor = try Row.fetchCursor(db, sql: "SELECT * FROM rows ORDER BY id")
            while let raw = try cursor.next() {
                let row = AuditRow(raw)
                let stored: Data = raw["hash"]
                let expected = row.chained(to: link.hash)
                if row.id != link.id + 1 {
                    result.problems.append(
                        .init(row: row.id, reason: "\(row.id - link.id - 1) rows before it are missing"))
                } else if Array(stored) != expected {
                    result.problems.append(.init(row: row.id, reason: "this row or the one before it was altered"))
                }
                note(row, last, &result)
                link = ChainLink(id: row.id, hash: Array(stored))
                last = (row.id, row.event.time)
                result.rows += 1
                if result.rows % 100_000 == 0 { try progress(result.rows, total) }
            }
            if head.id != link.id || head.hash != link.hash {
                result.problems.append(.init(row: link.id, reason: "the rows behind it, up to \(head.id), are missing"))
            }
            result.lastTime = last.time
            return result
        }
    }

    private func note(_ row: AuditRow, _ last: (id: Int64, time: Int64?), _ result: inout AuditExamination) {
        if result.firstTime == nil { result.firstTime = row.event.time }
        switch row.event.operation {
        case "audit-lost": result.lost += Int64(row.event.reason.prefix { $0.isNumber }) ?? 0
        case "crash":
            result.crashes.append(.init(found: row.event.time, lastRow: last.id, lastTime: last.time))
        default: break
        }
    }

    /// The latest row; nil in an empty log.
    func latest() throws -> AuditRow? {
        try pool.read { try Row.fetchOne($0, sql: "SELECT * FROM rows ORDER BY id DESC LIMIT 1").map(AuditRow.init) }
    }
}

extension AuditLog {
    /// Notes a crash if the log does not end with an orderly stop. Call once at start, before anything is recorded.
    public func noteCrash() {
        guard let last = try? database.latest(), last.event.operation != "stop" else { return }
        record(
            AuditEvent(
                time: AuditEvent.now, view: "", operation: "crash", path: [], decision: .allow,
                reason: "no orderly stop was recorded; row \(last.id) was the last one kept"))
    }
}
