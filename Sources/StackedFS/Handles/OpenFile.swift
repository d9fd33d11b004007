import CLinux
import LinuxSystem
import Synchronization
import SystemPackage

/// One open of a regular file through a view.
public final class OpenFile: Sendable {
    /// How the bytes travel.
    public enum DataPath: Sendable {
        /// The kernel reads and writes the backing file; the service only keeps it reachable.
        case passthrough
        /// The service reads and writes the backing file.
        case served
        /// Reads are those of one redacted version: by the kernel from a snapshot, or by the service.
        case redacted(RedactedFile)
        /// Every read is planned against the file as it is then, every write goes to the backing file.
        case redactedWritable
    }

    /// Who opened: the same caller through the same view may write beside himself.
    struct Opener: Sendable, Hashable {
        let uid: UInt32
        let view: ObjectIdentifier

        init(_ context: RequestContext) {
            uid = context.uid
            view = ObjectIdentifier(context.view)
        }
    }

    public let node: Node
    let opener: Opener
    /// Somebody else opened the file for writing: see ``InPlaceWriters``.
    let lostWriting = Atomic<Bool>(false)
    /// Flags of open(2) with which the caller opened.
    public let flags: Int32
    public let dataPath: DataPath
    /// Closes of single descriptors are told to the service (FLUSH).
    let isFlushed: Bool
    /// A descriptor of this open file was closed: its release may follow at once.
    let wasClosed = Atomic<Bool>(false)
    /// Keeps the inode reachable though its names may go: O_PATH. nil where the kernel's own open file does that.
    private let pin: OwnedDescriptor?
    /// A descriptor for system calls on the content, opened when first needed.
    private let opened: Mutex<OwnedDescriptor?>

    init(
        node: Node, flags: Int32, dataPath: DataPath, isFlushed: Bool = true, pin: OwnedDescriptor?,
        descriptor: OwnedDescriptor? = nil, _ context: RequestContext
    ) {
        self.node = node
        opener = Opener(context)
        self.flags = flags
        self.dataPath = dataPath
        self.isFlushed = isFlushed
        self.pin = pin
        opened = Mutex(descriptor)
    }

    /// Flags that matter when a file is opened and not when the service opens it again. A lease of ours would make an
    /// O_NONBLOCK open for writing fail.
    static let onlyAtOpen = O_CREAT | O_EXCL | O_TRUNC | O_NOFOLLOW | O_DIRECT | O_NONBLOCK

    public var writes: Bool { flags & O_ACCMODE != O_RDONLY }

    /// A descriptor of the backing file, opened as the caller opened it.
    ///
    /// - Parameter reach: opens the inode (O_PATH) where nothing here keeps it.
    func descriptor(_ reach: () throws(Errno) -> OwnedDescriptor) throws(Errno) -> OwnedDescriptor {
        if let known = opened.withLock({ $0 }) { return known }
        let inode = if let pin { pin } else { try reach() }
        let descriptor = try reopen(inode, flags: flags & ~OpenFile.onlyAtOpen)
        return opened.withLock { opened in
            // Locks of flock(2) belong to one of them: whoever was first.
            if let known = opened { return known }
            opened = descriptor
            return descriptor
        }
    }
}

extension Stack {
    /// A descriptor of an open file's backing file, opened as the caller opened it.
    func descriptor(of file: OpenFile) throws(Errno) -> OwnedDescriptor {
        try file.descriptor { () throws(Errno) in try self.descriptor(of: file.node) }
    }
}

/// Opens the file behind an O_PATH descriptor.
func reopen(_ descriptor: OwnedDescriptor, flags: Int32) throws(Errno) -> OwnedDescriptor {
    let raw = try withProcPath(descriptor.raw) { path in
        mv_openat(mv_AT_FDCWD, path, flags | O_CLOEXEC | O_NOCTTY, 0)
    }
    return OwnedDescriptor(raw)
}

/// Calls with the path in /proc by which system calls reach the file of an O_PATH descriptor.
func withProcPath(_ descriptor: Int32, _ call: (UnsafePointer<CChar>) -> Int32) throws(Errno) -> Int32 {
    var buffer: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    return try withUnsafeMutableBytes(of: &buffer) { bytes throws(Errno) -> Int32 in
        let prefix: StaticString = "/proc/self/fd/"
        bytes.copyMemory(from: UnsafeRawBufferPointer(start: prefix.utf8Start, count: prefix.utf8CodeUnitCount))
        var digits: [UInt8] = []
        var value = UInt32(bitPattern: descriptor)
        repeat {
            digits.append(UInt8(ascii: "0") + UInt8(value % 10))
            value /= 10
        } while value > 0
        for (index, digit) in digits.reversed().enumerated() { bytes[prefix.utf8CodeUnitCount + index] = digit }
        guard let path = bytes.baseAddress?.assumingMemoryBound(to: CChar.self) else { throw .invalidArgument }
        return try retrying { call(path) }
    }
}
