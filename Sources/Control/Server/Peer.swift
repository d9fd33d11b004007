import CLinux

/// Who is at the other end of a connection, as the kernel knows it from the moment it was made.
public struct Peer: Sendable, Hashable {
    public let uid: UInt32
    public let gid: UInt32
    /// The process that connected; it may have handed the connection on.
    public let pid: Int32
    /// Root, or a member of the administrators' group.
    public let isAdministrator: Bool

    public init(uid: UInt32, gid: UInt32, pid: Int32, isAdministrator: Bool) {
        self.uid = uid
        self.gid = gid
        self.pid = pid
        self.isAdministrator = isAdministrator
    }
}

extension Peer {
    /// The peer of a connected Unix socket (SO_PEERCRED and SO_PEERGROUPS, unix(7)); `nil` if the kernel does not say.
    init?(socket: Int32, administratorGroup: UInt32?) {
        var credentials = ucred()
        var length = socklen_t(MemoryLayout<ucred>.size)
        guard getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0 else { return nil }
        var isAdministrator = credentials.uid == 0
        if let administratorGroup, !isAdministrator {
            isAdministrator =
                credentials.gid == administratorGroup || Self.groups(socket: socket).contains(administratorGroup)
        }
        self.init(
            uid: credentials.uid, gid: credentials.gid, pid: credentials.pid, isAdministrator: isAdministrator)
    }

    /// The peer's supplementary groups; none if the kernel does not say.
    private static func groups(socket: Int32) -> [gid_t] {
        var groups = [gid_t](repeating: 0, count: 64)
        while true {
            var length = socklen_t(groups.count * MemoryLayout<gid_t>.stride)
            if getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, &groups, &length) == 0 {
                return Array(groups.prefix(Int(length) / MemoryLayout<gid_t>.stride))
            }
            // ERANGE: `length` is now what it takes, at most NGROUPS_MAX (65,536) groups.
            let wanted = Int(length) / MemoryLayout<gid_t>.stride
            guard mv_errno() == ERANGE, wanted > groups.count, wanted <= 65_536 else { return [] }
            groups = [gid_t](repeating: 0, count: wanted)
        }
    }
}
