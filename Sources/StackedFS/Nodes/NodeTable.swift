import LinuxSystem
import Synchronization

/// Every node of one view, by nodeid and by backing inode, with the kernel's lookup counts.
///
/// Two indexes of 64 shards each, so that no lock is shared by all requests. A node's lookup count changes under the
/// lock of its shard in the index by inode; the index by nodeid is only read on the way of a request. Lock order:
/// inode shard, then nodeid shard.
final class NodeTable: Sendable {
    private final class Shard: Sendable {
        let nodes = Mutex(NodeSet())
    }

    private let byID: [Shard] = (0..<64).map { _ in Shard() }
    private let byInode: [Shard] = (0..<64).map { _ in Shard() }
    private let nextID = Atomic<UInt64>(Node.rootID + 1)
    let root: Node

    init(root: Node) {
        self.root = root
        root.lookups.store(1, ordering: .relaxed)
        byID[shard(NodeTable.hash(id: root.id))].nodes.withLock { $0.insert(root, hash: NodeTable.hashByID) }
        byInode[shard(NodeTable.hashByInodeFull(root))].nodes.withLock { $0.insert(root, hash: NodeTable.hashByInode) }
    }

    /// Nodes that the kernel knows now.
    var count: Int { byID.reduce(0) { $0 + $1.nodes.withLock { $0.count } } }

    func newID() -> UInt64 { nextID.add(1, ordering: .relaxed).oldValue }

    /// The node with this nodeid; nil if the kernel has forgotten it.
    func node(_ id: UInt64) -> Node? {
        if id == Node.rootID { return root }
        let hash = NodeTable.hash(id: id)
        return byID[shard(hash)].nodes.withLock { $0.first(hash: hash >> 6) { $0.id == id } }
    }

    /// The current node of a backing inode in one variant, counted as looked up once more.
    func find(_ identity: FileIdentity, _ variant: Variant, counting: Bool = true) -> Node? {
        let hash = NodeTable.hash(identity, variant)
        return byInode[shard(hash)].nodes.withLock { set in
            let node = set.first(hash: hash >> 6) { $0.identity == identity && $0.variant == variant }
            if counting { node?.lookups.add(1, ordering: .relaxed) }
            return node
        }
    }

    /// Adds `node` with a lookup count of one, unless another thread was first: then that one is counted and returned.
    func insert(_ node: Node) -> Node {
        let hash = NodeTable.hashByInodeFull(node)
        return byInode[shard(hash)].nodes.withLock { set in
            if let other = set.first(
                hash: hash >> 6, where: { $0.identity == node.identity && $0.variant == node.variant })
            {
                other.lookups.add(1, ordering: .relaxed)
                return other
            }
            node.lookups.store(1, ordering: .relaxed)
            set.insert(node, hash: NodeTable.hashByInode)
            byID[shard(NodeTable.hash(id: node.id))].nodes.withLock { $0.insert(node, hash: NodeTable.hashByID) }
            return node
        }
    }

    /// Takes a node whose content changed under open handles out of the index by inode: the next lookup makes a new one.
    func retire(_ node: Node) {
        let hash = NodeTable.hashByInodeFull(node)
        byInode[shard(hash)].nodes.withLock { $0.remove(node, hash: NodeTable.hashByInode) }
    }

    /// The kernel forgets `count` lookups of a nodeid. Returns the node when that were the last ones.
    func forget(_ id: UInt64, count: UInt64) -> Node? {
        guard id != Node.rootID, let node = node(id) else { return nil }
        let hash = NodeTable.hashByInodeFull(node)
        return byInode[shard(hash)].nodes.withLock { set in
            let known = node.lookups.load(ordering: .relaxed)
            let left = known > count ? known - count : 0
            node.lookups.store(left, ordering: .relaxed)
            guard left == 0 else { return nil }
            set.remove(node, hash: NodeTable.hashByInode)
            byID[shard(NodeTable.hash(id: id))].nodes.withLock { $0.remove(node, hash: NodeTable.hashByID) }
            return node
        }
    }

    /// Every node, shard by shard.
    var all: [Node] { byID.flatMap { $0.nodes.withLock { $0.all } } }

    private func shard(_ hash: UInt64) -> Int { Int(hash & 63) }
    private static func hash(id: UInt64) -> UInt64 { mixed(id) }
    private static func hash(_ identity: FileIdentity, _ variant: Variant) -> UInt64 {
        mixed(identity.inode &+ mixed(identity.device &+ UInt64(variant.rawValue)))
    }
    private static func hashByInodeFull(_ node: Node) -> UInt64 { hash(node.identity, node.variant) }
    // The low bits chose the shard; inside it the rest tells.
    private static func hashByID(_ node: Node) -> UInt64 { hash(id: node.id) >> 6 }
    private static func hashByInode(_ node: Node) -> UInt64 { hashByInodeFull(node) >> 6 }
}
