import CFuse
import CLinux
import Glibc
import LinuxSystem
import Logging
import StackedFS
import Synchronization
import SystemPackage

/// One mounted view: the FUSE connection with the kernel, and the stack that answers it.
///
/// Requests arrive on the worker pool's threads, several at once. The session ends in this order: it leaves the pool
/// (no worker has it any more), it is unmounted, libfuse's session is destroyed.
public final class ViewSession: Sendable {
    /// How a view is mounted.
    public struct Options: Sendable {
        public var passthrough = true
        /// The kernel decides from mode bits; false where policy alone decides.
        public var defaultPermissions = true
        /// READDIRPLUS: only where all callers get the same answers.
        public var listsWithAttributes = true
        /// How deep the library is stacked: 2 where it lies on a stacked filesystem itself.
        public var stackDepth: UInt32 = 1
        /// Kernel read-ahead for what comes through the service, in KiB.
        public var readAheadKiB = 1_024

        public init() {}
    }

    public let mountpoint: String
    let options: Options
    /// Guarded by its order of use: made before the mount, destroyed after the pool has let go of the session.
    private let handle: SessionHandle
    private let invalidator: Invalidator
    let logger: Logger
    /// Callers that wait for a lock, each with a thread of its own.
    let lockWaiters = LockWaiters()

    /// What libfuse and its hooks need, at a fixed address for the session's life.
    ///
    /// Unchecked: the pointers are set once in `mount` before any other thread sees the session; libfuse's own lock
    /// guards what it keeps behind them.
    final class SessionHandle: @unchecked Sendable {
        let c: UnsafeMutablePointer<mv_session>
        var fuse: OpaquePointer?
        var descriptor: Int32 = -1
        /// The stack, without a lock: set once before the session is served.
        var stack: Stack?

        init() {
            c = .allocate(capacity: 1)
            c.initialize(to: mv_session())
        }

        deinit { c.deallocate() }
    }

    public init(mountpoint: String, options: Options, logger: Logger) {
        self.mountpoint = mountpoint
        self.options = options
        self.logger = logger
        handle = SessionHandle()
        invalidator = Invalidator(name: "invalidate")
    }

    /// Mounts the view. Call once, before the session joins a worker pool.
    ///
    /// - Parameter makeStack: gets the session as the stack's way to the kernel.
    /// - Throws: ``MountError`` with what libfuse or the kernel would not do.
    public func mount(makeStack: (any KernelChannel) throws -> Stack) throws {
        handle.c.pointee.owner = Unmanaged.passUnretained(self).toOpaque()
        handle.c.pointee.want_passthrough = options.passthrough ? 1 : 0
        handle.c.pointee.stack_depth = options.stackDepth
        handle.stack = try makeStack(self)
        var operations = fuse_lowlevel_ops()
        OperationTable.fill(&operations)
        var names = "fsname=mediaveil,subtype=mediaveil,allow_other"
        if options.defaultPermissions { names += ",default_permissions" }
        handle.fuse = withArguments(["mediaveild", "-o", names]) { arguments in
            fuse_session_new(arguments, &operations, MemoryLayout<fuse_lowlevel_ops>.size, handle.c)
        }
        guard let fuse = handle.fuse else {
            throw MountError(mountpoint: mountpoint, reason: "libfuse refuses its options")
        }
        guard fuse_session_mount(fuse, mountpoint) == 0 else {
            let code = Errno(rawValue: mv_errno())
            fuse_session_destroy(fuse)
            handle.fuse = nil
            throw MountError(mountpoint: mountpoint, reason: "the kernel answers: \(code)")
        }
        handle.descriptor = fuse_session_fd(fuse)
        _ = mv_session_hook(fuse)
        _ = mv_fcntl_int(handle.descriptor, F_SETFL, O_NONBLOCK | O_RDWR)
    }

    /// Unmounts and gives everything back. The session must have left its pool.
    public func unmount() {
        invalidator.stop()
        lockWaiters.stop()
        guard let fuse = handle.fuse else { return }
        handle.fuse = nil
        fuse_session_unmount(fuse)
        fuse_session_destroy(fuse)
        handle.stack = nil
    }

    /// The stack that answers this view.
    public var stack: Stack? { handle.stack }

    /// INIT has been answered: the view can be used.
    public var isReady: Bool { handle.c.pointee.initialised != 0 }

    var descriptor: Int32 { handle.descriptor }
    var fuse: OpaquePointer? { handle.fuse }

    /// Raises the kernel's read-ahead for what comes through the service; measured to double cold sequential reads.
    func raiseReadAhead() {
        guard let attributes = try? FileAttributes.of(path: mountpoint) else { return }
        let path =
            "/sys/class/bdi/\(mv_major(dev_t(attributes.device))):\(mv_minor(dev_t(attributes.device)))/read_ahead_kb"
        guard let raw = try? retrying({ mv_openat(mv_AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0) }) else { return }
        let file = OwnedDescriptor(raw)
        let text = Array("\(options.readAheadKiB)".utf8)
        _ = text.withUnsafeBytes { write(file.raw, $0.baseAddress, $0.count) }
    }
}

/// A view that could not be mounted.
public struct MountError: Error, CustomStringConvertible {
    public let mountpoint: String
    public let reason: String
    public var description: String { "cannot mount \(mountpoint): \(reason)" }
}

private func withArguments<T>(_ words: [String], _ body: (UnsafeMutablePointer<fuse_args>) -> T) -> T {
    let copies = words.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    var pointers = copies + [nil]
    return pointers.withUnsafeMutableBufferPointer { buffer in
        var arguments = fuse_args(argc: Int32(words.count), argv: buffer.baseAddress, allocated: 0)
        return body(&arguments)
    }
}

extension ViewSession: KernelChannel {
    public var supportsPassthrough: Bool { handle.c.pointee.passthrough != 0 }

    public func registerBacking(_ descriptor: Int32) throws(Errno) -> Int32 {
        try checked(mv_backing_open(handle.descriptor, descriptor))
    }

    public func closeBacking(_ id: Int32) { _ = mv_backing_close(handle.descriptor, id) }

    public func invalidate(nodeID: UInt64) {
        invalidator.add { [self] in
            guard let fuse = handle.fuse else { return }
            fuse_lowlevel_notify_inval_inode(fuse, nodeID, 0, 0)
        }
    }

    /// Lets the kernel ask again for a name, without dropping what is open or mounted below it.
    public func expire(parent: UInt64, name: [UInt8]) {
        invalidator.add { [self] in
            guard let fuse = handle.fuse else { return }
            let text = name.map { CChar(bitPattern: $0) }
            fuse_lowlevel_notify_expire_entry(fuse, parent, text, text.count, FUSE_LL_EXPIRE_ONLY)
        }
    }
}

extension ViewSession {
    /// Lets the kernel ask again for every name of the view: what it may see has changed. Nothing that is open or
    /// mounted below a name is disturbed.
    public func expireAllNames() {
        stack?.forEachName { parent, name in expire(parent: parent, name: name) }
    }
}
