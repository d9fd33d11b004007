import CLinux
import LinuxSystem
import Redaction
import Synchronization
import SystemPackage

/// Where the bytes of redacted variants come from, for all views of a library.
///
/// ``open(_:directory:onStale:)`` chooses for each version of a file: a snapshot where the filesystem can clone, the
/// router under a lease elsewhere, a private copy while somebody is writing. Whatever the way, the plan belongs to
/// exactly the bytes that are served. Safe to use from any thread; calls block.
public final class RedactedContent: Sendable {
    /// Makes the plan of a file whose content does not change meanwhile.
    public typealias Planner = @Sendable (FileSource) throws -> RedactionPlan

    public struct Options: Sendable {
        public enum Snapshots: String, Sendable {
            /// Where the filesystem can clone.
            case auto
            case off
        }

        public var snapshots = Snapshots.auto
        /// Plans that are kept.
        public var plans = 16_384
        /// Bytes of memory for kept plans.
        public var planBytes = 32 << 20
        /// Snapshots that are kept; each has a descriptor.
        public var keptSnapshots = 256
        /// Bytes of all files of which a snapshot is kept. A snapshot of a file that is deleted keeps its space.
        public var keptSnapshotBytes = 2 << 30
        /// Bytes of the largest file that is copied while somebody writes it.
        public var privateCopyBytes = 64 << 20
        /// Bytes of all private copies together.
        public var allPrivateCopyBytes = 512 << 20

        public init() {}
    }

    private static let attempts = 3

    private let options: Options
    private let planner: Planner
    let plans: PlanCache
    let maker: SnapshotMaker
    let snapshots: BoundedCache<Snapshot>
    private let snapshotting = SharedWork<ContentVersion, Snapshot?>()
    let copies: PrivateCopies
    let counters = RedactedCounters()

    public init(
        options: Options = Options(), planner: @escaping Planner = { try Redaction.plan(for: $0) }
    ) {
        self.options = options
        self.planner = planner
        plans = PlanCache(count: options.plans, bytes: options.planBytes)
        maker = SnapshotMaker(planner: planner)
        snapshots = BoundedCache(count: options.keptSnapshots, bytes: options.keptSnapshotBytes, shards: 1)
        copies = PrivateCopies(
            limit: options.privateCopyBytes, total: options.allPrivateCopyBytes, planner: planner)
    }

    /// Opens the redacted bytes of a backing file.
    ///
    /// - Parameters:
    ///   - descriptor: the backing file, opened just for this with O_RDONLY|O_NONBLOCK; the lease is taken on it.
    ///   - directory: a directory of the same filesystem, for snapshots; O_PATH is enough.
    ///   - onStale: called once, on a thread of its own, when somebody is changing the backing file and reads of the
    ///     router fail from now on. May be called before this function returns; is not called after
    ///     ``RedactedFile/close()``, except for a call that is already running.
    /// - Throws: EBUSY when somebody is writing a file that is too large for a private copy; EINVAL when it is no
    ///   regular file; errors of the medium.
    public func open(
        _ descriptor: OwnedDescriptor, directory: OwnedDescriptor, onStale: @escaping @Sendable () -> Void
    ) throws(Errno) -> RedactedFile {
        if let known = cached(try ContentVersion.of(descriptor)) { return known }
        for _ in 0..<RedactedContent.attempts {
            // Without a lease somebody is writing (or the filesystem has none): nothing may be kept or shared.
            let lease = try? LeaseKeeper.shared.take(descriptor)
            let made = Result.of { () throws(Errno) in
                try open(descriptor, directory: directory, lease: lease)
            }
            if let lease, case .success(let file?) = made, file.kind == .router {
                lease.onBreak(onStale)
                return file
            }
            // An error under a lease that broke is the error of a file in change: again.
            let isInChange = lease.map { !$0.isWhole } ?? false
            lease?.release()
            if case .failure = made, isInChange { continue }
            if let file = try made.get() { return file }
        }
        return RedactedFile(try copies.make(of: descriptor))
    }

