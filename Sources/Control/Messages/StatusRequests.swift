/// What runs.
public struct StatusRequest: ControlRequest, Hashable {
    public static let method = "Status"

    public init() {}

    public struct Reply: Codable, Sendable, Hashable {
        public var version: String
        public var pid: Int32
        public var started: Timestamp
        public var library: String
        public var stateDirectory: String
        public var runtimeDirectory: String
        public var passthrough: Bool
        public var snapshots: Bool
        public var mounts: [MountRecord]
        public var dataPaths: DataPathCounts
        public var apps: Int
        public var grants: Int
        public var audit: AuditState
        /// Cumulative since the start; names in snake case.
        public var counters: [String: Int64]
        /// As of now; names in snake case.
        public var gauges: [String: Int64]
        /// What an administrator should know, a sentence each.
        public var notices: [String]

        public init(
            version: String, pid: Int32, started: Timestamp, library: String, stateDirectory: String,
            runtimeDirectory: String, passthrough: Bool, snapshots: Bool, mounts: [MountRecord],
            dataPaths: DataPathCounts, apps: Int, grants: Int, audit: AuditState, counters: [String: Int64],
            gauges: [String: Int64], notices: [String]
        ) {
            self.version = version
            self.pid = pid
            self.started = started
            self.library = library
            self.stateDirectory = stateDirectory
            self.runtimeDirectory = runtimeDirectory
            self.passthrough = passthrough
            self.snapshots = snapshots
            self.mounts = mounts
            self.dataPaths = dataPaths
            self.apps = apps
            self.grants = grants
            self.audit = audit
            self.counters = counters
            self.gauges = gauges
            self.notices = notices
        }
    }
}

/// What this machine supports, and what to do about what it lacks.
public struct DoctorRequest: ControlRequest, Hashable {
    public static let method = "Doctor"

    public init() {}

    public struct Reply: Codable, Sendable, Hashable {
        public var checks: [MachineCheck]

        public init(checks: [MachineCheck]) {
            self.checks = checks
        }
    }
}

/// Reads the configuration again; applies all of it or nothing.
public struct ReloadRequest: ControlRequest, Hashable {
    public static let method = "Reload"

    public init() {}

    public struct Reply: Codable, Sendable, Hashable {
        public var changes: [String]

        public init(changes: [String]) {
            self.changes = changes
        }
    }
}
