import Synchronization

/// Opens for writing that met a `redacted` node and were answered with ESTALE: the lookup that the kernel sends next,
/// from the same thread, gets the `redacted-writable` node.
final class PendingUpgrades: Sendable {
    private struct Key: Hashable {
        let thread: Int32
        let file: FileIdentity
    }

    private let count = Atomic<Int>(0)
    private let waiting = Mutex<[Key: Void]>([:])

    func add(thread: Int32, file: FileIdentity) {
        waiting.withLock { waiting in
            // A thread that died between the two requests leaves an entry behind: bounded, not precise.
            if waiting.count > 4_096 { waiting.removeAll() }
            waiting[Key(thread: thread, file: file)] = ()
            count.store(waiting.count, ordering: .releasing)
        }
    }

    func contains(thread: Int32, file: FileIdentity) -> Bool {
        guard count.load(ordering: .acquiring) > 0 else { return false }
        return waiting.withLock { $0[Key(thread: thread, file: file)] != nil }
    }

    func remove(thread: Int32, file: FileIdentity) {
        guard count.load(ordering: .acquiring) > 0 else { return }
        waiting.withLock { waiting in
            waiting[Key(thread: thread, file: file)] = nil
            count.store(waiting.count, ordering: .releasing)
        }
    }
}
