import CLinux
import LinuxSystem
import Synchronization

/// The one thread of a view that tells the kernel to forget: a notification may wait for a lock that a request holds,
/// so it is never sent from a thread that serves requests. Started with the first notification.
final class Invalidator: Sendable {
    private struct State {
        var waiting: [@Sendable () -> Void] = []
        var thread: SystemThread?
        var stopped = false
    }

    private let name: String
    private let state = Mutex(State())
    private let wake = OwnedDescriptor(eventfd(0, Int32(EFD_CLOEXEC)))

    init(name: String) { self.name = name }

    func add(_ notification: @escaping @Sendable () -> Void) {
        state.withLock { state in
            guard !state.stopped else { return }
            state.waiting.append(notification)
            if state.thread == nil { state.thread = SystemThread(name: name) { [self] in run() } }
        }
        signal()
    }

    /// Ends the thread; what still waits is dropped.
    func stop() {
        let thread = state.withLock { state in
            state.stopped = true
            state.waiting = []
            return state.thread
        }
        signal()
        thread?.join()
    }

    private func signal() { eventfd_write(wake.raw, 1) }

    private func run() {
        while true {
            var value: eventfd_t = 0
            eventfd_read(wake.raw, &value)
            let (work, stopped) = state.withLock { state in
                defer { state.waiting = [] }
                return (state.waiting, state.stopped)
            }
            if stopped { return }
            for notification in work { notification() }
        }
    }
}
