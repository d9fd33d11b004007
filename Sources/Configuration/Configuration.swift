import Policy

/// Everything that `mediaveil.toml` can say, with its defaults.
public struct Configuration: Sendable, Hashable {
    public enum Permissions: String, Sendable, Hashable, CaseIterable {
        /// Mode bits and policy must allow.
        case posix
        /// The policy alone.
        case policy
    }

    public enum Unknown: String, Sendable, Hashable, CaseIterable {
        case redactedReadonly = "redacted-readonly"
        case deny
    }

    public enum Snapshots: String, Sendable, Hashable, CaseIterable {
        case auto, off
    }

    public enum LogLevel: String, Sendable, Hashable, CaseIterable {
        case trace, debug, info, notice, warning, error
    }

    /// The backing directory, absolute.
    public var libraryPath = ""
    /// Where the shared view is mounted, absolute; nil for app views only.
    public var sharedViewMount: String?
    public var stateDirectory = "/var/lib/mediaveil"
    public var runtimeDirectory = "/run/mediaveil"
    public var socket = "/run/mediaveil/control.sock"
    /// A second socket that serves OpenMetrics text over HTTP; nil for none.
    public var metricsSocket: String?
    public var adminGroup = "mediaveil"
    public var unknownCallers = Unknown.redactedReadonly
    public var trustedUIDs: Set<UInt32> = [0]
    /// What else than uids tells the app of a caller in the shared view.
    public var identify: Set<IdentityKind> = []
    public var privateFolders = ["Android/data/{app}", "Android/obb/{app}"]
    public var sharedFolders = ["Android/media/{app}"]
    public var permissions = Permissions.posix
    public var snapshots = Snapshots.auto
    /// Seconds.
    public var auditRetention: UInt64 = 90 * 86_400
    /// Bytes.
    public var auditMaxSize: UInt64 = 1 << 30
    /// Seconds for which the kernel may keep names and attributes.
    public var nameTimeout: UInt64 = 1
    public var attributeTimeout: UInt64 = 1
    public var logLevel = LogLevel.info

    public init() {}
}

/// What is wrong with a configuration, and where.
public struct ConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
    public let file: String
    /// 1 for the first; nil where no line is to blame.
    public let line: Int?
    /// `section.key`; empty for the file as a whole.
    public let key: String
    public let reason: String

    public init(file: String, line: Int?, key: String, reason: String) {
        self.file = file
        self.line = line
        self.key = key
        self.reason = reason
    }

    public var description: String {
        let place = line.map { "\(file):\($0)" } ?? file
        return key.isEmpty ? "\(place): \(reason)" : "\(place): \(key): \(reason)"
    }
}
