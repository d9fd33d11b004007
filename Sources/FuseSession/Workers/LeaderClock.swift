import CLinux
import LinuxSystem
import Synchronization

/// Looks every few milliseconds whether a leader is stuck in one request, and lets another worker take over its session.
/// Sleeps while the pool is idle.
final class LeaderClock: Sendable {
    private static let period: UInt64 = 4_000_000

    private let wake = OwnedDescriptor(eventfd(0, Int32(EFD_CLOEXEC)))
    private let isAwake = Atomic<Bool>(false)
    private let lastActivity = Atomic<UInt64>(0)
    private let stopped = Atomic<Bool>(false)

    /// A worker leads a session from now on.
    func note() {
        lastActivity.store(monotonicNanoseconds(), ordering: .relaxed)
        if !isAwake.load(ordering: .relaxed) {
            isAwake.store(true, ordering: .relaxed)
            eventfd_write(wake.raw, 1)
        }
    }

    func stop() {
        stopped.store(true, ordering: .releasing)
        eventfd_write(wake.raw, 1)
    }

    /// The clock's thread: calls `check` with the time before which a request counts as stuck.
    func run(_ check: (UInt64) -> Void) {
        while !stopped.load(ordering: .acquiring) {
            let now = monotonicNanoseconds()
            if now &- lastActivity.load(ordering: .relaxed) > 25 * LeaderClock.period {
                isAwake.store(false, ordering: .sequentiallyConsistent)
                check(now &- LeaderClock.period)
                var value: eventfd_t = 0
                eventfd_read(wake.raw, &value)
                continue
            }
            check(now &- LeaderClock.period)
            usleep(4_000)
        }
    }
}
