import CLinux
import LinuxSystem
import Redaction
import Synchronization
import SystemPackage

/// The redacted bytes of one version as a file without a name, which shares its clean ranges with the original.
final class Snapshot: Sendable {
    let version: ContentVersion
    let plan: RedactionPlan
    /// Read-only, and nobody has it open for writing any more.
    let descriptor: OwnedDescriptor

    init(version: ContentVersion, plan: RedactionPlan, descriptor: OwnedDescriptor) {
        self.version = version
        self.plan = plan
        self.descriptor = descriptor
    }
}

/// Makes snapshots where the library's filesystem can clone: XFS, Btrfs, bcachefs.
///
/// The plan is that of the clone's bytes, which nobody else can change. Where a lease proves that the source had the
/// same bytes from before planning until after cloning, they are read from the source, because its pages are in
/// memory and a clone's never are; otherwise from the clone.
final class SnapshotMaker: Sendable {
    private let planner: RedactedContent.Planner
    /// Devices whose filesystem has no clones: not asked again.
    private let incapable = Mutex<Set<UInt64>>([])
    let made = Atomic<Int>(0)
    let failed = Atomic<Int>(0)

    init(planner: @escaping RedactedContent.Planner) { self.planner = planner }

    /// Whether it is worth trying on the filesystem of `device`.
    func mayClone(_ device: UInt64) -> Bool { incapable.withLock { !$0.contains(device) } }

    /// A source whose content is known not to change while the lease is whole.
    struct Held {
        let lease: Lease
        /// Read after the lease was taken.
        let version: ContentVersion
        /// The plan of that version.
        let plan: RedactionPlan
    }

    /// A snapshot of the file as it is now; nil when none can be made, for whatever reason.
    ///
    /// - Parameters:
    ///   - source: opened for reading.
    ///   - held: what is known of it under a lease.
    ///   - directory: any directory of the same filesystem; nothing appears in it.
    func make(of source: OwnedDescriptor, _ held: Held?, directory: OwnedDescriptor) -> Snapshot? {
        guard let version = try? ContentVersion.of(source), mayClone(version.device) else { return nil }
        do {
            let target = OwnedDescriptor(try retrying { mv_unnamed_file(directory.raw) })
            var snapshot = try held.flatMap { held throws(Errno) in try clone(source, held, into: target) }
            if snapshot == nil { snapshot = try clone(source, version, into: target) }
            made.add(1, ordering: .relaxed)
            return snapshot
        } catch {
            // No reason to fail: the router serves everything that a snapshot does.
            if SnapshotMaker.isForGood(error) { incapable.withLock { _ = $0.insert(version.device) } }
            failed.add(1, ordering: .relaxed)
            return nil
        }
    }

    /// nil: somebody came to write meanwhile.
    private func clone(_ source: OwnedDescriptor, _ held: Held, into target: OwnedDescriptor) throws(Errno) -> Snapshot?
    {
        _ = try retrying { mv_clone(target.raw, source.raw) }
        try PlanWriter.write(held.plan, into: target, from: source)
        // Asked last: until here the source had the bytes that were planned, and so has the clone.
        guard held.lease.isWhole else { return nil }
        return Snapshot(version: held.version, plan: held.plan, descriptor: try readOnly(target))
    }

    private func clone(
        _ source: OwnedDescriptor, _ before: ContentVersion, into target: OwnedDescriptor
    ) throws(Errno) -> Snapshot {
        _ = try retrying { ftruncate(target.raw, 0) }
        _ = try retrying { mv_clone(target.raw, source.raw) }
        let size = try FileAttributes.of(target.raw).size
        let plan = try RedactedContent.plan(target, size: size, planner)
        try PlanWriter.write(plan, into: target, from: target)
        var version = try ContentVersion.of(source)
        if version != before { version.changed = .never }
        version.size = size
        return Snapshot(version: version, plan: plan, descriptor: try readOnly(target))
    }

    private func readOnly(_ file: OwnedDescriptor) throws(Errno) -> OwnedDescriptor {
        OwnedDescriptor(try withProcPath(file.raw) { mv_openat(mv_AT_FDCWD, $0, O_RDONLY | O_CLOEXEC, 0) })
    }

    /// ioctl_ficlone(2), open(2): the filesystem has no clones, or no files without a name.
    private static func isForGood(_ error: Errno) -> Bool {
        switch error {
        case .notSupportedOnSocket, .inappropriateIOCTLForDevice, .noFunction, .isDirectory: true
        default: false
        }
    }
}
