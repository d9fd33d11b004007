import LinuxSystem

/// GETATTR and STATX.
public struct GetAttributes: Sendable {
    public let node: Node
    public var target: Node { node }

    public init(node: Node) {
        self.node = node
    }
}

public struct AttributesReply: Sendable {
    public var attributes: FileAttributes
    /// Whether another caller of the same view could see other attributes of the same node.
    public var dependsOnCaller = false

    public init(attributes: FileAttributes) { self.attributes = attributes }
}

/// SETATTR: what is nil stays.
public struct SetAttributes: Sendable {
    public enum TimeChange: Sendable {
        case now
        case to(FileAttributes.Time)
    }

    public let node: Node
    public var mode: UInt32?
    public var owner: UInt32?
    public var group: UInt32?
    public var size: UInt64?
    public var accessed: TimeChange?
    public var modified: TimeChange?
    /// The handle that ftruncate(2) came through, if any.
    public let handle: OpenFile?
    /// A filter sets this where the caller may not know the file's location (architecture.md, rule 5).
    public var variant: Variant = .original
    public var target: Node { node }

    public init(
        node: Node, mode: UInt32? = nil, owner: UInt32? = nil, group: UInt32? = nil, size: UInt64? = nil,
        accessed: TimeChange? = nil, modified: TimeChange? = nil, handle: OpenFile? = nil, variant: Variant = .original
    ) {
        self.node = node
        self.mode = mode
        self.owner = owner
        self.group = group
        self.size = size
        self.accessed = accessed
        self.modified = modified
        self.handle = handle
        self.variant = variant
    }
}

/// ACCESS, asked only where the kernel does not decide from mode bits.
public struct Access: Sendable {
    public let node: Node
    /// R_OK (4), W_OK (2), X_OK (1).
    public let mask: Int32
    public var target: Node { node }

    public init(node: Node, mask: Int32) {
        self.node = node
        self.mask = mask
    }
}

/// STATFS.
public struct FileSystemStatistics: Sendable {
    public let node: Node
    public var target: Node { node }
}

public struct Statistics: Sendable {
    public var blockSize: UInt64 = 0
    public var fragmentSize: UInt64 = 0
    public var blocks: UInt64 = 0
    public var freeBlocks: UInt64 = 0
    public var availableBlocks: UInt64 = 0
    public var files: UInt64 = 0
    public var freeFiles: UInt64 = 0
    public var longestName: UInt64 = 0
}

/// GETXATTR.
public struct GetXattr: Sendable {
    public let node: Node
    public var name: [UInt8]
    public var target: Node { node }

    public init(node: Node, name: [UInt8]) {
        self.node = node
        self.name = name
    }
}

/// LISTXATTR: the reply is the names.
public struct ListXattrs: Sendable {
    public let node: Node
    public var target: Node { node }

    public init(node: Node) {
        self.node = node
    }
}

/// SETXATTR and REMOVEXATTR.
public struct ChangeXattr: Sendable {
    public let node: Node
    public var name: [UInt8]
    /// nil removes the attribute.
    public var value: [UInt8]?
    /// XATTR_CREATE (1), XATTR_REPLACE (2).
    public let flags: Int32
    public var target: Node { node }

    public init(node: Node, name: [UInt8], value: [UInt8]?, flags: Int32) {
        self.node = node
        self.name = name
        self.value = value
        self.flags = flags
    }
}
