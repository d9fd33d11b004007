import Foundation
import Glibc
import Policy
import TOMLKit

extension Configuration {
    /// Reads a configuration and its drop-ins, `FILE.d/*.toml` in the order of their names: a later file's keys win.
    ///
    /// - Throws: ``ConfigurationError`` with file, line and key.
    public static func load(_ path: String) throws(ConfigurationError) -> Configuration {
        var configuration = Configuration()
        var origins = Origins(file: path)
        for file in try [path] + dropIns(of: path) { try configuration.merge(file: file, &origins) }
        try configuration.validate(origins)
        return configuration
    }

    /// A directory of drop-ins that is there and cannot be read is an error: one of them may forbid something.
    private static func dropIns(of path: String) throws(ConfigurationError) -> [String] {
        let directory = path + ".d"
        guard access(directory, F_OK) == 0 else {
            guard errno == ENOENT else {
                throw ConfigurationError(
                    file: directory, line: nil, key: "",
                    reason:
                        "the drop-ins cannot be reached: a directory above may not be entered; start the service as root"
                )
            }
            return []
        }
        do {
            return try FileManager.default.contentsOfDirectory(atPath: directory)
                .filter { $0.hasSuffix(".toml") && !$0.hasPrefix(".") }
                .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
                .map { directory + "/" + $0 }
        } catch {
            throw ConfigurationError(
                file: directory, line: nil, key: "",
                reason:
                    "the drop-ins cannot be read: this must be a directory that may be listed; start the service as root, or "
                    + "move what is there away")
        }
    }

    private mutating func merge(file: String, _ origins: inout Origins) throws(ConfigurationError) {
        let text: String
        do { text = try String(contentsOfFile: file, encoding: .utf8) } catch {
            throw ConfigurationError(file: file, line: nil, key: "", reason: "cannot be read: \(unreadable(file))")
        }
        let table: TOMLTable
        do { table = try TOMLTable(string: text) } catch {
            throw ConfigurationError(
                file: file, line: (error as? TOMLParseError)?.source.begin.line, key: "",
                reason: (error as? TOMLParseError)?.description ?? "\(error)")
        }
        try apply(SourceText(file: file, text: text), table, &origins)
    }

    /// Why a file's text could not be had, and the way out.
    private func unreadable(_ file: String) -> String {
        var isDirectory: ObjCBool = false
        if file.isEmpty { return "no file is named; name one, such as /etc/mediaveil/mediaveil.toml" }
        guard FileManager.default.fileExists(atPath: file, isDirectory: &isDirectory) else {
            return "there is no such file, or its directory may not be entered; check the name"
        }
        if isDirectory.boolValue { return "it is a directory; name a file in it" }
        if access(file, R_OK) != 0 { return "it may not be read by this user; start the service as root" }
        return "it is not a text in UTF-8; save it as one"
    }

    private mutating func apply(
        _ source: SourceText, _ table: TOMLTable, _ origins: inout Origins
    ) throws(ConfigurationError) {
        for section in table.keys.sorted() {
            guard let known = Configuration.keys[section] else {
                throw source.error(
                    section, nil, "unknown section; known are \(Configuration.list(Configuration.keys.keys))")
            }
            guard let values = table[section]?.table else {
                throw source.error(section, nil, "this is a section: write [\(section)]")
            }
            for key in values.keys.sorted() {
                guard let set = known[key] else {
                    throw source.error(section, key, "unknown key; [\(section)] has \(Configuration.list(known.keys))")
                }
                guard let value = values[key] else { continue }
                if let reason = set(&self, value) { throw source.error(section, key, reason) }
                origins.note("\(section).\(key)", file: source.file, line: source.line(section, key))
            }
        }
    }

    private static func list(_ names: some Sequence<String>) -> String { names.sorted().joined(separator: ", ") }

    /// Sets one key from a value; returns what is wrong with it.
    typealias Setter = @Sendable (inout Configuration, any TOMLValueConvertible) -> String?

