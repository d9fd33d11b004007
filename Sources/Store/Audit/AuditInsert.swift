import GRDB
import GRDBSQLite

/// Inserts rows, past GRDB's values for each column, which cost more than the insertion itself.
struct AuditInsert {
    private let statement: Statement
    private let connection: OpaquePointer?

    init(_ db: Database) throws {
        let places = [String](repeating: "?", count: AuditRow.hashColumn + 1).joined(separator: ", ")
        statement = try db.cachedStatement(sql: "INSERT INTO rows (\(AuditRow.columns)) VALUES (\(places))")
        connection = db.sqliteConnection
    }

    /// Inserts the row that `hasher` has hashed last.
    func execute(_ hasher: ChainHasher, hash: [UInt8]) throws {
        let raw = statement.sqliteStatement
        let code = hasher.bytes.withUnsafeBytes { bytes in
            hash.withUnsafeBytes { hash in
                defer {
                    sqlite3_reset(raw)
                    sqlite3_clear_bindings(raw)
                }
                var code = SQLITE_OK
                var place: Int32 = 0
                for column in hasher.columns where code == SQLITE_OK {
                    place += 1
                    code = bind(column, to: place, bytes)
                }
                if code == SQLITE_OK { code = blob(hash, place + 1) }
                return code == SQLITE_OK ? sqlite3_step(raw) : code
            }
        }
        guard code == SQLITE_DONE else {
            throw DatabaseError(
                resultCode: ResultCode(rawValue: code), message: sqlite3_errmsg(connection).map { String(cString: $0) })
        }
    }

    private func bind(_ column: ChainHasher.Column, to place: Int32, _ bytes: UnsafeRawBufferPointer) -> Int32 {
        switch column {
        case .null: sqlite3_bind_null(statement.sqliteStatement, place)
        case .integer(let value): sqlite3_bind_int64(statement.sqliteStatement, place, value)
        case .text(let range): text(UnsafeRawBufferPointer(rebasing: bytes[range]), place)
        case .blob(let range): blob(UnsafeRawBufferPointer(rebasing: bytes[range]), place)
        }
    }

    // No destructor (SQLITE_STATIC): the bytes stay where they are until the bindings are cleared.

    private func text(_ bytes: UnsafeRawBufferPointer, _ place: Int32) -> Int32 {
        let start = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
        return sqlite3_bind_text(statement.sqliteStatement, place, start, Int32(clamping: bytes.count), nil)
    }

    private func blob(_ bytes: UnsafeRawBufferPointer, _ place: Int32) -> Int32 {
        // A null pointer would bind NULL.
        guard !bytes.isEmpty else { return sqlite3_bind_zeroblob(statement.sqliteStatement, place, 0) }
        return sqlite3_bind_blob(
            statement.sqliteStatement, place, bytes.baseAddress, Int32(clamping: bytes.count), nil)
    }
}
