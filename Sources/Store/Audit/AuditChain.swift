import COpenSSL
import Foundation
import GRDB

/// A row's place in the chain: whoever knows the latest hash can tell whether any row before it was altered.
struct ChainLink: Hashable {
    var id: Int64
    var hash: [UInt8]

    /// Before the first row.
    static let start = ChainLink(id: 0, hash: [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH)))

    enum End: String {
        /// The latest row.
        case head
        /// The last row that retention deleted.
        case anchor
    }

    static func fetch(_ db: Database, _ end: End) throws -> ChainLink {
        let sql = "SELECT id, hash FROM chain WHERE name = ?"
        guard let row = try Row.fetchOne(db, sql: sql, arguments: [end.rawValue]) else { return .start }
        let hash = Data.fromDatabaseValue(row[1] as DatabaseValue) ?? Data()
        return ChainLink(id: Int64.fromDatabaseValue(row[0] as DatabaseValue) ?? -1, hash: Array(hash))
    }

    func store(_ db: Database, _ end: End) throws {
        let statement = try db.cachedStatement(sql: "INSERT OR REPLACE INTO chain (name, id, hash) VALUES (?, ?, ?)")
        try statement.execute(arguments: [end.rawValue, id, Data(hash)])
    }

    /// As the rows of retention name it.
    var description: String { "\(id) with hash \(hash.map { String(format: "%02x", $0) }.joined())" }
}

/// Makes the hashes of rows, with one buffer for all, from which the columns are also bound to the statement.
///
/// SHA-256 over the hash before and the row's columns, each with its length in front, so that no two rows have the same
/// bytes: integers as eight bytes little endian, -1 as the length of NULL.
struct ChainHasher: AuditColumnSink {
    /// A column's value; texts and blobs are ranges of ``bytes``.
    enum Column {
        case null
        case integer(Int64)
        case text(Range<Int>)
        case blob(Range<Int>)
    }

    private(set) var bytes: [UInt8] = []
    /// The columns of the row that was hashed last.
    private(set) var columns: [Column] = []

    mutating func hash(_ row: AuditRow, after previous: [UInt8]) -> [UInt8] {
        bytes.removeAll(keepingCapacity: true)
        columns.removeAll(keepingCapacity: true)
        _ = raw(previous)
        row.write(to: &self)
        var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
        _ = SHA256(bytes, bytes.count, &digest)
        return digest
    }

    private mutating func raw(_ value: Int64) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    private mutating func raw(_ value: some Collection<UInt8>) -> Range<Int> {
        raw(Int64(value.count))
        let start = bytes.count
        bytes.append(contentsOf: value)
        return start..<bytes.count
    }

    mutating func add(_ value: Int64?) {
        guard let value else { return addNull() }
        raw(8)
        raw(value)
        columns.append(.integer(value))
    }

    mutating func add(_ value: String?) {
        guard let value else { return addNull() }
        columns.append(.text(raw(value.utf8)))
    }

    mutating func add(_ value: [UInt8]?) {
        guard let value else { return addNull() }
        columns.append(.blob(raw(value)))
    }

    private mutating func addNull() {
        raw(-1)
        columns.append(.null)
    }
}
