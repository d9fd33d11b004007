/// Mounts an app view, now and at every start.
public struct AddViewRequest: ControlRequest, Hashable {
    public static let method = "AddView"

    public var name: String
    public var app: String
    /// Absolute path of an empty directory; `nil` for the service's own views directory.
    public var at: String?

    public init(name: String, app: String, at: String? = nil) {
        self.name = name
        self.app = app
        self.at = at
    }

    public struct Reply: Codable, Sendable, Hashable {
        public var view: ViewRecord
        public var changes: [String]

        public init(view: ViewRecord, changes: [String]) {
            self.view = view
            self.changes = changes
        }
    }
}

/// All app views.
public struct ListViewsRequest: ControlRequest, Hashable {
    public static let method = "ListViews"

    public init() {}

    public struct Reply: Codable, Sendable, Hashable {
        public var views: [ViewRecord]

        public init(views: [ViewRecord]) {
            self.views = views
        }
    }
}

/// Unmounts and forgets an app view.
public struct RemoveViewRequest: ControlRequest, Hashable {
    public static let method = "RemoveView"

    public var name: String

    public init(name: String) {
        self.name = name
    }

    public struct Reply: Codable, Sendable, Hashable {
        public var changes: [String]

        public init(changes: [String]) {
            self.changes = changes
        }
    }
}

/// What it takes to run a command behind an app's view, which is made if the app has none.
public struct PrepareRunRequest: ControlRequest, Hashable {
    public static let method = "PrepareRun"

    public var app: String

    public init(app: String) {
        self.app = app
    }

    public struct Reply: Codable, Sendable, Hashable {
        public var view: String
        /// Where the view is mounted, absolute.
        public var path: String
        public var library: String
        /// Absolute paths that the view has to cover: the library's and the shared view's.
        public var places: [String]
        /// Absolute paths that must not be reachable from behind the view: other views, the service's state.
        public var hides: [String]

        public init(view: String, path: String, library: String, places: [String], hides: [String]) {
            self.view = view
            self.path = path
            self.library = library
            self.places = places
            self.hides = hides
        }
    }
}
