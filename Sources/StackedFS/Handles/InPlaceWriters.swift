import Synchronization

/// Open `redacted-writable` files of one library, by backing inode.
///
/// Who may not see a file's location may have it open for writing while it carries none. When somebody else opens it for
/// writing a location may come in, and whoever could still write could damage a header and read what then is no longer
/// recognised. So these handles lose their right to write at that moment.
final class InPlaceWriters: Sendable {
    private final class Shard: Sendable {
        let files = Mutex<[FileIdentity: [OpenFile]]>([:])
    }
    private let shards = (0..<16).map { _ in Shard() }
    private let count = Atomic<Int>(0)

    func add(_ file: OpenFile) {
        count.add(1, ordering: .acquiringAndReleasing)
        shard(file.node.identity).files.withLock { $0[file.node.identity, default: []].append(file) }
    }

    func remove(_ file: OpenFile) {
        count.subtract(1, ordering: .acquiringAndReleasing)
        shard(file.node.identity).files.withLock { files in
            files[file.node.identity]?.removeAll { $0 === file }
            if files[file.node.identity]?.isEmpty ?? false { files[file.node.identity] = nil }
        }
    }

    /// Whether `opener` has the file open for writing already.
    func has(_ identity: FileIdentity, opener: OpenFile.Opener) -> Bool {
        guard count.load(ordering: .acquiring) > 0 else { return false }
        return shard(identity).files.withLock { $0[identity]?.contains { $0.opener == opener } ?? false }
    }

    /// Somebody opens the file for writing: everybody else's handles lose that right.
    func revoke(_ identity: FileIdentity, except opener: OpenFile.Opener) {
        guard count.load(ordering: .acquiring) > 0 else { return }
        let others = shard(identity).files.withLock { $0[identity]?.filter { $0.opener != opener } ?? [] }
        for file in others { file.lostWriting.store(true, ordering: .releasing) }
    }

    private func shard(_ identity: FileIdentity) -> Shard { shards[Int(mixed(identity.inode) & 15)] }
}
