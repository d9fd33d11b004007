import CLinux
import SystemPackage

/// What statx(2) knows of a file: the attributes that travel through the stack.
public struct FileAttributes: Sendable, Hashable {
    /// A point in time: seconds since 1970 and nanoseconds (0 ..< 1,000,000,000).
    public struct Time: Sendable, Hashable, Comparable {
        public var seconds: Int64
        public var nanoseconds: UInt32

        public init(seconds: Int64, nanoseconds: UInt32) {
            self.seconds = seconds
            self.nanoseconds = nanoseconds
        }

        public static func < (a: Time, b: Time) -> Bool {
            (a.seconds, a.nanoseconds) < (b.seconds, b.nanoseconds)
        }
    }

    public var device: UInt64
    public var inode: UInt64
    public var mode: UInt32
    public var links: UInt32
    public var owner: UInt32
    public var group: UInt32
    public var rdev: UInt64
    /// Length in bytes.
    public var size: UInt64
    /// Blocks of 512 bytes.
    public var blocks: UInt64
    public var blockSize: UInt32
    public var accessed: Time
    public var modified: Time
    public var changed: Time
    /// When the inode was made; nil where the filesystem does not keep it.
    public var born: Time?

    public var kind: FileKind { FileKind(mode: mode) }
}

/// The type bits of a mode.
public enum FileKind: UInt8, Sendable, Hashable {
    case regular, directory, symbolicLink, blockDevice, characterDevice, fifo, socket

    public init(mode: UInt32) {
        switch mode & 0o170000 {
        case 0o040000: self = .directory
        case 0o120000: self = .symbolicLink
        case 0o060000: self = .blockDevice
        case 0o020000: self = .characterDevice
        case 0o010000: self = .fifo
        case 0o140000: self = .socket
        default: self = .regular
        }
    }

    /// The same as the type bits of a mode.
    public var modeBits: UInt32 {
        switch self {
        case .regular: 0o100000
        case .directory: 0o040000
        case .symbolicLink: 0o120000
        case .blockDevice: 0o060000
        case .characterDevice: 0o020000
        case .fifo: 0o010000
        case .socket: 0o140000
        }
    }
}

extension FileAttributes {
    /// Attributes of the file that `descriptor` (O_PATH is enough) refers to.
    public static func of(_ descriptor: Int32) throws(Errno) -> FileAttributes {
        try of(descriptor, name: "", flags: mv_AT_EMPTY_PATH)
    }

    /// Attributes of `name` in a directory; symbolic links are not followed.
    public static func of(_ directory: Int32, name: UnsafePointer<CChar>) throws(Errno) -> FileAttributes {
        try of(directory, name: name, flags: AT_SYMLINK_NOFOLLOW)
    }

    static func of(_ directory: Int32, name: UnsafePointer<CChar>, flags: Int32) throws(Errno) -> FileAttributes {
        var raw = statx()
        _ = try retrying { mv_statx(directory, name, flags | AT_NO_AUTOMOUNT, &raw) }
        return FileAttributes(raw)
    }

    init(_ raw: statx) {
        var raw = raw
        device = mv_statx_device(&raw)
        rdev = mv_statx_rdev(&raw)
        inode = raw.stx_ino
        mode = UInt32(raw.stx_mode)
        links = raw.stx_nlink
        owner = raw.stx_uid
        group = raw.stx_gid
        size = raw.stx_size
        blocks = raw.stx_blocks
        blockSize = raw.stx_blksize
        accessed = Time(raw.stx_atime)
        modified = Time(raw.stx_mtime)
        changed = Time(raw.stx_ctime)
        born = raw.stx_mask & UInt32(STATX_BTIME) != 0 ? Time(raw.stx_btime) : nil
    }
}

extension FileAttributes.Time {
    init(_ raw: statx_timestamp) {
        seconds = raw.tv_sec
        nanoseconds = raw.tv_nsec
    }
}

extension FileAttributes {
    /// Attributes of the file at an absolute path; symbolic links are followed.
    public static func of(path: String) throws(Errno) -> FileAttributes {
        try of(mv_AT_FDCWD, name: path, flags: 0)
    }
}
