/// An open-addressing hash set of nodes, eight bytes a slot: a dictionary's keys would double a node's memory.
///
/// The caller gives hash and match, so one type serves as the index by nodeid and as the index by backing inode.
struct NodeSet {
    private var slots: [Node?] = Array(repeating: nil, count: 8)
    private(set) var count = 0

    func first(hash: UInt64, where matches: (Node) -> Bool) -> Node? {
        var index = start(hash)
        while let node = slots[index] {
            if matches(node) { return node }
            index = (index + 1) & (slots.count - 1)
        }
        return nil
    }

    var all: [Node] { slots.compactMap { $0 } }

    mutating func insert(_ node: Node, hash: (Node) -> UInt64) {
        if (count + 1) * 4 > slots.count * 3 { resize(to: slots.count * 2, hash: hash) }
        place(node, hash(node))
        count += 1
    }

    /// Removes `node` if it is here, and closes the gap so that later probes still find what lies behind it.
    mutating func remove(_ node: Node, hash: (Node) -> UInt64) {
        var hole = start(hash(node))
        while let other = slots[hole], other !== node { hole = (hole + 1) & (slots.count - 1) }
        guard slots[hole] != nil else { return }
        slots[hole] = nil
        count -= 1
        var index = (hole + 1) & (slots.count - 1)
        while let other = slots[index] {
            let home = start(hash(other))
            let distance = (index &- home) & (slots.count - 1)
            if distance >= (index &- hole) & (slots.count - 1) {
                slots[hole] = other
                slots[index] = nil
                hole = index
            }
            index = (index + 1) & (slots.count - 1)
        }
        if slots.count > 64, count * 8 < slots.count { resize(to: slots.count / 2, hash: hash) }
    }

    private func start(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: hash) & (slots.count - 1) }

    private mutating func place(_ node: Node, _ hash: UInt64) {
        var index = start(hash)
        while slots[index] != nil { index = (index + 1) & (slots.count - 1) }
        slots[index] = node
    }

    private mutating func resize(to size: Int, hash: (Node) -> UInt64) {
        let old = slots
        slots = Array(repeating: nil, count: size)
        for case let node? in old { place(node, hash(node)) }
    }
}

/// A mixing function (the finaliser of SplitMix64) that spreads counters and inode numbers over a table.
@inline(__always)
func mixed(_ value: UInt64) -> UInt64 {
    var x = value &+ 0x9e37_79b9_7f4a_7c15
    x = (x ^ (x >> 30)) &* 0xbf58_476d_1ce4_e5b9
    x = (x ^ (x >> 27)) &* 0x94d0_49bb_1331_11eb
    return x ^ (x >> 31)
}
