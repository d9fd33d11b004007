import LinuxSystem

/// What a name was found to be, before it becomes a node: the reply of lookup and of everything that makes a name.
public struct Entry: Sendable {
    /// The name as it is stored in the directory. In a casefolding directory this may differ from what was asked for.
    public var name: [UInt8]
    /// The backing inode's attributes; what a filter writes here is what the caller sees.
    public var attributes: FileAttributes
    /// The backing inode, whatever the filters write into ``attributes``.
    public let identity: FileIdentity
    public let kind: FileKind
    /// What this caller's rights make of a regular file; a filter chooses.
    public var variant: Variant = .original
    /// Whether another caller of the same view could get another node, or none: the kernel then keeps the name for no time.
    public var dependsOnCaller = false
    /// Whether another caller could see other attributes of the same node: the kernel then keeps them for no time.
    public var attributesDependOnCaller = false
    /// What becomes of the inherited filters below this directory.
    public var attachment: FilterAttachment = .keep
    /// The file was made by this operation.
    public var isNew = false

    public init(name: [UInt8], attributes: FileAttributes, identity: FileIdentity) {
        self.name = name
        self.attributes = attributes
        self.identity = identity
        kind = attributes.kind
    }
}

/// A backing inode: what stays the same under rename and link.
public struct FileIdentity: Sendable, Hashable {
    public let device: UInt64
    public let inode: UInt64
    /// When the inode was made, in nanoseconds; tells a recycled inode number from the old one. 0 if unknown.
    public let born: Int64

    public init(device: UInt64, inode: UInt64, born: Int64) {
        self.device = device
        self.inode = inode
        self.born = born
    }

    public init(_ attributes: FileAttributes) {
        device = attributes.device
        inode = attributes.inode
        born =
            attributes.born.map { $0.seconds &* 1_000_000_000 &+ Int64($0.nanoseconds) } ?? 0
    }
}

/// What a caller's rights make of one regular file. Variants of one backing inode are different nodes.
public enum Variant: UInt8, Sendable, Hashable {
    /// The backing file itself.
    case original
    /// Without its location, read only.
    case redacted
    /// Without its location, opened for writing.
    case redactedWritable

    /// Whether two variants stand for the same rights.
    public func sameRights(as other: Variant) -> Bool { (self == .original) == (other == .original) }
}

/// Nothing but success.
public struct Done: Sendable {
    public init() {}
}

/// What a removal or a rename did away with: the inode, if it lost its last name.
public struct Removed: Sendable {
    /// The inode that the name led to.
    public let identity: FileIdentity?
    /// It has no name any more.
    public let wasLast: Bool

    public init(identity: FileIdentity?, wasLast: Bool) {
        self.identity = identity
        self.wasLast = wasLast
    }
}
