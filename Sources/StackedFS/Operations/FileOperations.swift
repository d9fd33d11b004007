/// OPEN of a regular file.
public struct Open: Sendable {
    public let node: Node
    /// Flags of open(2).
    public var flags: Int32
    /// The variant that this caller's rights allow: `original` or `redacted`. A filter that knows of rights sets it on
    /// every open, because a nodeid is not a capability.
    public var variant: Variant = .original
    public var target: Node { node }

    public var writes: Bool { flags & 3 != 0 }
    public var reads: Bool { flags & 3 != 1 }
    public var truncates: Bool { flags & 0o1000 != 0 }

    public init(node: Node, flags: Int32, variant: Variant = .original) {
        self.node = node
        self.flags = flags
        self.variant = variant
    }
}

/// OPENDIR.
public struct OpenDirectory: Sendable {
    public let node: Node
    public var target: Node { node }

    public init(node: Node) {
        self.node = node
    }
}

/// An open file or directory and what the kernel is told about it.
public struct Opened: Sendable {
    /// The number by which later requests name it.
    public var handle: UInt64
    /// FOPEN_* flags.
    public var flags: UInt32
    /// The backing id for passthrough; 0 for none.
    public var backingID: Int32
    /// Patches were, or would be, applied to what is read.
    public var isRedacted = false
    /// Why more than the location is blanked, if it is.
    public var reasons: [String] = []

    public init(handle: UInt64 = 0, flags: UInt32 = 0, backingID: Int32 = 0) {
        self.handle = handle
        self.flags = flags
        self.backingID = backingID
    }
}

/// READ of a file whose bytes come through the service: the reply is the number of bytes.
public struct Read: Sendable {
    public let file: OpenFile
    public var offset: UInt64
    public var count: Int
    public var target: Node { file.node }
}

/// WRITE of a file whose bytes come through the service.
public struct Write: Sendable {
    public let file: OpenFile
    public var offset: UInt64
    public var count: Int
    public var target: Node { file.node }
}

/// FSYNC and FSYNCDIR.
public struct Synchronize: Sendable {
    public let node: Node
    public let file: OpenFile?
    public let dataOnly: Bool
    public var target: Node { node }
}

/// FLUSH (`isLast` false) and RELEASE.
public struct Close: Sendable {
    public let node: Node
    public let isLast: Bool
    public let lockOwner: UInt64
    public var target: Node { node }
}

/// LSEEK with SEEK_DATA (3) or SEEK_HOLE (4).
public struct Seek: Sendable {
    public let file: OpenFile
    public var offset: UInt64
    public let whence: Int32
    public var target: Node { file.node }
}

/// FALLOCATE.
public struct Allocate: Sendable {
    public let file: OpenFile
    public let mode: Int32
    public var offset: UInt64
    public var length: UInt64
    public var target: Node { file.node }

    public init(file: OpenFile, mode: Int32, offset: UInt64, length: UInt64) {
        self.file = file
        self.mode = mode
        self.offset = offset
        self.length = length
    }
}

/// COPY_FILE_RANGE.
public struct CopyRange: Sendable {
    public let source: OpenFile
    public var sourceOffset: UInt64
    public let destination: OpenFile
    public var destinationOffset: UInt64
    public var count: Int
    public var target: Node { destination.node }

    public init(source: OpenFile, sourceOffset: UInt64, destination: OpenFile, destinationOffset: UInt64, count: Int) {
        self.source = source
        self.sourceOffset = sourceOffset
        self.destination = destination
        self.destinationOffset = destinationOffset
        self.count = count
    }
}

/// GETLK, SETLK, SETLKW and FLOCK.
public struct Lock: Sendable {
    public enum Request: Sendable { case test, set, setAndWait }
    public let file: OpenFile
    public let owner: UInt64
    public let request: Request
    /// A lock of the whole open file (flock(2)) in place of a POSIX lock.
    public let isFlock: Bool
    public var state: LockState
    public var target: Node { file.node }

    public init(file: OpenFile, owner: UInt64, request: Request, isFlock: Bool, state: LockState) {
        self.file = file
        self.owner = owner
        self.request = request
        self.isFlock = isFlock
        self.state = state
    }
}

/// A byte-range lock: F_RDLCK (0), F_WRLCK (1), F_UNLCK (2); length 0 reaches to the end.
public struct LockState: Sendable {
    public var type: Int32
    public var start: UInt64
    public var length: UInt64
    public var pid: Int32

    public init(type: Int32, start: UInt64, length: UInt64, pid: Int32) {
        self.type = type
        self.start = start
        self.length = length
        self.pid = pid
    }
}
