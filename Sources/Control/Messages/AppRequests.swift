/// Registers an app.
public struct AddAppRequest: ControlRequest, Hashable {
    public static let method = "AddApp"

    public var name: String
    public var uids: [UInt32]
    /// systemd units whose processes are the app.
    public var units: [String]?
    /// Absolute paths of the files whose processes are the app.
    public var executables: [String]?

    public init(name: String, uids: [UInt32], units: [String]? = nil, executables: [String]? = nil) {
        self.name = name
        self.uids = uids
        self.units = units
        self.executables = executables
    }

    public struct Reply: Codable, Sendable, Hashable {
        public var app: AppRecord
        /// Sentences: what changes for whom.
        public var changes: [String]

        public init(app: AppRecord, changes: [String]) {
            self.app = app
            self.changes = changes
        }
    }
}

/// All apps.
public struct ListAppsRequest: ControlRequest, Hashable {
    public static let method = "ListApps"

    public init() {}

    public struct Reply: Codable, Sendable, Hashable {
        public var apps: [AppRecord]

        public init(apps: [AppRecord]) {
            self.apps = apps
        }
    }
}

/// One app with everything that belongs to it.
public struct ShowAppRequest: OwnAppRequest, Hashable {
    public static let method = "ShowApp"

    public var app: String

    public init(app: String) {
        self.app = app
    }

    public struct Reply: Codable, Sendable, Hashable {
        public var app: AppRecord
        public var grants: [GrantRecord]
        public var views: [ViewRecord]
        /// App folders that belong to it, relative to the library.
        public var folders: [String]
        /// How many files it owns.
        public var ownedFiles: Int

        public init(app: AppRecord, grants: [GrantRecord], views: [ViewRecord], folders: [String], ownedFiles: Int) {
            self.app = app
            self.grants = grants
            self.views = views
            self.folders = folders
            self.ownedFiles = ownedFiles
        }
    }

    public var subject: String? {
        get { app }
        set { app = newValue ?? app }
    }
}

/// Removes an app with its grants and views.
public struct RemoveAppRequest: ControlRequest, Hashable {
    public static let method = "RemoveApp"

    public var app: String

    public init(app: String) {
        self.app = app
    }

    public struct Reply: Codable, Sendable, Hashable {
        public var changes: [String]

        public init(changes: [String]) {
            self.changes = changes
        }
    }
}
