import LinuxSystem

/// LOOKUP: the name `name` in the directory `parent`.
public struct Lookup: Sendable {
    public let parent: Node
    public var name: [UInt8]
    public var target: Node { parent }

    public init(parent: Node, name: [UInt8]) {
        self.parent = parent
        self.name = name
    }
}

/// MKNOD, MKDIR, SYMLINK, CREATE, TMPFILE: something new in `parent`.
public struct Create: Sendable {
    public enum What: Sendable {
        /// An empty file, opened with these flags.
        case file(flags: Int32)
        /// A file without a name, opened with these flags.
        case unnamedFile(flags: Int32)
        case directory
        case symbolicLink(target: [UInt8])
        /// Any type of mknod(2), with its device number.
        case node(rdev: UInt64)
    }

    public let parent: Node
    public var name: [UInt8]
    public let what: What
    /// Type and permission bits, before the umask.
    public var mode: UInt32
    public let umask: UInt32
    public var target: Node { parent }

    public init(parent: Node, name: [UInt8], what: What, mode: UInt32, umask: UInt32) {
        self.parent = parent
        self.name = name
        self.what = what
        self.mode = mode
        self.umask = umask
    }
}

/// LINK: a further name for `node`.
public struct Link: Sendable {
    public let node: Node
    public let parent: Node
    public var name: [UInt8]
    public var target: Node { parent }

    public init(node: Node, parent: Node, name: [UInt8]) {
        self.node = node
        self.parent = parent
        self.name = name
    }
}

/// UNLINK and RMDIR.
public struct Remove: Sendable {
    public let parent: Node
    public var name: [UInt8]
    public let isDirectory: Bool
    public var target: Node { parent }

    public init(parent: Node, name: [UInt8], isDirectory: Bool) {
        self.parent = parent
        self.name = name
        self.isDirectory = isDirectory
    }
}

/// RENAME and RENAME2.
public struct Rename: Sendable {
    public let parent: Node
    public var name: [UInt8]
    public let newParent: Node
    public var newName: [UInt8]
    /// RENAME_NOREPLACE (1), RENAME_EXCHANGE (2), RENAME_WHITEOUT (4).
    public let flags: UInt32
    public var target: Node { parent }
    public var exchanges: Bool { flags & 2 != 0 }
    public var keepsExisting: Bool { flags & 1 != 0 }

    public init(parent: Node, name: [UInt8], newParent: Node, newName: [UInt8], flags: UInt32) {
        self.parent = parent
        self.name = name
        self.newParent = newParent
        self.newName = newName
        self.flags = flags
    }
}

/// One entry of a listing of `directory`; a failure leaves it out.
public struct ListEntry: Sendable {
    public let directory: Node
    public let name: [UInt8]
    /// As the directory tells it; `regular` is also said where it does not.
    public let kind: FileKind
    public let inode: UInt64
    public var target: Node { directory }

    public init(directory: Node, name: [UInt8], kind: FileKind, inode: UInt64) {
        self.directory = directory
        self.name = name
        self.kind = kind
        self.inode = inode
    }
}

public struct ListedEntry: Sendable {
    public var name: [UInt8]
    public var inode: UInt64
    public var kind: FileKind
}

/// READLINK.
public struct ReadLink: Sendable {
    public let node: Node
    public var target: Node { node }

    public init(node: Node) {
        self.node = node
    }
}
