import Logging
import TestSupport
import Testing

@testable import Store

/// An access log in a directory of its own.
struct AuditFixture {
    let log: AuditLog
    let path: String

    var directory: String { String(path.dropLast("/audit.db".count)) }

    /// Runs `body` with a new log.
    static func with(
        capacity: Int = 1 << 20, foldingWindow: Monotonic = 600_000_000_000,
        options change: (inout AuditLog.Options) -> Void = { _ in }, _ body: (AuditFixture) throws -> Void
    ) throws {
        try withTemporaryDirectory { root throws in
            let fixture = try AuditFixture(root, capacity: capacity, foldingWindow: foldingWindow, options: change)
            defer { fixture.log.close() }
            try body(fixture)
        }
    }

    /// Opens the log in a directory; the caller closes it.
    init(
        _ root: String, capacity: Int = 1 << 20, foldingWindow: Monotonic = 600_000_000_000,
        options change: (inout AuditLog.Options) -> Void = { _ in }
    ) throws {
        path = root + "/audit.db"
        var options = AuditLog.Options()
        options.capacity = capacity
        options.foldingWindow = foldingWindow
        change(&options)
        log = try AuditLog(path: path, options: options, logger: Logger(label: "test"))
    }

    /// Changes the database behind the log's back.
    func sql(_ statement: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let outcome = try Program.output(["sqlite3", "-cmd", ".timeout 30000", path, statement])
        #expect(outcome.status == 0, "\(outcome.errors)", sourceLocation: sourceLocation)
    }

    func problems() throws -> [AuditExamination.Problem] { try log.verify { _, _ in }.problems }

    func rows(_ change: (inout AuditQuery) -> Void = { _ in }) throws -> [AuditRow] {
        var query = AuditQuery()
        change(&query)
        return try log.query(query)
    }

    /// The paths of the rows that a query finds.
    func paths(_ change: (inout AuditQuery) -> Void = { _ in }) throws -> [String] {
        try rows(change).map { String(decoding: $0.event.path, as: UTF8.self) }
    }

    static func event(
        _ path: String, app: String? = "a", time: Int64 = 1_000_000, _ decision: AuditEvent.Decision = .allow,
        uid: UInt32 = 5, operation: String = "open", target: String? = nil
    ) -> AuditEvent {
        AuditEvent(
            time: time, app: app, uid: uid, process: "test", view: "shared", operation: operation,
            path: Array(path.utf8), target: target.map { Array($0.utf8) }, decision: decision, reason: "rule")
    }

    func record(
        _ path: String, app: String? = "a", time: Int64 = 1_000_000, _ decision: AuditEvent.Decision = .allow,
        uid: UInt32 = 5, operation: String = "open", target: String? = nil
    ) {
        log.record(
            AuditFixture.event(
                path, app: app, time: time, decision, uid: uid, operation: operation, target: target))
    }
}
