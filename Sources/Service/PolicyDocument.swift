import Policy
import TOMLKit

/// Apps, grants and views as a TOML document, for backup, review and configuration management.
struct PolicyDocument {
    struct View: Hashable {
        let name: String
        let app: String
        let path: String
    }

    struct Content {
        var apps: [App]
        var grants: [Grant]
        var views: [View]
    }

    /// Why a document is not accepted, in words for its author.
    struct Problem: Error, CustomStringConvertible {
        let description: String
    }

    private let content: Content

    init(_ content: Content) { self.content = content }

    var text: String {
        var lines = ["# Apps, grants and views of MediaVeil. Read it back with: mediaveilctl policy import FILE"]
        for app in content.apps {
            lines += ["", "[[app]]", "name = \(quoted(app.name))"]
            lines.append("uids = [\(app.uids.sorted().map(String.init).joined(separator: ", "))]")
            for (key, values) in [("units", app.units), ("executables", app.executables)] where !values.isEmpty {
                lines.append("\(key) = [\(values.sorted().map(quoted).joined(separator: ", "))]")
            }
        }
        for grant in content.grants {
            lines += [
                "", "[[grant]]", "app = \(quoted(grant.app))", "permission = \(quoted(grant.permission.rawValue))",
            ]
            if !grant.under.isEmpty { lines.append("under = \(quoted(grant.under))") }
            if let expires = grant.expires { lines.append("expires = \(expires)  # seconds since 1970") }
        }
        for view in content.views {
            lines += [
                "", "[[view]]", "name = \(quoted(view.name))", "app = \(quoted(view.app))",
                "path = \(quoted(view.path))",
            ]
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            default:
                if scalar.value < 0x20 || scalar.value == 0x7f {
                    let hex = String(scalar.value, radix: 16)
                    result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
                } else {
                    result.unicodeScalars.append(scalar)
                }
            }
        }
        return result + "\""
    }

    /// Reads a document and holds its parts against each other.
    ///
    /// - Parameters:
    ///   - text: TOML.
    ///   - place: makes the path of a grant what the policy keeps: relative to the library.
    /// - Throws: ``Problem``, or what `place` throws.
    static func parse(_ text: String, place: (String) throws -> String = { $0 }) throws -> Content {
        let table: TOMLTable
        do { table = try TOMLTable(string: text) } catch let error as TOMLParseError {
            throw Problem(description: "line \(error.source.begin.line): \(error.description)")
        }
        for key in table.keys where !["app", "grant", "view"].contains(key) {
            throw Problem(description: "unknown section \(key); there are app, grant and view")
        }
        let apps = try items(table, "app", ["name", "uids", "units", "executables"]).map { item in
            let uids = try list(item, "uids").map { value in
                guard let number = value.int, let uid = UInt32(exactly: number) else {
                    throw Problem(description: "a uid is a number from 0 to 4294967295")
                }
                return uid
            }
            return try App(
                name: try required(item, "name", "app"), uids: Set(uids), units: try texts(item, "units"),
                executables: try texts(item, "executables"))
        }
        let grants = try items(table, "grant", ["app", "permission", "under", "expires"]).map { item in
            let name = try required(item, "permission", "grant")
            guard let permission = Permission(rawValue: name) else {
                throw Problem(description: "there is no permission “\(name)”")
            }
            return Grant(
                app: try required(item, "app", "grant"), permission: permission, under: try place(under(item)),
                expires: try expiry(item))
        }
        let views = try items(table, "view", ["name", "app", "path"]).map { item in
            View(
                name: try required(item, "name", "view"), app: try required(item, "app", "view"),
                path: try required(item, "path", "view"))
        }
        let content = Content(apps: apps, grants: grants, views: views)
        try content.validate()
        return content
    }

    private static func items(_ table: TOMLTable, _ name: String, _ keys: Set<String>) throws -> [TOMLTable] {
        guard let value = table[name] else { return [] }
        guard let array = value.array else { throw Problem(description: "write [[\(name)]]") }
        return try array.map { value in
            guard let item = value.table else { throw Problem(description: "write [[\(name)]]") }
            for key in item.keys where !keys.contains(key) {
                throw Problem(description: "unknown key \(name).\(key)")
            }
            return item
        }
    }

    private static func list(_ item: TOMLTable, _ key: String) throws -> TOMLArray {
        guard let value = item[key] else { return TOMLArray() }
        guard let array = value.array else { throw Problem(description: "app.\(key) is no list") }
        return array
    }

    private static func texts(_ item: TOMLTable, _ key: String) throws -> Set<String> {
        Set(
            try list(item, key).map { value in
                guard let text = value.string else { throw Problem(description: "app.\(key) is a list of texts") }
                return text
            })
    }

    // What is there and of another type is not absent: the grant would be for everything, or for ever.

    private static func under(_ item: TOMLTable) throws -> String {
        guard let value = item["under"] else { return "" }
        guard let text = value.string else { throw Problem(description: "grant.under is not text") }
        return text
    }

    private static func expiry(_ item: TOMLTable) throws -> UInt64? {
        guard let value = item["expires"] else { return nil }
        guard let seconds = value.int.flatMap({ UInt64(exactly: $0) }) else {
            throw Problem(description: "grant.expires is a number of seconds since 1970")
        }
        return seconds
    }

    private static func required(_ item: TOMLTable, _ key: String, _ section: String) throws -> String {
        guard let text = item[key]?.string, !text.isEmpty else {
            throw Problem(description: "\(section).\(key) is missing or not text")
        }
        return text
    }

    /// What an import would change, a line each.
    static func changes(from old: Content, to new: Content) -> [String] {
        func lines<T: Hashable>(_ a: [T], _ b: [T], _ say: (T) -> String) -> [String] {
            let before = Set(a)
            let after = Set(b)
            return b.filter { !before.contains($0) }.map { "+ " + say($0) }
                + a.filter { !after.contains($0) }.map { "- " + say($0) }
        }
        return lines(old.apps, new.apps) { app in
            let others = (app.units.sorted() + app.executables.sorted()).map { ", " + $0 }.joined()
            return "app \(app.name), uids \(app.uids.sorted())\(others)"
        }
            + lines(old.grants, new.grants) {
                "grant \($0.permission.rawValue) to \($0.app)" + ($0.under.isEmpty ? "" : " under \($0.under)")
            } + lines(old.views, new.views) { "view \($0.name) of \($0.app) at \($0.path)" }
    }
}
