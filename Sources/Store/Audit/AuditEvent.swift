import Glibc

/// One row of the access log on its way to audit.db.
public struct AuditEvent: Sendable, Hashable {
    public enum Decision: String, Sendable, Hashable, CaseIterable, Codable {
        /// The caller got what is there.
        case allow
        /// The caller got it without its location.
        case redact
        /// To the caller it does not exist.
        case hide
        /// The caller was refused.
        case deny
    }

    /// Microseconds since 1970, UTC.
    public var time: Int64
    public var app: String?
    public var uid: UInt32?
    /// The caller's thread id.
    public var pid: Int32?
    /// The process's name; found by the log if nil.
    public var process: String?
    public var view: String
    public var operation: String
    /// Relative to the library; any bytes but NUL.
    public var path: [UInt8]
    /// The new name of a rename or link, relative to the library; nil for other operations.
    public var target: [UInt8]?
    public var decision: Decision
    /// 0 where the operation succeeded.
    public var errno: Int32
    /// The rule that decided, and what was blanked beyond the location.
    public var reason: String
    public var bytes: UInt64?

    public init(
        time: Int64, app: String? = nil, uid: UInt32? = nil, pid: Int32? = nil, process: String? = nil, view: String,
        operation: String, path: [UInt8], target: [UInt8]? = nil, decision: Decision, errno: Int32 = 0,
        reason: String = "",
        bytes: UInt64? = nil
    ) {
        self.time = time
        self.app = app
        self.uid = uid
        self.pid = pid
        self.process = process
        self.view = view
        self.operation = operation
        self.path = path
        self.target = target
        self.decision = decision
        self.errno = errno
        self.reason = reason
        self.bytes = bytes
    }
}

extension AuditEvent {
    /// The present time in the unit of ``time``.
    public static var now: Int64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1_000
    }

    /// A row about the log or the service itself: it has neither a caller nor a view.
    static func own(_ operation: String, _ reason: String) -> AuditEvent {
        AuditEvent(time: now, view: "", operation: operation, path: [], decision: .allow, reason: reason)
    }
}

/// The operations of rows that the log writes about itself.
enum OwnOperation {
    /// Events that could not be written; the row's count says how many.
    static let lost = "audit-lost"
    /// Retention deleted the oldest rows; the reason names the last of them and its hash.
    static let prune = "audit-prune"
    /// A database that could not be read was set aside.
    static let damaged = "audit-damaged"
    /// The service started and found no orderly stop.
    static let crash = "crash"
}
