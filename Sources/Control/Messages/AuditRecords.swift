/// One row of the access log.
public struct AuditRecord: Codable, Sendable, Hashable {
    public var id: Int64
    public var time: Timestamp
    public var app: String?
    public var uid: UInt32?
    public var pid: Int32?
    public var process: String?
    public var view: String?
    public var operation: String
    public var path: String?
    public var pathBase64: String?
    /// The new name of a rename or link.
    public var target: String?
    public var targetBase64: String?
    /// "allow", "redact", "hide" or "deny".
    public var decision: String
    public var errno: Int32?
    /// The rule that decided.
    public var reason: String?
    public var bytes: Int64?
    /// How many identical rows were folded into this one.
    public var count: Int64

    public init(
        id: Int64, time: Timestamp, app: String? = nil, uid: UInt32? = nil, pid: Int32? = nil, process: String? = nil,
        view: String? = nil, operation: String, path: String? = nil, pathBase64: String? = nil, target: String? = nil,
        targetBase64: String? = nil, decision: String, errno: Int32? = nil, reason: String? = nil, bytes: Int64? = nil,
        count: Int64
    ) {
        self.id = id
        self.time = time
        self.app = app
        self.uid = uid
        self.pid = pid
        self.process = process
        self.view = view
        self.operation = operation
        self.path = path
        self.pathBase64 = pathBase64
        self.target = target
        self.targetBase64 = targetBase64
        self.decision = decision
        self.errno = errno
        self.reason = reason
        self.bytes = bytes
        self.count = count
    }
}

/// A place where the chain of rows is broken.
public struct AuditProblem: Codable, Sendable, Hashable {
    public var row: Int64
    public var reason: String

    public init(row: Int64, reason: String) {
        self.row = row
        self.reason = reason
    }
}

/// A start of the service that found no stop before it.
public struct AuditCrash: Codable, Sendable, Hashable {
    public var found: Timestamp
    /// The last durable row before the crash.
    public var lastRow: Int64?
    public var lastTime: Timestamp?

    public init(found: Timestamp, lastRow: Int64? = nil, lastTime: Timestamp? = nil) {
        self.found = found
        self.lastRow = lastRow
        self.lastTime = lastTime
    }
}

/// What the examination of the whole log showed.
public struct AuditVerdict: Codable, Sendable, Hashable {
    public var intact: Bool
    public var rows: Int64
    public var firstTime: Timestamp?
    public var lastTime: Timestamp?
    /// Rows that could not be written, as recorded in the log itself.
    public var lost: Int64
    public var problems: [AuditProblem]
    public var crashes: [AuditCrash]

    public init(
        intact: Bool, rows: Int64, firstTime: Timestamp? = nil, lastTime: Timestamp? = nil, lost: Int64,
        problems: [AuditProblem], crashes: [AuditCrash]
    ) {
        self.intact = intact
        self.rows = rows
        self.firstTime = firstTime
        self.lastTime = lastTime
        self.lost = lost
        self.problems = problems
        self.crashes = crashes
    }
}