    static let keys: [String: [String: Setter]] = [
        "library": ["path": absolute { $0.libraryPath = $1 }],
        "shared_view": ["mount": absolute { $0.sharedViewMount = $1 }],
        "service": [
            "state_directory": absolute { $0.stateDirectory = $1 },
            "runtime_directory": absolute { $0.runtimeDirectory = $1 },
            "socket": absolute { $0.socket = $1 },
            "metrics_socket": absolute { $0.metricsSocket = $1 },
            "admin_group": text { $0.adminGroup = $1 },
        ],
        "callers": [
            "unknown": choice(Unknown.self) { $0.unknownCallers = $1 },
            "trusted_uids": { configuration, value in
                guard let array = value.array else { return "expected a list of uids, such as [0, 1000]" }
                var uids: Set<UInt32> = []
                for item in array {
                    guard let number = item.int, let uid = UInt32(exactly: number) else {
                        return "a uid is a number from 0 to 4294967295"
                    }
                    uids.insert(uid)
                }
                configuration.trustedUIDs = uids
                return nil
            },
            "identify": { configuration, value in
                let known = IdentityKind.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
                guard let array = value.array else { return "expected a list of \(known)" }
                var kinds: Set<IdentityKind> = []
                for item in array {
                    guard let kind = item.string.flatMap(IdentityKind.init(rawValue:)) else {
                        return "apps are told by their uids and by \(known)"
                    }
                    kinds.insert(kind)
                }
                configuration.identify = kinds
                return nil
            },
        ],
        "app_folders": [
            "private": patterns(.private) { $0.privateFolders = $1 },
            "shared": patterns(.shared) { $0.sharedFolders = $1 },
        ],
        "files": ["permissions": choice(Permissions.self) { $0.permissions = $1 }],
        "redaction": ["snapshots": choice(Snapshots.self) { $0.snapshots = $1 }],
        "audit": [
            "retention": quantity("a duration such as \"90d\" or \"12h\"", Duration.seconds) { $0.auditRetention = $1 },
            "max_size": quantity("a size such as \"1GiB\" or \"512MiB\"", ByteSize.bytes) { $0.auditMaxSize = $1 },
        ],
        "timeouts": [
            "names": quantity("a duration such as \"1s\"", Duration.seconds) { $0.nameTimeout = $1 },
            "attributes": quantity("a duration such as \"1s\"", Duration.seconds) { $0.attributeTimeout = $1 },
        ],
        "logging": ["level": choice(LogLevel.self) { $0.logLevel = $1 }],
    ]

    private static func text(_ set: @escaping @Sendable (inout Configuration, String) -> Void) -> Setter {
        { configuration, value in
            guard let text = value.string, !text.isEmpty else { return "expected text in quotes" }
            set(&configuration, text)
            return nil
        }
    }

    private static func absolute(_ set: @escaping @Sendable (inout Configuration, String) -> Void) -> Setter {
        { configuration, value in
            guard let path = value.string else { return "expected a path in quotes" }
            guard path.hasPrefix("/"), !path.utf8.contains(0) else {
                return "expected an absolute path, not \"\(path)\""
            }
            let components = path.split(separator: "/")
            guard !components.contains(where: { $0 == "." || $0 == ".." }) else {
                return "\"\(path)\" has a component '.' or '..'; write the path without it"
            }
            set(&configuration, "/" + components.joined(separator: "/"))
            return nil
        }
    }

    private static func patterns(
        _ kind: FolderRule.Kind, _ set: @escaping @Sendable (inout Configuration, [String]) -> Void
    ) -> Setter {
        { configuration, value in
            guard let array = value.array else { return "expected a list such as [\"Android/data/{app}\"]" }
            var patterns: [String] = []
            for item in array {
                guard let pattern = item.string else { return "a pattern is text in quotes" }
                do { _ = try FolderRule(pattern: pattern, kind: kind) } catch { return "\(error)" }
                patterns.append(pattern)
            }
            set(&configuration, patterns)
            return nil
        }
    }

    private static func choice<T: RawRepresentable<String> & CaseIterable & Sendable>(
        _ type: T.Type, _ set: @escaping @Sendable (inout Configuration, T) -> Void
    ) -> Setter {
        let choices = T.allCases.map { ($0.rawValue, $0) }
        return { configuration, value in
            guard let name = value.string, let choice = choices.first(where: { $0.0 == name }) else {
                return "expected one of " + choices.map { "\"\($0.0)\"" }.joined(separator: ", ")
            }
            set(&configuration, choice.1)
            return nil
        }
    }

    private static func quantity(
        _ what: String, _ parse: @escaping @Sendable (String) -> UInt64?,
        _ set: @escaping @Sendable (inout Configuration, UInt64) -> Void
    ) -> Setter {
        { configuration, value in
            guard let number = value.string.flatMap(parse) else { return "expected \(what) in quotes" }
            set(&configuration, number)
            return nil
        }
    }
}
