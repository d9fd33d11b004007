import CLinux
import Glibc
import LinuxSystem
import Synchronization
import SystemPackage

/// A read lease on one open backing file: while it is whole, nobody can change the file's content.
///
/// The kernel refuses it while anybody has the file open or mapped for writing. Once it is had, opening for writing
/// and truncating wait until it is released, which the ``LeaseKeeper``'s thread does within about 60 ms. Reads go
/// through ``read(_:)``, which gives bytes only if the lease was whole when they had been read.
final class Lease: Sendable {
    /// Only forward: taking → held → breaking → releasing → ended or lost.
    private enum Phase {
        static let taking: UInt8 = 0
        static let held: UInt8 = 1
        /// Somebody wants to write; running reads finish, no further ones begin.
        static let breaking: UInt8 = 2
        static let releasing: UInt8 = 3
        /// Released by us; it was whole until then.
        static let ended: UInt8 = 4
        /// The kernel took it away: it waits for at most /proc/sys/fs/lease-break-time seconds.
        static let lost: UInt8 = 5
    }

    let descriptor: OwnedDescriptor
    private let phase = Atomic<UInt8>(Phase.taking)
    private let runningReads = Atomic<Int>(0)
    private let listener = Mutex(Listener.none)

    private enum Listener {
        case none
        case some(@Sendable () -> Void)
        /// The lease broke, told or not.
        case broken
        case released
    }

    init(_ descriptor: OwnedDescriptor) { self.descriptor = descriptor }

    /// Whether nobody has tried to write since the lease was taken, as far as the service has heard.
    var isHeld: Bool { phase.load(ordering: .acquiring) == Phase.held }

    /// Whether nobody has tried to write since the lease was taken. Asks the kernel.
    var isWhole: Bool { isHeld && mv_has_lease(descriptor.raw) != 0 }

    var isBusy: Bool { runningReads.load(ordering: .sequentiallyConsistent) > 0 }

    /// Runs `body`, which reads the file, and gives its result if nobody could write before it was done.
    ///
    /// The clock decides nothing here: also when the whole service stood still for longer than the kernel waits for a
    /// lease, the kernel's word after the read tells.
    ///
    /// - Throws: ESTALE when the lease is gone, and what `body` throws.
    func read(_ body: () throws(Errno) -> Int) throws(Errno) -> Int {
        runningReads.add(1, ordering: .sequentiallyConsistent)
        guard phase.load(ordering: .sequentiallyConsistent) == Phase.held else {
            runningReads.subtract(1, ordering: .sequentiallyConsistent)
            throw .staleNFSFileHandle
        }
        let result = Result.of(body)
        let isWhole = mv_has_lease(descriptor.raw) != 0
        let wasEarly = phase.load(ordering: .sequentiallyConsistent) < Phase.releasing
        runningReads.subtract(1, ordering: .sequentiallyConsistent)
        if !isWhole { try confirm(wasEarly: wasEarly) }
        return try result.get()
    }

    /// Somebody is breaking the lease; the bytes are good if our own release finds it still there.
    private func confirm(wasEarly: Bool) throws(Errno) {
        guard wasEarly else { throw .staleNFSFileHandle }
        for _ in 0..<500 {
            let phase = phase.load(ordering: .sequentiallyConsistent)
            if phase == Phase.ended { return }
            if phase == Phase.lost { break }
            usleep(1_000)
        }
        throw .staleNFSFileHandle
    }

    /// Says who is told, once and on the notifier's thread, when somebody else breaks the lease. Told at once if that
    /// has happened already; not told after ``release()``, except by a call that is already running.
    func onBreak(_ told: @escaping @Sendable () -> Void) {
        let isBroken = listener.withLock { listener in
            if case .broken = listener { return true }
            listener = .some(told)
            return false
        }
        if isBroken { LeaseKeeper.shared.tell(told) }
    }

    /// Gives the lease up if it is still there.
    func release() {
        listener.withLock { $0 = .released }
        end()
        LeaseKeeper.shared.forget(self)
    }

    // MARK: for the keeper

    /// The kernel has granted the lease.
    ///
    /// - Returns: whether it is still whole; if not, an announcement may have come before this call and been ignored.
    func hold() -> Bool {
        phase.store(Phase.held, ordering: .sequentiallyConsistent)
        return mv_has_lease(descriptor.raw) != 0
    }

    /// Notes that the kernel announced a break.
    ///
    /// - Returns: whether it is a break of this lease and the first announcement of it.
    func begin() -> Bool {
        guard mv_has_lease(descriptor.raw) == 0 else { return false }
        return phase.compareExchange(
            expected: Phase.held, desired: Phase.breaking, ordering: .sequentiallyConsistent
        ).exchanged
    }

    /// Lets the writer go on.
    ///
    /// - Returns: who is to be told that the content is no longer what it was.
    func finish() -> (@Sendable () -> Void)? {
        end()
        LeaseKeeper.shared.forget(self)
        let told = listener.withLock { listener -> (@Sendable () -> Void)? in
            let known = listener
            if case .released = known { return nil }
            listener = .broken
            if case .some(let told) = known { return told }
            return nil
        }
        guard let told else { return nil }
        // Who has let go of the file since is not told.
        return { if !self.isReleased { told() } }
    }

    private var isReleased: Bool {
        listener.withLock { listener in
            if case .released = listener { return true }
            return false
        }
    }

    private func end() {
        // Stored before the system call: a read that still finds an earlier phase was done before it.
        var known = phase.load(ordering: .sequentiallyConsistent)
        while known < Phase.releasing {
            let (isOurs, now) = phase.compareExchange(
                expected: known, desired: Phase.releasing, ordering: .sequentiallyConsistent)
            if isOurs {
                // EAGAIN: no lease there any more.
                let wasThere = mv_release_lease(descriptor.raw) == 0
                phase.store(wasThere ? Phase.ended : Phase.lost, ordering: .sequentiallyConsistent)
                return
            }
            known = now
        }
    }
}
