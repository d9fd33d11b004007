/// What else than uids an app may be named by, in a shared view.
public enum IdentityKind: String, Sendable, Hashable, CaseIterable {
    /// The systemd unit of the system's manager that the process runs in.
    case unit
    /// The file that the process executes.
    case executable
}

/// What is known of a caller beyond its uid; nil where it was not asked for or cannot be told.
public struct CallerIdentity: Sendable, Hashable {
    public var unit: String?
    public var executable: String?

    public init(unit: String? = nil, executable: String? = nil) {
        self.unit = unit
        self.executable = executable
    }
}

extension App {
    /// - Throws: ``PolicyError/invalid(what:reason:)`` for what is no name of a service or scope (systemd.unit(5)).
    public static func validate(unit: String) throws(PolicyError) {
        let isNamed = unit.hasSuffix(".service") || unit.hasSuffix(".scope")
        let allowed = unit.unicodeScalars.allSatisfy { c in
            c.isASCII && (c.properties.isAlphabetic || ("0"..."9").contains(c) || ":-_.\\@".unicodeScalars.contains(c))
        }
        guard isNamed, allowed, unit.utf8.count <= 255, !unit.hasPrefix(".") else {
            throw .invalid(
                what: "unit \"\(unit)\"", reason: "name a systemd service or scope, such as photos.service")
        }
    }

    /// - Throws: ``PolicyError/invalid(what:reason:)`` for what is no absolute path without detours.
    public static func validate(executable: String) throws(PolicyError) {
        let parts = executable.split(separator: "/", omittingEmptySubsequences: false)
        guard executable.hasPrefix("/"), executable.utf8.count < 4_096, !executable.utf8.contains(0), parts.count > 1,
            !parts.dropFirst().contains(where: { $0.isEmpty || $0 == "." || $0 == ".." })
        else {
            throw .invalid(
                what: "executable \"\(executable)\"",
                reason: "give its absolute path, without '.', '..' or doubled slashes")
        }
    }
}

extension PolicySnapshot {
    /// Whether an app is named by this program.
    public func isNamed(executable: String) -> Bool { byExecutable[executable] != nil }

    /// Whom a caller stands for in a shared view.
    ///
    /// Uid, unit and executable may each name an app. If they name different ones nothing is open to the caller: whoever is
    /// one app already does not become another by starting its program, nor an unknown caller, who may see more than he.
    ///
    /// - Parameters:
    ///   - uid: the uid the kernel told with the request.
    ///   - caller: the caller's unit and executable; nil if they could not be found out: that must not make anybody another
    ///     one either.
    public func principal(uid: UInt32, _ caller: CallerIdentity?) -> Principal {
        if callers.trusted.contains(uid) { return .trusted }
        guard let caller else { return .ambiguous }
        let named = [byUID[uid], caller.unit.flatMap { byUnit[$0] }, caller.executable.flatMap { byExecutable[$0] }]
            .compactMap(\.self)
        guard let first = named.first else { return .unknown }
        return named.allSatisfy { $0 == first } ? .app(first) : .ambiguous
    }
}
