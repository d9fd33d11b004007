import LinuxSystem
import Synchronization

/// Byte-range locks of one view by backing file and owner, so that all variants of a file share them.
///
/// An owner is the kernel's number for a process's descriptor table (POSIX locks) or for an open file (OFD locks);
/// which of both it is, the kernel does not tell.
final class LockTable: Sendable {
    private final class Shard: Sendable {
        let files = Mutex<[FileIdentity: [UInt64: OwnerLocks]]>([:])
    }
    private let shards = (0..<16).map { _ in Shard() }
    private let count = Atomic<Int>(0)

    /// One owner's locks of a file, if he has asked for any.
    func locks(of owner: UInt64, on identity: FileIdentity) -> OwnerLocks? {
        shard(identity).files.withLock { $0[identity]?[owner] }
    }

    /// As ``locks(of:on:)``, made when first asked for.
    func madeLocks(of owner: UInt64, on identity: FileIdentity, file: OpenFile) -> OwnerLocks {
        shard(identity).files.withLock { files in
            if let known = files[identity]?[owner] { return known }
            let made = OwnerLocks(file: file)
            files[identity, default: [:]][owner] = made
            count.add(1, ordering: .acquiringAndReleasing)
            return made
        }
    }

    /// Locks of everybody else on a file.
    func others(than owner: UInt64, on identity: FileIdentity) -> [OwnerLocks] {
        shard(identity).files.withLock { files in
            files[identity]?.filter { $0.key != owner }.map(\.value) ?? []
        }
    }

    /// A process closed a descriptor of the file: all its POSIX locks on it end (close(2)).
    func end(of owner: UInt64, on identity: FileIdentity) {
        end(on: identity) { key, _ in key == owner }
    }

    /// The last descriptor of an open file was closed. Who locked by it last has closed it, and an OFD lock is its own.
    func end(takenBy file: OpenFile) {
        end(on: file.node.identity) { _, locks in locks.isTaken(by: file) }
    }

    private func end(on identity: FileIdentity, where ends: (UInt64, OwnerLocks) -> Bool) {
        guard count.load(ordering: .acquiring) > 0 else { return }
        let ended = shard(identity).files.withLock { files -> [OwnerLocks] in
            guard let known = files[identity] else { return [] }
            let ended = known.filter { ends($0.key, $0.value) }
            for owner in ended.keys { files[identity]?[owner] = nil }
            if files[identity]?.isEmpty ?? false { files[identity] = nil }
            count.subtract(ended.count, ordering: .acquiringAndReleasing)
            return Array(ended.values)
        }
        // What holds the locks is closed here, outside of the shard's lock.
        _ = ended
    }

    private func shard(_ identity: FileIdentity) -> Shard { shards[Int(mixed(identity.inode) & 15)] }
}
