import CLinux
import SystemPackage

/// What one thread may do, changed for one thread only.
///
/// Worker threads act on the library with the service's privileges; what an operation creates must belong to
/// its caller, so the thread's filesystem uid and gid change for that one system call.
public enum ThreadCredentials {
    private static let overrideAccess: UInt64 = 1 << 1 | 1 << 2
    private static let keepSetID: UInt64 = 1 << 4
    private static let ignoreQuota: UInt64 = 1 << 24

    /// Prepares the calling thread for serving requests, for the rest of its life:
    /// its own umask, and neither CAP_FSETID (so that writes and truncations clear set-id bits as for any user)
    /// nor CAP_SYS_RESOURCE (so that quotas and reserved blocks hold).
    public static func becomeWorker() throws(Errno) {
        _ = try checked(unshare(CLONE_FS))
        umask(0)
        var capabilities = mv_capabilities()
        _ = try checked(mv_thread_capabilities(&capabilities))
        capabilities.effective &= ~(keepSetID | ignoreQuota)
        capabilities.permitted &= ~(keepSetID | ignoreQuota)
        _ = try checked(mv_thread_set_capabilities(&capabilities))
    }

    /// Runs `body` with the filesystem uid and gid of a caller, so that what it creates is his.
    ///
    /// The access decision was made before (by the kernel from the view's mode bits, or by policy), so the right to
    /// override the backing directory's modes is kept: supplementary groups need not be asked for.
    @inline(__always)
    public static func asCaller<T>(
        uid: UInt32, gid: UInt32, umask mask: UInt32, _ body: () throws(Errno) -> T
    ) throws(Errno) -> T {
        if mask != 0 { umask(mask) }
        if gid != 0 { _ = mv_thread_setfsgid(gid) }
        if uid != 0 {
            _ = mv_thread_setfsuid(uid)
            raiseAccess()
        }
        defer {
            // Raising the filesystem uid to 0 again brings the filesystem capabilities back (capabilities(7)).
            if uid != 0 { _ = mv_thread_setfsuid(0) }
            if gid != 0 { _ = mv_thread_setfsgid(0) }
            if mask != 0 { umask(0) }
        }
        return try body()
    }

    /// Runs `body` with another filesystem gid, as a member of that group.
    public static func inGroup<T>(_ gid: UInt32, _ body: () throws(Errno) -> T) throws(Errno) -> T {
        if gid != 0 { _ = mv_thread_setfsgid(gid) }
        defer { if gid != 0 { _ = mv_thread_setfsgid(0) } }
        return try body()
    }

    private static func raiseAccess() {
        var capabilities = mv_capabilities()
        guard mv_thread_capabilities(&capabilities) == 0 else { return }
        capabilities.effective |= overrideAccess & capabilities.permitted
        _ = mv_thread_set_capabilities(&capabilities)
    }
}
