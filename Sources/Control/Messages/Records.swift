/// A registered app as it is shown.
public struct AppRecord: Codable, Sendable, Hashable {
    public var name: String
    public var uids: [UInt32]
    public var units: [String]
    public var executables: [String]
    public var created: Timestamp
    /// How many grants are in force.
    public var grants: Int
    /// Names of the views that are pinned to it.
    public var views: [String]

    public init(
        name: String, uids: [UInt32], units: [String] = [], executables: [String] = [], created: Timestamp, grants: Int,
        views: [String]
    ) {
        self.name = name
        self.uids = uids
        self.units = units
        self.executables = executables
        self.created = created
        self.grants = grants
        self.views = views
    }
}

/// A grant as it is shown.
public struct GrantRecord: Codable, Sendable, Hashable {
    public var app: String
    public var permission: String
    /// The subtree it is limited to, relative to the library; `nil` for all of it.
    public var under: String?
    /// The same as bytes, where it is not UTF-8.
    public var underBase64: String?
    public var created: Timestamp
    /// `nil` for a grant that lasts until it is revoked.
    public var expires: Timestamp?

    public init(
        app: String, permission: String, under: String? = nil, underBase64: String? = nil, created: Timestamp,
        expires: Timestamp? = nil
    ) {
        self.app = app
        self.permission = permission
        self.under = under
        self.underBase64 = underBase64
        self.created = created
        self.expires = expires
    }
}

/// An app view as it is shown.
public struct ViewRecord: Codable, Sendable, Hashable {
    public var name: String
    public var app: String
    /// Where it is mounted, absolute.
    public var path: String
    public var mounted: Bool
    /// Why it is not mounted.
    public var problem: String?

    public init(name: String, app: String, path: String, mounted: Bool, problem: String? = nil) {
        self.name = name
        self.app = app
        self.path = path
        self.mounted = mounted
        self.problem = problem
    }
}

/// What became of a process whose right was revoked while it had files open.
public struct ProcessOutcome: Codable, Sendable, Hashable {
    public var pid: Int32
    public var process: String
    public var uid: UInt32
    /// How many files it had open by that right.
    public var files: Int
    /// "ended", "killed", "gone", or why it still runs.
    public var outcome: String

    public init(pid: Int32, process: String, uid: UInt32, files: Int, outcome: String) {
        self.pid = pid
        self.process = process
        self.uid = uid
        self.files = files
        self.outcome = outcome
    }
}
