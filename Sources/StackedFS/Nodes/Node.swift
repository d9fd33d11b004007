import LinuxSystem
import Synchronization
import SystemPackage

/// What the kernel knows by a nodeid: a backing inode in one variant, in one view.
///
/// A nodeid is a number that is never used twice in the life of a view, so it needs no generation, tells nothing of
/// inode numbers or addresses and cannot be mistaken for another file's.
///
/// The backing object is reached by its file handle through a bounded cache of descriptors, so a million looked-up
/// files cost memory and no descriptor each. Where a filesystem has no handles the node keeps its descriptor.
public final class Node: Sendable {
    public let id: UInt64
    public let identity: FileIdentity
    public let kind: FileKind
    public let variant: Variant
    /// Names in this directory are compared without regard to case.
    let casefolding = Atomic<Bool>(false)
    /// The filters that see operations on this node.
    public let filters: FilterSet

    /// How the backing inode is opened again; nil where only the kept descriptor reaches it.
    let handle: FileHandle?
    /// Guarded by the node table's shard of this node's key.
    let lookups = Atomic<UInt64>(0)

    struct State {
        /// The directory and name by which the node was last found; nil for the root and for files without a name.
        var location: NodeLocation?
        /// Further names of a file with several links that are known to this view.
        var otherLocations: [NodeLocation] = []
        /// Cached; may be dropped at any time where `handle` is not nil.
        var descriptor: OwnedDescriptor?
        /// What a filter remembers about where the node lies: see ``Node/place(serial:_:)``.
        var place = NodePlace()
        /// Open files, backing id, redacted content; made with the first open.
        var content: NodeContent?
        /// The descriptor stays until the kernel forgets the node: its last name is gone, or it never had one.
        var isPinned = false
    }
    let state: Mutex<State>

    init(
        id: UInt64, identity: FileIdentity, kind: FileKind, variant: Variant, filters: FilterSet, handle: FileHandle?,
        descriptor: OwnedDescriptor?, location: NodeLocation?
    ) {
        self.id = id
        self.identity = identity
        self.kind = kind
        self.variant = variant
        self.filters = filters
        self.handle = handle
        state = Mutex(State(location: location, descriptor: descriptor))
    }

    /// The first nodeid of every view: its root.
    public static let rootID: UInt64 = 1
    public var isRoot: Bool { id == Node.rootID }

    /// What a filter remembers about where this node lies; computed again when `serial` (of the policy that the value
    /// was made with) or the place of any directory has changed.
    public func place(serial: UInt64, _ compute: () -> UInt64) -> UInt64 {
        let moves = DirectoryMoves.count
        if let value = state.withLock({ $0.place.value(serial: serial, moves: moves) }) { return value }
        let value = compute()
        state.withLock { $0.place = NodePlace(serial: serial, moves: moves, value: value) }
        return value
    }

    /// The directory and name by which this node was last found; nil for the root.
    public var location: NodeLocation? { state.withLock { $0.location } }

    /// Every name of this node that the view knows, the latest first.
    public var locations: [NodeLocation] {
        state.withLock { state in
            guard let first = state.location else { return [] }
            return state.otherLocations.isEmpty ? [first] : [first] + state.otherLocations
        }
    }

    /// The path relative to the library, without a leading slash; empty for the root.
    public var path: [UInt8] {
        var names: [[UInt8]] = []
        var next = location
        while let location = next, names.count < 4_096 {
            names.append(location.name)
            next = location.parent.location
        }
        var path: [UInt8] = []
        path.reserveCapacity(names.reduce(0) { $0 + $1.count + 1 })
        for name in names.reversed() {
            if !path.isEmpty { path.append(UInt8(ascii: "/")) }
            path.append(contentsOf: name)
        }
        return path
    }
}

/// One name of a node.
public struct NodeLocation: Sendable {
    public let parent: Node
    public let name: [UInt8]
}

/// What a filter keeps with a node, and what it was computed from.
///
/// Of both counters the lower half is kept: there is one for each file that the kernel knows. For an outdated value to pass,
/// exactly 2³² changes would have to happen between two looks.
struct NodePlace {
    private var serial: UInt32 = 0
    private var moves: UInt32 = 0
    private var value: UInt64 = 0

    init() {}

    init(serial: UInt64, moves: UInt64, value: UInt64) {
        self.serial = UInt32(truncatingIfNeeded: serial)
        self.moves = UInt32(truncatingIfNeeded: moves)
        self.value = value
    }

    func value(serial: UInt64, moves: UInt64) -> UInt64? {
        let (serial, moves) = (UInt32(truncatingIfNeeded: serial), UInt32(truncatingIfNeeded: moves))
        return serial == self.serial && moves == self.moves && serial != 0 ? value : nil
    }
}

/// How often a directory was moved: what was remembered about the place of anything below it is then void.
enum DirectoryMoves {
    private static let counter = Atomic<UInt64>(1)
    static var count: UInt64 { counter.load(ordering: .acquiring) }
    static func note() { counter.add(1, ordering: .acquiringAndReleasing) }
}
