import CLinux
import Glibc
import SystemPackage

/// A user as file modes see him, without capabilities but root's.
public struct UserIdentity: Sendable, Hashable {
    public let uid: UInt32
    public let groups: Set<UInt32>

    public init(uid: UInt32, groups: Set<UInt32>) {
        self.uid = uid
        self.groups = groups
    }

    /// A user who owns nothing and is in no group.
    public static let stranger = UserIdentity(uid: .max - 2, groups: [])
}

/// What the mode and the access list of one file let whom do.
public struct AccessBits: Sendable, Hashable {
    public static let read: UInt32 = 4
    public static let search: UInt32 = 1

    /// One entry of an access list (acl(5)): a named user, or a group.
    struct Entry: Sendable, Hashable {
        let id: UInt32
        let bits: UInt32
    }

    public let attributes: FileAttributes
    let users: [Entry]
    /// The owning group, and the named ones.
    let groups: [Entry]
    let mask: UInt32

    /// Whether there is an access list beyond the mode.
    public var hasList: Bool { !users.isEmpty || groups.count > 1 }
    /// Whom an access list names.
    public var namedUsers: [UInt32] { users.map(\.id) }
    /// Whether it matters in which groups somebody is.
    public var asksForGroups: Bool { groups.contains { $0.bits & mask & 7 != attributes.mode & 7 } }

    /// - Parameter list: the attribute `system.posix_acl_access`; nil where there is none.
    init(_ attributes: FileAttributes, list: [UInt8]?) {
        self.attributes = attributes
        var users: [Entry] = []
        var named: [Entry] = []
        var (owning, mask) = (attributes.mode >> 3 & 7, 7 as UInt32)
        // A version, then tag, bits and id of each entry, in little-endian order.
        for entry in (list ?? []).dropFirst(4).chunks(of: 8) where entry.count == 8 {
            let bytes = Array(entry)
            let bits = UInt32(bytes[2]) & 7
            let id = bytes[4...7].reversed().reduce(0) { $0 << 8 | UInt32($1) }
            switch bytes[0] {
            case 0x02: users.append(Entry(id: id, bits: bits))
            case 0x04: owning = bits
            case 0x08: named.append(Entry(id: id, bits: bits))
            case 0x10: mask = bits
            default: break
            }
        }
        self.users = users
        self.groups = [Entry(id: attributes.group, bits: owning)] + named
        self.mask = mask
    }

    /// Of what is open: O_PATH is enough.
    init(_ descriptor: Int32) throws(Errno) {
        let list = try? scratchBytes(capacity: 65_536) { buffer throws(Errno) in
            try retryingLength {
                getxattr("/proc/self/fd/\(descriptor)", "system.posix_acl_access", buffer.baseAddress, buffer.count)
            }
        }
        self.init(try FileAttributes.of(descriptor), list: list)
    }

    /// Whether a user has one of these rights.
    public func admits(_ user: UserIdentity, _ rights: UInt32) -> Bool {
        if user.uid == 0 { return true }
        if user.uid == attributes.owner { return attributes.mode >> 6 & rights != 0 }
        if let entry = users.first(where: { $0.id == user.uid }) { return entry.bits & mask & rights != 0 }
        let own = groups.filter { user.groups.contains($0.id) }
        return own.isEmpty ? attributes.mode & rights != 0 : own.contains { $0.bits & mask & rights != 0 }
    }
}

/// All that stands between the root directory and a file.
public struct WalkedPath: Sendable {
    public struct Step: Sendable, Hashable {
        public let path: FilePath
        public let access: AccessBits
    }

    /// The directories above it, from the root on.
    public let above: [Step]
    public let end: AccessBits

    /// Walks along a path that has no symbolic links.
    ///
    /// - Parameter root: the root directory of the process whose path it is, such as /proc/PID/root.
    public init(_ path: FilePath, from root: FilePath = "/") throws(Errno) {
        let flags = mv_O_PATH | O_CLOEXEC
        var place = FilePath("/")
        var here = OwnedDescriptor(try retrying { root.withPlatformString { mv_openat(mv_AT_FDCWD, $0, flags, 0) } })
        var above: [Step] = []
        for component in path.components {
            above.append(Step(path: place, access: try AccessBits(here.raw)))
            let next = try retrying {
                component.withPlatformString { mv_openat(here.raw, $0, flags | O_NOFOLLOW, 0) }
            }
            here = OwnedDescriptor(next)
            place.append(component)
        }
        self.above = above
        end = try AccessBits(here.raw)
    }

    /// Whether a user gets to the file and may read it, list it or enter it.
    public func admits(_ user: UserIdentity) -> Bool { closedDoor(to: user) == nil && admitsAtEnd(user) }

    /// The first directory on the way that a user cannot enter.
    public func closedDoor(to user: UserIdentity) -> Step? {
        above.first { !$0.access.admits(user, AccessBits.search) }
    }

    private func admitsAtEnd(_ user: UserIdentity) -> Bool {
        let isDirectory = end.attributes.kind == .directory
        return end.admits(user, isDirectory ? AccessBits.read | AccessBits.search : AccessBits.read)
    }

    /// Whether it matters in which groups somebody is.
    public var asksForGroups: Bool { end.asksForGroups || above.contains { $0.access.asksForGroups } }

    /// Users of whom modes and access lists say something particular.
    public var namedUsers: Set<UInt32> {
        (above.map(\.access) + [end]).reduce(into: []) { $0.formUnion($1.namedUsers + [$1.attributes.owner]) }
    }
}

extension Collection {
    /// This collection in pieces of at most `size`.
    fileprivate func chunks(of size: Int) -> [SubSequence] {
        var pieces: [SubSequence] = []
        var rest = self[...]
        while !rest.isEmpty {
            pieces.append(rest.prefix(size))
            rest = rest.dropFirst(size)
        }
        return pieces
    }
}
