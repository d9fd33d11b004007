import SystemPackage

/// One line of /proc/PID/mountinfo (proc(5)).
public struct MountEntry: Sendable, Hashable {
    /// Of the filesystem.
    public let device: String
    /// Which directory of the filesystem is mounted.
    public let root: FilePath
    public let mountpoint: FilePath
    /// The filesystem's type, such as "ext4" or "fuse.bindfs".
    public let type: String
    /// What was named as the thing to mount; any text.
    public let source: [UInt8]
    /// The filesystem's own options, each as `name` or `name=value`.
    public let options: [[UInt8]]

    public init(
        device: String, root: FilePath, mountpoint: FilePath, type: String = "", source: [UInt8] = [],
        options: [[UInt8]] = []
    ) {
        self.device = device
        self.root = root
        self.mountpoint = mountpoint
        self.type = type
        self.source = source
        self.options = options
    }

    /// `nil` for a line that is none.
    public init?(line: [UInt8]) {
        let fields = line.split(separator: UInt8(ascii: " ")).map { Array($0) }
        guard fields.count >= 6, let root = Self.unescaped(fields[3]), let mountpoint = Self.unescaped(fields[4]) else {
            return nil
        }
        // Optional fields end with a hyphen; the filesystem follows.
        let rest = fields.dropFirst(6).drop { !$0.elementsEqual([UInt8(ascii: "-")]) }.dropFirst().map(\.self)
        self.init(
            device: String(decoding: fields[2], as: UTF8.self), root: FilePath(bytes: root),
            mountpoint: FilePath(bytes: mountpoint), type: rest.first.map { String(decoding: $0, as: UTF8.self) } ?? "",
            source: rest.count > 1 ? Self.unescaped(rest[1]) ?? [] : [],
            options: rest.count > 2
                ? rest[2].split(separator: UInt8(ascii: ",")).compactMap { Self.unescaped(Array($0)) } : [])
    }

    public static func all(_ mountinfo: [UInt8]) -> [MountEntry] {
        mountinfo.split(separator: UInt8(ascii: "\n")).compactMap { MountEntry(line: Array($0)) }
    }

    /// The mounts that a process sees, below its own root directory.
    public static func seen(by process: String = "self") throws(Errno) -> [MountEntry] {
        all(try WholeFile.bytes(FilePath("/proc/\(process)/mountinfo")))
    }

    /// Space, tab, line feed, backslash and what separates options are written in octal: `\040`.
    static func unescaped(_ field: [UInt8]) -> [UInt8]? {
        var bytes: [UInt8] = []
        var rest = field[...]
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
        return bytes
    }
}

extension MountEntry {
    /// The directories that a stacked filesystem shows: the layers of an overlay, or what a filesystem such as bindfs was
    /// given to show.
    public var layers: [FilePath] {
        if type == "overlay" { return options.flatMap(Self.overlayLayers) }
        guard type.hasPrefix("fuse.") || type == "ecryptfs" else { return [] }
        let paths = source.split(separator: UInt8(ascii: ":"))
        // Otherwise it is a name or another machine's path.
        guard paths.allSatisfy({ $0.first == UInt8(ascii: "/") }) else { return [] }
        return paths.map { FilePath(bytes: $0) }
    }

    private static func overlayLayers(_ option: [UInt8]) -> [FilePath] {
        let parts = option.split(separator: UInt8(ascii: "="), maxSplits: 1)
        guard parts.count == 2 else { return [] }
        switch String(decoding: parts[0], as: UTF8.self) {
        case "upperdir", "lowerdir+", "datadir+": return [FilePath(bytes: parts[1])]
        case "lowerdir": return list(parts[1]).map { FilePath(bytes: $0) }
        default: return []
        }
    }

    /// Paths between colons; a backslash takes a colon or backslash behind it as it is.
    private static func list(_ text: ArraySlice<UInt8>) -> [[UInt8]] {
        var paths: [[UInt8]] = [[]]
        var isEscaped = false
        for byte in text {
            if !isEscaped, byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if !isEscaped, byte == UInt8(ascii: ":") {
                paths.append([])
            } else {
                paths[paths.count - 1].append(byte)
                isEscaped = false
            }
        }
        return paths.filter { !$0.isEmpty }
    }
}
