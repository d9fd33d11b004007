import CLinux
import LinuxSystem
import Redaction
import SystemPackage

extension RedactedContent {
    /// Whether the file's content has a location, or might have one: whoever may not know it may then not write in
    /// place.
    ///
    /// True also where it cannot be told: the file is too large to be copied while somebody writes it, or cannot be
    /// read. An answer is about the file as it is during the call.
    ///
    /// - Parameter descriptor: of a regular file; O_PATH is enough.
    /// - Throws: EBADF for no descriptor, EINVAL when it is no regular file.
    public func carriesLocation(_ descriptor: Int32) throws(Errno) -> Bool {
        let known = try ContentVersion.of(descriptor)
        if known.size == 0 { return false }
        do {
            return try !planNow(openAgain(descriptor)).isEmpty
        } catch {
            return true
        }
    }

    /// Whether somebody has the file open for writing, the caller included; true also where that cannot be told.
    ///
    /// What such a file carries may be another thing a moment later: a file without location that a camera has just
    /// made will have one.
    ///
    /// - Parameter descriptor: of a regular file; O_PATH is enough.
    public func isBeingWritten(_ descriptor: Int32) -> Bool {
        guard let file = try? openAgain(descriptor), let lease = try? LeaseKeeper.shared.take(file) else { return true }
        lease.release()
        return false
    }

    /// A lease belongs to the open file, and the caller may have one on his own.
    private func openAgain(_ descriptor: Int32) throws(Errno) -> OwnedDescriptor {
        let flags = O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY
        return OwnedDescriptor(try withProcPath(descriptor) { mv_openat(mv_AT_FDCWD, $0, flags, 0) })
    }

    private func planNow(_ file: OwnedDescriptor) throws(Errno) -> RedactionPlan {
        if let lease = try? LeaseKeeper.shared.take(file) {
            defer { lease.release() }
            let version = try ContentVersion.of(file)
            let plan = try plan(lease, version, isStable: version.isSettled())
            if lease.isWhole { return plan }
        }
        return try copies.make(of: file).plan
    }
}
