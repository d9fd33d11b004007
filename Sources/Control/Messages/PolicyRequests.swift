/// Apps, grants and views as TOML.
public struct ExportPolicyRequest: ControlRequest, Hashable {
    public static let method = "ExportPolicy"

    public init() {}

    public struct Reply: Codable, Sendable, Hashable {
        public var toml: String

        public init(toml: String) {
            self.toml = toml
        }
    }
}

/// Replaces apps, grants and views by those of a TOML text, all or nothing.
public struct ImportPolicyRequest: ControlRequest, Hashable {
    public static let method = "ImportPolicy"

    public var toml: String
    /// Change nothing and say what would change.
    public var dryRun: Bool?

    public init(toml: String, dryRun: Bool? = nil) {
        self.toml = toml
        self.dryRun = dryRun
    }

    public struct Reply: Codable, Sendable, Hashable {
        public var changes: [String]
        public var applied: Bool

        public init(changes: [String], applied: Bool) {
            self.changes = changes
            self.applied = applied
        }
    }
}
