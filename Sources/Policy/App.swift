/// A named principal: uids, plus the views that are pinned to it.
public struct App: Sendable, Hashable, Codable {
    /// 1–128 characters: letters, digits, `.`, `_` and `-`, beginning with a letter or digit.
    public let name: String
    public let uids: Set<UInt32>
    /// systemd units whose processes are this app; of effect where ``CallerRules/identify`` says so.
    public let units: Set<String>
    /// Absolute paths of files whose processes are this app; of effect where ``CallerRules/identify`` says so.
    public let executables: Set<String>

    public init(
        name: String, uids: Set<UInt32>, units: Set<String> = [], executables: Set<String> = []
    ) throws(PolicyError) {
        try App.validate(name: name)
        for unit in units { try App.validate(unit: unit) }
        for executable in executables { try App.validate(executable: executable) }
        self.name = name
        self.uids = uids
        self.units = units
        self.executables = executables
    }

    /// - Throws: ``PolicyError/invalid(what:reason:)`` for a name that is none.
    public static func validate(name: String) throws(PolicyError) {
        func isWord(_ c: Unicode.Scalar) -> Bool {
            ("a"..."z").contains(c) || ("A"..."Z").contains(c) || ("0"..."9").contains(c)
        }
        let scalars = name.unicodeScalars
        guard let first = scalars.first, isWord(first), scalars.count <= 128,
            scalars.allSatisfy({ isWord($0) || $0 == "." || $0 == "_" || $0 == "-" })
        else {
            throw .invalid(
                what: "app name \"\(name)\"",
                reason: "a name has 1 to 128 letters, digits, '.', '_' or '-' and begins with a letter or digit")
        }
    }
}

/// A permission that an app has.
public struct Grant: Sendable, Hashable, Codable {
    public let app: String
    public let permission: Permission
    /// The subtree that the grant is limited to, relative to the library; empty for all of it.
    public let under: String
    /// When the grant ends, in seconds since 1970; nil for never.
    public let expires: UInt64?

    public init(app: String, permission: Permission, under: String = "", expires: UInt64? = nil) {
        self.app = app
        self.permission = permission
        self.under = under
        self.expires = expires
    }
}

/// A directory pattern whose matches belong to one app each; `{app}` stands for any one path component.
public struct FolderRule: Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
        /// Invisible to other apps.
        case `private`
        /// Visible to all; the app has all rights.
        case shared
    }

    public let pattern: String
    public let kind: Kind
    /// The components before `{app}`.
    let prefix: [String]

    /// - Throws: for a pattern that does not end in a whole component `{app}`, or would match the library's own entries.
    public init(pattern: String, kind: Kind) throws(PolicyError) {
        let parts = pattern.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.last == "{app}", !parts.dropLast().contains(where: { $0.contains("{app}") }) else {
            throw .invalid(
                what: "folder pattern \"\(pattern)\"", reason: "the last component, and only that, must be {app}")
        }
        guard parts.count > 1 else {
            throw .invalid(
                what: "folder pattern \"\(pattern)\"",
                reason: "it would make every entry of the library an app folder; name a directory before {app}")
        }
        guard !parts.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }) else {
            throw .invalid(
                what: "folder pattern \"\(pattern)\"", reason: "a component is empty, '.' or '..'")
        }
        guard !parts.contains(where: { $0.utf8.count > 255 || $0.utf8.contains(0) }) else {
            throw .invalid(
                what: "folder pattern \"\(pattern)\"",
                reason: "no directory can have such a name: a component has more than 255 bytes, or a NUL")
        }
        self.pattern = pattern
        self.kind = kind
        prefix = Array(parts.dropLast())
    }

    /// The first of these rules that could not hold beside those before it: a directory's folders belong to apps by one
    /// rule, and what lies in an app's folder is the app's by no other.
    ///
    /// - Throws: ``PolicyError/conflict(what:reason:)`` that names it.
    static func requireAgreement(_ rules: [FolderRule]) throws(PolicyError) {
        for (index, rule) in rules.enumerated() {
            for other in rules[..<index] {
                guard let reason = rule.contradiction(to: other) else { continue }
                throw .conflict(what: "folder pattern \"\(rule.pattern)\"", reason: reason)
            }
        }
    }

    /// Why this rule and an earlier one cannot both hold; nil if they can.
    public func contradiction(to other: FolderRule) -> String? {
        if prefix == other.prefix {
            return kind == other.kind ? "it is there twice" : "it is private and shared; a folder is one or the other"
        }
        let isBelow = prefix.starts(with: other.prefix)
        guard isBelow || other.prefix.starts(with: prefix) else { return nil }
        let (inner, outer) = isBelow ? (self, other) : (other, self)
        return "\(inner.prefix.joined(separator: "/")) is itself a folder of an app by \"\(outer.pattern)\"; "
            + "an app's folder holds no folders of other apps"
    }
}

/// How callers are treated that no app accounts for.
public struct CallerRules: Sendable, Hashable {
    public enum Unknown: String, Sendable, Hashable {
        case redactedReadonly = "redacted-readonly"
        case deny
    }
    public var unknown: Unknown
    public var trusted: Set<UInt32>
    /// What else than uids tells the app of a caller.
    public var identify: Set<IdentityKind>

    public init(
        unknown: Unknown = .redactedReadonly, trusted: Set<UInt32> = [0], identify: Set<IdentityKind> = []
    ) {
        self.unknown = unknown
        self.trusted = trusted
        self.identify = identify
    }
}

/// Why a policy was not accepted.
public enum PolicyError: Error, Hashable, CustomStringConvertible {
    case invalid(what: String, reason: String)
    case notFound(what: String)
    case conflict(what: String, reason: String)

    public var description: String {
        switch self {
        case .invalid(let what, let reason): "\(what) is not valid: \(reason)"
        case .notFound(let what): "there is no \(what)"
        case .conflict(let what, let reason): "\(what): \(reason)"
        }
    }
}
