import CLinux
import LinuxSystem
import Logging
import Synchronization
import SystemPackage

/// One view's stacked filesystem: every operation by way of the filters to the backing files.
///
/// Calls come from any number of worker threads at once. Each gets the node it acts on by nodeid, passes the filters
/// and runs on descriptors, never on absolute paths.
public final class Stack: NameResolver {
    /// How long the kernel may keep what it was told, in seconds.
    public struct Timeouts: Sendable {
        public var names: Double
        public var attributes: Double

        public init(names: Double = 1, attributes: Double = 1) {
            self.names = names
            self.attributes = attributes
        }
    }

    public let library: Library
    public let view: ViewIdentity
    public let timeouts: Timeouts
    let channel: any KernelChannel
    let nodes: NodeTable
    let handles = HandleTable()
    let locks = LockTable()
    let idle = IdleBackingIDs()
    let upgrades = PendingUpgrades()
    public let counters = StackCounters()

    /// - Parameters:
    ///   - filters: attached to the root, inherited by all below.
    ///   - channel: the kernel's side, for backing ids and invalidation.
    public init(
        library: Library, view: ViewIdentity, filters: FilterSet, timeouts: Timeouts, channel: any KernelChannel
    ) {
        self.library = library
        self.view = view
        self.timeouts = timeouts
        self.channel = channel
        let root = Node(
            id: Node.rootID, identity: FileIdentity(library.rootAttributes), kind: .directory, variant: .original,
            filters: filters, handle: nil, descriptor: library.rootDescriptor, location: nil)
        nodes = NodeTable(root: root)
    }

    /// The node of a nodeid.
    ///
    /// - Throws: ESTALE for a nodeid that the kernel has given back.
    public func node(_ id: UInt64) throws(Errno) -> Node {
        guard let node = nodes.node(id) else { throw .staleNFSFileHandle }
        return node
    }

    /// The open file of a handle number.
    public func file(_ handle: UInt64) throws(Errno) -> OpenFile {
        guard let file = handles.file(handle) else { throw .badFileDescriptor }
        return file
    }

    public var root: Node { nodes.root }
    public var nodeCount: Int { nodes.count }
    public var handleCount: Int { handles.count }

    /// The descriptor (O_PATH) of a node's backing inode.
    func descriptor(of node: Node) throws(Errno) -> OwnedDescriptor {
        if let known = node.state.withLock({ $0.descriptor }) { return known }
        guard let handle = node.handle, let mount = library.mount(of: node.identity.device) else {
            throw .staleNFSFileHandle
        }
        let descriptor = try affordable { () throws(Errno) in
            try handle.open(mount: mount.raw, flags: mv_O_PATH | O_NOFOLLOW)
        }
        node.state.withLock { $0.descriptor = descriptor }
        library.descriptors.entered(node)
        return descriptor
    }

    /// A descriptor that a client needs, unless clients have taken all that they may: then what is kept for speed alone
    /// goes, and if that is not enough the client is refused. The service's own needs are met in any case.
    ///
    /// - Throws: ENFILE.
    func affordable(_ open: () throws(Errno) -> OwnedDescriptor) throws(Errno) -> OwnedDescriptor {
        do {
            let descriptor = try open()
            if descriptor.raw < DescriptorBudget.ceiling { return descriptor }
        } catch {
            guard error == .tooManyOpenFiles else { throw error }
        }
        library.descriptors.dropAll()
        let descriptor = try open()
        guard descriptor.raw < DescriptorBudget.ceiling else { throw .tooManyOpenFilesInSystem }
        return descriptor
    }

    /// Gives up what is kept for speed alone, so that deleted files free their space.
    public func housekeep() {
        idle.dropAll(channel: channel)
    }
}

/// What a view has done since it was mounted, for `status`.
public final class StackCounters: Sendable {
    public let passthroughOpens = Atomic<UInt64>(0)
    public let servedOpens = Atomic<UInt64>(0)
    public let snapshotOpens = Atomic<UInt64>(0)
    public let routerOpens = Atomic<UInt64>(0)
    public let privateCopyOpens = Atomic<UInt64>(0)
    public let redactedWritableOpens = Atomic<UInt64>(0)
}

extension Result where Failure == Errno {
    /// The result of a body that throws an errno.
    @inline(__always)
    static func of(_ body: () throws(Errno) -> Success) -> Result<Success, Errno> {
        do { return .success(try body()) } catch { return .failure(error) }
    }
}
