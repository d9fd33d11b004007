import LinuxSystem
import Synchronization

/// Bounds the descriptors that nodes keep only for speed, over all views of a library.
///
/// First in, first out, in 16 shards: a node that got a descriptor enters its shard's ring and whoever stood there
/// loses its own. A node that can only be reached through its descriptor never enters.
final class DescriptorCache: Sendable {
    private final class Shard: Sendable {
        struct Ring {
            var nodes: [Node?]
            var next = 0
        }
        let ring: Mutex<Ring>
        init(capacity: Int) { ring = Mutex(Ring(nodes: Array(repeating: nil, count: capacity))) }
    }

    private let shards: [Shard]

    /// At most `capacity` descriptors, rounded up to a multiple of 16.
    init(capacity: Int) {
        shards = (0..<16).map { _ in Shard(capacity: max(1, (capacity + 15) / 16)) }
    }

    /// Gives up all that is kept for speed alone.
    func dropAll() {
        for shard in shards {
            let nodes = shard.ring.withLock { ring -> [Node] in
                let nodes = ring.nodes.compactMap(\.self)
                ring.nodes = Array(repeating: nil, count: ring.nodes.count)
                return nodes
            }
            for node in nodes { node.state.withLock { if !$0.isPinned { $0.descriptor = nil } } }
        }
    }

    /// `node` has just cached a descriptor.
    func entered(_ node: Node) {
        let evicted = shards[Int(node.id & 15)].ring.withLock { ring -> Node? in
            let old = ring.nodes[ring.next]
            ring.nodes[ring.next] = node
            ring.next = (ring.next + 1) % ring.nodes.count
            return old
        }
        if let evicted, evicted !== node { evicted.state.withLock { if !$0.isPinned { $0.descriptor = nil } } }
    }
}
