/// Gives a permission to an app.
public struct GrantRequest: ControlRequest, Hashable {
    public static let method = "Grant"

    public var app: String
    public var permission: String
    public var under: String?
    public var underBase64: String?
    /// How long the grant lasts; `nil` for ever.
    public var seconds: Int64?

    public init(
        app: String, permission: String, under: String? = nil, underBase64: String? = nil, seconds: Int64? = nil
    ) {
        self.app = app
        self.permission = permission
        self.under = under
        self.underBase64 = underBase64
        self.seconds = seconds
    }

    public struct Reply: Codable, Sendable, Hashable {
        public var grant: GrantRecord
        /// Sentences: what changes for whom.
        public var changes: [String]

        public init(grant: GrantRecord, changes: [String]) {
            self.grant = grant
            self.changes = changes
        }
    }
}

/// Takes a permission away.
public struct RevokeRequest: ControlRequest, Hashable {
    public static let method = "Revoke"
    public static let replies = ControlReplies.severalOrOne

    public var app: String
    public var permission: String
    public var under: String?
    public var underBase64: String?
    /// Also end the processes that still have files open by this right.
    public var terminate: Bool?

    public init(
        app: String, permission: String, under: String? = nil, underBase64: String? = nil, terminate: Bool? = nil
    ) {
        self.app = app
        self.permission = permission
        self.under = under
        self.underBase64 = underBase64
        self.terminate = terminate
    }

    public struct Reply: Codable, Sendable, Hashable {
        public var grants: [GrantRecord]
        public var changes: [String]
        public var processes: [ProcessOutcome]

        public init(grants: [GrantRecord], changes: [String], processes: [ProcessOutcome]) {
            self.grants = grants
            self.changes = changes
            self.processes = processes
        }
    }
}

/// The grants in force.
public struct ListGrantsRequest: OwnAppRequest, Hashable {
    public static let method = "ListGrants"

    /// `nil` for those of all apps.
    public var app: String?

    public init(app: String? = nil) {
        self.app = app
    }

    public struct Reply: Codable, Sendable, Hashable {
        public var grants: [GrantRecord]

        public init(grants: [GrantRecord]) {
            self.grants = grants
        }
    }

    public var subject: String? {
        get { app }
        set { app = newValue }
    }
}

/// What an app sees at a path, and why.
public struct CheckRequest: OwnAppRequest, Hashable {
    public static let method = "Check"

    public var app: String
    public var path: String
    public var pathBase64: String?

    public init(app: String, path: String, pathBase64: String? = nil) {
        self.app = app
        self.path = path
        self.pathBase64 = pathBase64
    }

    public struct Reply: Codable, Sendable, Hashable {
        public var app: String
        public var path: String
        public var pathBase64: String?
        public var visible: Bool
        /// "original", "redacted" or "redacted-writable"; `nil` where the path is hidden.
        public var variant: String?
        public var read: Bool
        public var write: Bool
        /// The rule that decides it.
        public var rule: String
        /// Whether anything is there; if not, the rest is what would apply. `nil` where the caller must not learn it.
        public var exists: Bool?

        public init(
            app: String, path: String, pathBase64: String? = nil, visible: Bool, variant: String? = nil, read: Bool,
            write: Bool, rule: String, exists: Bool? = nil
        ) {
            self.app = app
            self.path = path
            self.pathBase64 = pathBase64
            self.visible = visible
            self.variant = variant
            self.read = read
            self.write = write
            self.rule = rule
            self.exists = exists
        }
    }

    public var subject: String? {
        get { app }
        set { app = newValue ?? app }
    }
}
