import LinuxSystem
import Synchronization
import SystemPackage

/// The open side of one node: how many handles are open on it, and the one backing id or redacted content they share.
final class NodeContent: Sendable {
    struct State {
        /// The kernel's number for the backing file; 0 for none. Kept for the next open while nothing is open.
        var backingID: Int32 = 0
        var passthroughOpens = 0
        /// Opens whose reads come to the service through the kernel's page cache or past it.
        var servedOpens = 0
        /// The version that open handles of a redacted node share.
        var redacted: RedactedFile?
        /// The version whose redacted pages the kernel may still hold.
        var cachedVersion: ContentVersion?
        /// What readers of a redacted-writable node see.
        var privateState: PrivateState?
        /// The backing file changed under open handles: no further open may join them.
        var isStale = false
        /// Whether the node stands in the ring of idle backing ids.
        var isInRing = false
    }
    let state = Mutex(State())
}

extension Node {
    /// The open side of this node, made when first asked for.
    var content: NodeContent {
        state.withLock { state in
            if let content = state.content { return content }
            let content = NodeContent()
            state.content = content
            return content
        }
    }

    /// The open side, if anybody ever opened this node.
    var existingContent: NodeContent? { state.withLock { $0.content } }
}

/// The side of a view's FUSE connection that the stack needs: implemented by the session.
public protocol KernelChannel: AnyObject, Sendable {
    /// Whether the kernel reads and writes backing files by itself.
    var supportsPassthrough: Bool { get }
    /// Registers a backing file (FUSE_DEV_IOC_BACKING_OPEN); an O_PATH descriptor is enough.
    func registerBacking(_ descriptor: Int32) throws(Errno) -> Int32
    func closeBacking(_ id: Int32)
    /// Asks the kernel to drop what it knows of a node's attributes and pages, without waiting for it.
    func invalidate(nodeID: UInt64)
}

/// Backing ids of files that nobody has open now, kept for the next open: first in, first out, in 16 shards.
final class IdleBackingIDs: Sendable {
    private final class Shard: Sendable {
        struct Ring {
            var nodes: [Node?] = Array(repeating: nil, count: 256)
            var next = 0
        }
        let ring = Mutex(Ring())
    }
    private let shards = (0..<16).map { _ in Shard() }

    /// `node` has just lost its last open; whoever leaves the ring for it and is still idle loses its id.
    func entered(_ node: Node, channel: any KernelChannel) {
        let evicted = shards[Int(node.id & 15)].ring.withLock { ring -> Node? in
            let old = ring.nodes[ring.next]
            ring.nodes[ring.next] = node
            ring.next = (ring.next + 1) % ring.nodes.count
            return old
        }
        evicted?.existingContent?.state.withLock { state in
            state.isInRing = false
            IdleBackingIDs.drop(&state, channel: channel)
        }
    }

    /// Gives up the id of a node that nobody has open.
    static func drop(_ state: inout NodeContent.State, channel: any KernelChannel) {
        guard state.passthroughOpens == 0, state.backingID != 0 else { return }
        channel.closeBacking(state.backingID)
        state.backingID = 0
    }

    /// Gives up every idle id.
    func dropAll(channel: any KernelChannel) {
        for shard in shards {
            let nodes = shard.ring.withLock { ring -> [Node] in
                let nodes = ring.nodes.compactMap { $0 }
                ring.nodes = Array(repeating: nil, count: ring.nodes.count)
                return nodes
            }
            for node in nodes {
                node.existingContent?.state.withLock { state in
                    state.isInRing = false
                    IdleBackingIDs.drop(&state, channel: channel)
                }
            }
        }
    }
}
