import Foundation
import GRDB

extension AuditDatabase {
    /// Opens audit.db; one that cannot be read is set aside for examination, and a new one begun: the log must not keep
    /// the service from starting.
    ///
    /// - Returns: what happened to the old one, for a row in the new one; nil if it is in order.
    /// - Throws: ``StoreError`` of kind `newer` or `unreadable`.
    static func openOrReplace(path: String) throws -> (database: AuditDatabase, damage: String?) {
        do {
            do { return (try AuditDatabase(path: path), nil) } catch let error as DatabaseError where isDamage(error) {
                let replaced = try replace(path, because: error)
                return (replaced.database, replaced.damage)
            }
        } catch let error as DatabaseError {
            throw StoreError(
                .unreadable,
                "\(path) cannot be opened (\(text(error))); see to free space and to the rights of its directory")
        }
    }

    /// Sets a damaged database aside and begins a new one.
    static func replace(_ path: String, because error: DatabaseError) throws -> (
        database: AuditDatabase, damage: String
    ) {
        let aside = try setAside(path)
        let damage = "audit.db could not be read (\(text(error))); it was set aside as \(aside)"
        return (try AuditDatabase(path: path), damage)
    }

    /// Whether the file itself is wrong, and not the disk, the rights or another user of it.
    static func isDamage(_ error: DatabaseError) -> Bool {
        switch error.resultCode.primaryResultCode {
        // SQLITE_ERROR while opening: its tables are not ours.
        case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_ERROR, .SQLITE_FORMAT, .SQLITE_MISMATCH: true
        default: false
        }
    }

    static func text(_ error: DatabaseError) -> String { error.message ?? "\(error.resultCode)" }

    /// - Returns: the new name, without its directory.
    private static func setAside(_ path: String) throws -> String {
        let name = "audit.db.damaged-\(AuditTime.compact(AuditEvent.now))"
        let directory = URL(fileURLWithPath: path).deletingLastPathComponent().path
        for suffix in ["", "-wal", "-shm"] where FileManager.default.fileExists(atPath: path + suffix) {
            try FileManager.default.moveItem(atPath: path + suffix, toPath: "\(directory)/\(name)\(suffix)")
        }
        return name
    }
}

/// Times as people read them.
enum AuditTime {
    /// RFC 3339 in UTC, to the second.
    static func text(_ microseconds: Int64) -> String { format(microseconds, "%Y-%m-%dT%H:%M:%SZ") }

    /// For names of files, to the microsecond.
    static func compact(_ microseconds: Int64) -> String {
        let fraction = String(microseconds.magnitude % 1_000_000)
        return format(microseconds, "%Y%m%dT%H%M%S.") + String(repeating: "0", count: 6 - fraction.count) + fraction
            + "Z"
    }

    private static func format(_ microseconds: Int64, _ format: String) -> String {
        // Rounds down, before 1970 too.
        var seconds = time_t(microseconds >= 0 ? microseconds / 1_000_000 : (microseconds - 999_999) / 1_000_000)
        var parts = tm()
        var text = [CChar](repeating: 0, count: 64)
        guard gmtime_r(&seconds, &parts) != nil else { return String(microseconds) }
        let length = strftime(&text, text.count, format, &parts)
        return String(decoding: text.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
