import CLinux
import LinuxSystem
import Redaction
import Synchronization
import SystemPackage

/// The redacted bytes of one version of one file, opened.
///
/// Made by ``RedactedContent/open(_:directory:onStale:)``; one serves all opens of a node, whoever counts those closes
/// it with the last. Safe to use from any thread.
public final class RedactedFile: Sendable {
    /// How the bytes are kept.
    public enum Kind: Sendable, Hashable {
        /// A patched clone: never stale, and the kernel may read it by itself.
        case snapshot
        /// The backing file under a lease: clean ranges from it, patched ranges from the plan.
        case router
        /// A patched copy in memory, because somebody is writing the backing file.
        case privateCopy
    }

    /// The version whose bytes are served. Its size is the number of bytes here. A copy of a file that changed all
    /// the while has a version that equals no other.
    public let version: ContentVersion
    public let plan: RedactionPlan
    public let kind: Kind
    private let descriptor: OwnedDescriptor
    /// Of the router.
    private let lease: Lease?
    /// Of the private copy: its memory.
    private let copy: PrivateCopies.Copy?
    private let isClosed = Atomic<Bool>(false)

    init(_ snapshot: Snapshot) {
        version = snapshot.version
        plan = snapshot.plan
        kind = .snapshot
        descriptor = snapshot.descriptor
        lease = nil
        copy = nil
    }

    init(_ copy: PrivateCopies.Copy) {
        version = copy.version
        plan = copy.plan
        kind = .privateCopy
        descriptor = copy.descriptor
        lease = nil
        self.copy = copy
    }

    init(_ lease: Lease, version: ContentVersion, plan: RedactionPlan) {
        self.version = version
        self.plan = plan
        kind = .router
        descriptor = lease.descriptor
        self.lease = lease
        copy = nil
    }

    deinit { close() }

    /// Length in bytes, for as long as the file is open.
    public var size: UInt64 { version.size }

    /// Somebody is about to change the backing file: reads fail from now on.
    public var isStale: Bool { lease.map { !$0.isHeld } ?? false }

    /// A file that the kernel may read in place of the service (FUSE_DEV_IOC_BACKING_OPEN); valid until ``close()``.
    public var passthroughDescriptor: Int32? { kind == .snapshot ? descriptor.raw : nil }

    /// Whether these are the bytes of the backing file that now has the version `current`.
    ///
    /// Under a lease the content cannot have changed though the times have, by a chmod or a rename.
    public func isCurrent(_ current: ContentVersion) -> Bool {
        if isStale { return false }
        return version == current || kind == .router && version.file == current.file && version.size == current.size
    }

    /// Reads up to `buffer.count` redacted bytes from `offset` on; fewer only at the end of the file.
    ///
    /// The bytes are those of ``version``. Allocates nothing.
    ///
    /// - Throws: ESTALE when the backing file has changed since; EBADF after ``close()``; errors of the medium. The
    ///   buffer then holds zeros.
    public func read(
        into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64
    ) throws(Errno) -> Int {
        guard !isClosed.load(ordering: .relaxed) else { throw .badFileDescriptor }
        guard let lease else { return try descriptor.readFully(into: buffer, at: offset, end: size) }
        do {
            let count = try lease.read { () throws(Errno) in
                try descriptor.readFully(into: buffer, at: offset, end: size)
            }
            plan.apply(to: UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]), at: offset)
            return count
        } catch {
            // Bytes of another version may have been read: nobody sees them.
            _ = buffer.initializeMemory(as: UInt8.self, repeating: 0)
            throw error
        }
    }

    /// Where data (SEEK_DATA) or a hole (SEEK_HOLE) is next. The whole file is data: holes would tell of patches.
    ///
    /// - Throws: ENXIO behind the end; EINVAL for any other `whence`.
    public func seek(_ offset: UInt64, whence: Int32) throws(Errno) -> UInt64 {
        guard whence == SEEK_DATA || whence == SEEK_HOLE else { throw .invalidArgument }
        guard offset < size else { throw .noSuchAddressOrDevice }
        return whence == SEEK_DATA ? offset : size
    }

    /// Gives up the lease and lets go of the bytes. Calls after the first do nothing.
    public func close() {
        guard !isClosed.exchange(true, ordering: .relaxed) else { return }
        lease?.release()
    }
}
