import CLinux
import LinuxSystem
import Synchronization
import SystemPackage

/// A place in the pool for one session: how many of its requests run, and whether another worker watches it.
///
/// The session's descriptor is armed in epoll for one event only. The worker that gets it **leads** the session: it
/// serves requests and looks out for the next one without letting another worker wake for it. It arms the descriptor
/// again when it gives up, before anything that may take long, or when requests come faster than it serves them.
final class SessionSlot: Sendable {
    private struct State {
        var session: ViewSession?
        var running = 0
        var leaving = false
    }
    private let state = Mutex(State())
    private let token: UInt64
    private let epoll: OwnedDescriptor

    /// When the leader began its present request, in nanoseconds of the monotonic clock; 0 while it serves none or
    /// has armed the descriptor.
    let leadingSince = Atomic<UInt64>(0)

    init(token: UInt64, epoll: OwnedDescriptor) {
        self.token = token
        self.epoll = epoll
    }

    func take(_ session: ViewSession) -> Bool {
        state.withLock { state in
            guard state.session == nil else { return false }
            state = State(session: session)
            return true
        }
    }

    func holds(_ session: ViewSession) -> Bool { state.withLock { $0.session === session } }

    func enter() -> ViewSession? {
        state.withLock { state in
            guard !state.leaving, let session = state.session else { return nil }
            state.running += 1
            return session
        }
    }

    func exit() { state.withLock { $0.running -= 1 } }

    /// Lets the leader know that it should go.
    var isLeaving: Bool { state.withLock { $0.leaving } }

    /// Waits until no request runs, then frees the slot.
    func leave() {
        state.withLock { $0.leaving = true }
        while state.withLock({ $0.running }) > 0 { usleep(200) }
        state.withLock { $0 = State() }
    }

    /// Registers the descriptor, armed.
    func watch(_ descriptor: Int32) throws(Errno) { _ = try checked(control(EPOLL_CTL_ADD, descriptor)) }

    /// Arms the descriptor again: the next request may wake another worker.
    func arm(_ descriptor: Int32) { _ = control(EPOLL_CTL_MOD, descriptor) }

    /// Arms the descriptor for a leader that has been busy with one request since before `limit`.
    func armIfStuck(since limit: UInt64) {
        let since = leadingSince.load(ordering: .relaxed)
        guard since != 0, since < limit else { return }
        guard leadingSince.compareExchange(expected: since, desired: 0, ordering: .relaxed).exchanged else { return }
        guard let session = enter() else { return }
        arm(session.descriptor)
        exit()
    }

    private func control(_ operation: Int32, _ descriptor: Int32) -> Int32 {
        var event = epoll_event()
        event.events = EPOLLIN.rawValue | EPOLLONESHOT.rawValue
        event.data.u64 = token
        return epoll_ctl(epoll.raw, operation, descriptor, &event)
    }
}

/// The monotonic clock in nanoseconds.
@inline(__always)
func monotonicNanoseconds() -> UInt64 {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return UInt64(now.tv_sec) &* 1_000_000_000 &+ UInt64(now.tv_nsec)
}
