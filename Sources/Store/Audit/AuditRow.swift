import Foundation
import GRDB

/// A row of the access log as it is kept.
public struct AuditRow: Sendable, Hashable {
    /// Grows by one with every row; 0 before the row is written.
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

extension AuditRow {
    /// What a statement has to select for ``init(_:)``, and `hash` as the last column.
    static let columns =
        "id, time, app, uid, pid, process, view, operation, path, target, decision, errno, reason, bytes, count, hash"

    static let hashColumn = 15

    /// From a row with ``columns``.
    ///
    /// Somebody may have changed the file by other means: a value that is no event's becomes one that could not have been
    /// written, so that the row's hash is wrong. GRDB's own conversions would end the process.
    init(_ row: Row) {
        func value<T: DatabaseValueConvertible>(_ column: Int) -> T? {
            T.fromDatabaseValue(row[column] as DatabaseValue)
        }
        func blob(_ column: Int) -> [UInt8]? { value(column).map { (data: Data) in Array(data) } }
        let decision: String = value(10) ?? ""
        let event = AuditEvent(
            time: value(1) ?? -1, app: value(2), uid: value(3), pid: value(4), process: value(5), view: value(6) ?? "",
            operation: value(7) ?? "", path: blob(8) ?? [], target: blob(9),
            decision: AuditEvent.Decision(rawValue: decision) ?? .deny, errno: value(11) ?? -1, reason: value(12) ?? "",
            bytes: value(13).map { (bytes: Int64) in UInt64(clamping: bytes) })
        self.init(id: value(0) ?? -1, event: event, count: value(14) ?? -1)
    }

    static func hash(_ row: Row) -> [UInt8] {
        Data.fromDatabaseValue(row[hashColumn] as DatabaseValue).map { Array($0) } ?? []
    }
}
