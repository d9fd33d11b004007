import Foundation

/// A path that a file names to be shown to others, and where it stands.
struct SharedPath: Hashable {
    let path: String
    let file: String
    /// 1 for the first.
    let line: Int
    /// What stands behind the path is put in by the server, such as a user's name.
    var isPrefix = false

    var place: String { line > 0 ? "\(file):\(line)" : file }
}

/// Text by lines, with those that a backslash continues joined to the first.
private func logicalLines(_ text: String) -> [(line: Int, text: String)] {
    var lines: [(line: Int, text: String)] = []
    var isContinued = false
    for (index, raw) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
        let continues = raw.hasSuffix("\\")
        let part = continues ? String(raw.dropLast()) : String(raw)
        if isContinued, let last = lines.indices.last {
            lines[last].text += " " + part
        } else {
            lines.append((index + 1, part))
        }
        isContinued = continues
    }
    return lines
}

/// /etc/exports and its kin (exports(5)).
enum ExportsFile {
    /// The exported directories: each first word, in quotes or with characters in octal where it has blanks.
    static func paths(_ text: String, file: String) -> [SharedPath] {
        logicalLines(text).compactMap { line, text in
            let path = firstWord(text)
            return path.hasPrefix("/") ? SharedPath(path: path, file: file, line: line) : nil
        }
    }

    private static func firstWord(_ line: String) -> String {
        var bytes: [UInt8] = []
        var isQuoted = false
        var rest = Array(line.utf8).drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): isQuoted.toggle()
            case UInt8(ascii: "#") where !isQuoted: return String(decoding: bytes, as: UTF8.self)
            case UInt8(ascii: " ") where !isQuoted, UInt8(ascii: "\t") where !isQuoted:
                return String(decoding: bytes, as: UTF8.self)
            case UInt8(ascii: "\\"):
                let digits = String(decoding: rest.prefix(3), as: UTF8.self)
                if digits.utf8.count == 3, let value = UInt8(digits, radix: 8) {
                    bytes.append(value)
                    rest = rest.dropFirst(3)
                } else {
                    bytes.append(byte)
                }
            default: bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// smb.conf(5), and the files of `net usershare`.
enum SambaFile {
    struct Content: Hashable {
        var shares: [SharedPath] = []
        /// Further files to read; the server may put something into their names.
        var includes: [String] = []
        /// Where users' own shares are kept.
        var usershares: [String] = []
    }

    static func content(_ text: String, file: String) -> Content {
        var content = Content()
        var section = ""
        for (line, raw) in logicalLines(text) {
            let text = raw.trimmingCharacters(in: .whitespaces)
            if text.hasPrefix("[") {
                section = text.dropFirst().prefix { $0 != "]" }.trimmingCharacters(in: .whitespaces).lowercased()
                if section == "homes" { content.shares += [SharedPath(path: "/home", file: file, line: line)] }
                continue
            }
            guard !text.hasPrefix("#"), !text.hasPrefix(";"), let sign = text.firstIndex(of: "=") else { continue }
            // Neither case nor blanks matter in a name.
            let name = text[..<sign].lowercased().filter { !$0.isWhitespace }
            var value = text[text.index(after: sign)...].trimmingCharacters(in: .whitespaces)
            if value.count > 1, value.hasPrefix("\""), value.hasSuffix("\"") {
                value = String(value.dropFirst().dropLast())
            }
            switch name {
            case "path", "directory": content.shares += [share(value, file, line)]
            case "include": content.includes.append(value)
            case "usersharepath": content.usershares.append(value)
            default: break
            }
        }
        return content
    }

    /// Whatever the server puts in ends the part of a path that is known.
    private static func share(_ path: String, _ file: String, _ line: Int) -> SharedPath {
        guard let sign = path.firstIndex(of: "%") else { return SharedPath(path: path, file: file, line: line) }
        let known = path[..<sign]
        let directory = known.lastIndex(of: "/").map { String(known[..<$0]) } ?? ""
        return SharedPath(path: directory.isEmpty ? "/" : directory, file: file, line: line, isPrefix: true)
    }
}

/// What containers are given of the machine's files, as their managers keep it.
enum ContainerFile {
    /// A hostconfig.json of Docker, or a config.json of an OCI runtime, such as Podman keeps.
    static func paths(json text: String, file: String) -> [SharedPath] {
        guard let root = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] else { return [] }
        let binds = (root["Binds"] as? [String] ?? []).compactMap { $0.split(separator: ":").first.map(String.init) }
        let mounts = ((root["Mounts"] ?? root["mounts"]) as? [[String: Any]] ?? [])
            .compactMap { ($0["Source"] ?? $0["source"]) as? String }
        return (binds + mounts).filter { $0.hasPrefix("/") }.map { SharedPath(path: $0, file: file, line: 0) }
    }

    /// The configuration of a container of LXC: `lxc.mount.entry` as in fstab(5).
    static func paths(lxc text: String, file: String) -> [SharedPath] {
        logicalLines(text).compactMap { line, text in
            let parts = text.split(separator: "=", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            guard parts.count == 2, parts[0] == "lxc.mount.entry" else { return nil }
            let source = parts[1].split(separator: " ").first.map { $0.replacingOccurrences(of: "\\040", with: " ") }
            return source.flatMap { $0.hasPrefix("/") ? SharedPath(path: $0, file: file, line: line) : nil }
        }
    }
}
