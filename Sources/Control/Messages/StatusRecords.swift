/// A mounted view as it is now.
public struct MountRecord: Codable, Sendable, Hashable {
    public var view: String
    /// `nil` for the shared view.
    public var app: String?
    public var path: String
    public var passthrough: Bool
    public var nodes: Int
    public var handles: Int

    public init(view: String, app: String? = nil, path: String, passthrough: Bool, nodes: Int, handles: Int) {
        self.view = view
        self.app = app
        self.path = path
        self.passthrough = passthrough
        self.nodes = nodes
        self.handles = handles
    }
}

/// How the open files' bytes have travelled since the start: numbers of opens.
public struct DataPathCounts: Codable, Sendable, Hashable {
    public var passthrough: Int64
    public var snapshot: Int64
    public var router: Int64
    public var daemon: Int64

    public init(passthrough: Int64, snapshot: Int64, router: Int64, daemon: Int64) {
        self.passthrough = passthrough
        self.snapshot = snapshot
        self.router = router
        self.daemon = daemon
    }
}

/// How the access log is doing.
public struct AuditState: Codable, Sendable, Hashable {
    public var rows: Int64
    /// Rows that could not be written since the start.
    public var lost: Int64
    public var pending: Int64
    public var bytes: Int64

    public init(rows: Int64, lost: Int64, pending: Int64, bytes: Int64) {
        self.rows = rows
        self.lost = lost
        self.pending = pending
        self.bytes = bytes
    }
}

/// One thing that the machine has or lacks.
public struct MachineCheck: Codable, Sendable, Hashable {
    public var name: String
    public var state: CheckState
    public var finding: String
    /// Why it matters.
    public var why: String
    /// The command that mends it, or what to do.
    public var remedy: String?

    public init(name: String, state: CheckState, finding: String, why: String, remedy: String? = nil) {
        self.name = name
        self.state = state
        self.finding = finding
        self.why = why
        self.remedy = remedy
    }
}

/// How grave the finding of a check is.
public enum CheckState: String, Codable, Sendable, Hashable {
    case ok, warning, failed
}
