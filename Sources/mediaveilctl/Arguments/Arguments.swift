import ArgumentParser
import Control
import Policy

/// A path in the library (or an absolute one), faithful to its bytes.
struct LibraryPath: ExpressibleByArgument, Sendable {
    let path: FaithfulPath

    init?(argument: String) {
        path = FaithfulPath(RawArgument.bytes(argument))
        if path.bytes.isEmpty { return nil }
    }

    static var defaultCompletionKind: CompletionKind { .file() }

    @Sendable static func parse(_ text: String) throws -> LibraryPath {
        guard let path = LibraryPath(argument: text) else {
            throw DurationText.Mistake(description: "it is empty; name a path in the library, or . for all of it")
        }
        return path
    }
}

/// A uid, checked before the service is asked.
enum UIDArgument {
    @Sendable static func parse(_ text: String) throws -> UInt32 {
        guard let uid = UInt32(text), text.first != "+" else {
            throw DurationText.Mistake(description: "a uid is a number from 0 to 4294967294; getent passwd shows them")
        }
        return uid
    }
}

/// A number of things, at least one.
enum CountArgument {
    @Sendable static func parse(_ text: String) throws -> Int {
        guard let count = Int(text), count > 0 else {
            throw DurationText.Mistake(description: "write a number from 1 on, such as 100")
        }
        return count
    }
}

/// A file on this machine, for commands that need no service.
struct LocalPath: ExpressibleByArgument, Sendable, Hashable {
    let bytes: [UInt8]

    init(bytes: [UInt8]) { self.bytes = bytes }

    init?(argument: String) {
        bytes = RawArgument.bytes(argument)
        if bytes.isEmpty { return nil }
    }

    @Sendable static func parse(_ text: String) throws -> LocalPath {
        guard let path = LocalPath(argument: text) else {
            throw DurationText.Mistake(description: "it is empty; name a file or directory, or . for this one")
        }
        return path
    }

    /// For people.
    var shown: String { Escaping.path(bytes) }
    var faithful: FaithfulPath { FaithfulPath(bytes) }

    static var defaultCompletionKind: CompletionKind { .file() }
}

/// A permission's name, checked before the service is asked.
enum PermissionArgument {
    @Sendable static func parse(_ text: String) throws -> String {
        let names = Permission.allCases.map(\.rawValue)
        if names.contains(text) { return text }
        let all = "the permissions are \(names.joined(separator: ", "))"
        let meant = Suggestions.closest(to: text, in: names)
        throw DurationText.Mistake(
            description: meant.map { "there is no such permission; did you mean \($0)?" }
                ?? "there is no such permission; \(all)")
    }

    static let completion = CompletionKind.list(Permission.allCases.map(\.rawValue))
}

/// Completion of names that the service knows; nothing where it cannot be asked.
enum KnownNames {
    static let apps = CompletionKind.custom { _, _, _ in
        names { try $0.call(ListAppsRequest()).apps.map(\.name) }
    }
    static let views = CompletionKind.custom { _, _, _ in
        names { try $0.call(ListViewsRequest()).views.map(\.name) }
    }

    private static func names(_ ask: (ControlClient) throws -> [String]) -> [String] {
        guard let globals = try? Globals.parse([]), let client = try? globals.connect(patience: 2) else { return [] }
        return (try? ask(client)) ?? []
    }
}