    /// Opens the redacted bytes of a file that the service itself has open for writing: a copy in memory is cheaper than
    /// a clone, which writes the file's dirty pages out first.
    func openPrivately(_ descriptor: OwnedDescriptor, directory: OwnedDescriptor) throws(Errno) -> RedactedFile {
        do {
            return RedactedFile(try copies.make(of: descriptor))
        } catch {
            guard error == .resourceBusy else { throw error }
            return try open(descriptor, directory: directory) {}
        }
    }

    /// The redacted bytes of a version of which a snapshot is kept; needs no descriptor of the backing file.
    public func cached(_ version: ContentVersion) -> RedactedFile? {
        guard options.snapshots == .auto, let snapshot = snapshots.value(for: version) else { return nil }
        counters.snapshotHits.add(1, ordering: .relaxed)
        return RedactedFile(snapshot)
    }

    /// The plan of a version, if it is kept.
    public func plan(of version: ContentVersion) -> RedactionPlan? { plans.plan(of: version) }

    /// Drops snapshots that nobody has opened since the last call, so that deleted files free their space. Call it
    /// about once a minute.
    public func housekeep() { snapshots.dropUnused() }

    /// Drops what is kept of one file: it has been deleted.
    public func forget(device: UInt64, inode: UInt64) {
        let file = FileKey(device: device, inode: inode)
        snapshots.remove(file)
        plans.remove(file)
    }

    // MARK: one attempt

    /// nil: the file changed meanwhile.
    private func open(
        _ descriptor: OwnedDescriptor, directory: OwnedDescriptor, lease: Lease?
    ) throws(Errno) -> RedactedFile? {
        // After the lease was taken: nobody changes the file from here on, or the lease tells.
        let version = try ContentVersion.of(descriptor)
        let makesSnapshot = options.snapshots == .auto && maker.mayClone(version.device)
        guard let lease else {
            if makesSnapshot, let snapshot = maker.make(of: descriptor, nil, directory: directory) {
                return RedactedFile(snapshot)
            }
            return RedactedFile(try copies.make(of: descriptor))
        }
        let isStable = version.isSettled()
        if makesSnapshot, isStable {
            let snapshot = try snapshotting.value(for: version) { () throws(Errno) in
                try makeSnapshot(lease, version, directory, isStable: true)
            }
            if let snapshot { return RedactedFile(snapshot) }
        } else if makesSnapshot, let snapshot = try makeSnapshot(lease, version, directory, isStable: false) {
            return RedactedFile(snapshot)
        }
        let plan = try plan(lease, version, isStable: isStable)
        guard lease.isWhole else { return nil }
        return RedactedFile(lease, version: version, plan: plan)
    }

    private func makeSnapshot(
        _ lease: Lease, _ version: ContentVersion, _ directory: OwnedDescriptor, isStable: Bool
    ) throws(Errno) -> Snapshot? {
        if isStable, let known = snapshots.value(for: version) { return known }
        let plan = try plan(lease, version, isStable: isStable)
        let held = SnapshotMaker.Held(lease: lease, version: version, plan: plan)
        guard let snapshot = maker.make(of: lease.descriptor, held, directory: directory) else { return nil }
        if isStable, snapshot.version == version, lease.isWhole {
            snapshots.insert(snapshot, cost: Int(clamping: version.size), for: version)
        }
        return snapshot
    }

    func plan(_ lease: Lease, _ version: ContentVersion, isStable: Bool) throws(Errno) -> RedactionPlan {
        guard isStable else { return try plans.unkept { () throws(Errno) in try planNow(lease, version) } }
        return try plans.plan(of: version, under: lease) { () throws(Errno) in try planNow(lease, version) }
    }

    private func planNow(_ lease: Lease, _ version: ContentVersion) throws(Errno) -> RedactionPlan {
        try RedactedContent.plan(lease.descriptor, size: version.size, planner)
    }

    /// Runs the planner on an open file.
    ///
    /// - Throws: the medium's errno; EIO for anything else that a planner throws.
    static func plan(_ file: OwnedDescriptor, size: UInt64, _ planner: Planner) throws(Errno) -> RedactionPlan {
        let plan: RedactionPlan
        do {
            plan = try planner(FileSource(file, size: size))
        } catch {
            throw error as? Errno ?? .ioError
        }
        guard plan.size == size else { throw .ioError }
        return plan
    }
}
