import Foundation

/// One line of /proc/PID/mountinfo (proc(5)).
struct MountEntry: Hashable {
    /// Of the filesystem.
    let device: String
    /// Which directory of the filesystem is mounted.
    let root: String
    let mountpoint: String

    /// `nil` for a line that is none.
    init?(_ line: some StringProtocol) {
        let fields = line.split(separator: " ")
        guard fields.count >= 6, let root = Self.unescaped(fields[3]), let mountpoint = Self.unescaped(fields[4]) else {
            return nil
        }
        device = String(fields[2])
        self.root = root
        self.mountpoint = mountpoint
    }

    init(device: String, root: String, mountpoint: String) {
        self.device = device
        self.root = root
        self.mountpoint = mountpoint
    }

    /// Space, tab, line feed and backslash are written in octal: `\040`. Names that are not UTF-8 keep their bytes as
    /// ``RawArgument`` does it.
    private static func unescaped(_ field: some StringProtocol) -> String? {
        var bytes: [UInt8] = []
        var rest = RawArgument.bytes(String(field))[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                bytes.append(byte)
                continue
            }
            let digits = String(decoding: rest.prefix(3), as: UTF8.self)
            guard digits.utf8.count == 3, let value = UInt8(digits, radix: 8) else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(3)
        }
        return RawArgument.text(bytes)
    }

    static func all(_ mountinfo: [UInt8]) -> [MountEntry] {
        RawArgument.text(mountinfo).split(separator: "\n").compactMap { MountEntry($0) }
    }
}

/// Absolute paths, by components.
enum PathText {
    /// What of `path` lies below `ancestor` ("" if it is the same); `nil` if it does not lie below it.
    static func part(of path: String, below ancestor: String) -> String? {
        if path == ancestor { return "" }
        let prefix = ancestor.hasSuffix("/") ? ancestor : ancestor + "/"
        return path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : nil
    }

    static func joined(_ path: String, _ below: String) -> String {
        if below.isEmpty { return path }
        if path.isEmpty { return below }
        return path.hasSuffix("/") ? path + below : "\(path)/\(below)"
    }
}
