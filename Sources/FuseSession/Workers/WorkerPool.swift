import CFuse
import CLinux
import LinuxSystem
import Logging
import Synchronization
import SystemPackage

/// The threads that serve all mounted views.
///
/// Workers wait with epoll for the non-blocking /dev/fuse descriptors of all sessions and a stop eventfd. A worker
/// takes one request from a session before it looks at the others, so a busy view does not starve another one.
public final class WorkerPool: Sendable {
    private let epoll: OwnedDescriptor
    private let stopEvent: OwnedDescriptor
    private let slots: [SessionSlot]
    private let threads: Mutex<[SystemThread]> = Mutex([])
    private let logger: Logger

    private static let stopToken = UInt64.max

    /// - Parameters:
    ///   - workers: number of threads, 1 or more.
    ///   - capacity: how many views can be served at once.
    public init(workers: Int, capacity: Int = 4_096, logger: Logger) throws(Errno) {
        self.logger = logger
        epoll = OwnedDescriptor(try checked(epoll_create1(Int32(EPOLL_CLOEXEC))))
        stopEvent = OwnedDescriptor(
            try checked(eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))))
        slots = (0..<capacity).map { _ in SessionSlot() }
        try watch(stopEvent.raw, token: WorkerPool.stopToken)
        threads.withLock { threads in
            threads = (0..<max(1, workers)).map { index in
                SystemThread(name: "worker-\(index)") { [self] in work() }
            }
        }
    }

    /// Serves `session` from now on.
    ///
    /// - Throws: ENOSPC when the pool serves as many views as it can.
    public func add(_ session: ViewSession) throws(Errno) {
        for (index, slot) in slots.enumerated() where slot.take(session) {
            do {
                try watch(session.descriptor, token: UInt64(index))
            } catch {
                slot.leave()
                throw error
            }
            return
        }
        throw .noSpace
    }

    /// Serves `session` no longer; returns when no worker has a request of it.
    public func remove(_ session: ViewSession) {
        _ = epoll_ctl(epoll.raw, EPOLL_CTL_DEL, session.descriptor, nil)
        for slot in slots where slot.holds(session) { slot.leave() }
    }

    /// Ends all workers; each finishes the request that it has.
    public func stop() {
        eventfd_write(stopEvent.raw, 1)
        for thread in threads.withLock({ $0 }) { thread.join() }
    }

    private func watch(_ descriptor: Int32, token: UInt64) throws(Errno) {
        var event = epoll_event()
        event.events = EPOLLIN.rawValue
        event.data.u64 = token
        _ = try checked(epoll_ctl(epoll.raw, EPOLL_CTL_ADD, descriptor, &event))
    }

    private func work() {
        do { try ThreadCredentials.becomeWorker() } catch {
            logger.warning("a worker keeps the service's capabilities", metadata: ["errno": "\(error)"])
        }
        let worker = Worker()
        defer { worker.close() }
        while true {
            var event = epoll_event()
            let count = epoll_wait(epoll.raw, &event, 1, -1)
            if count < 0 && mv_errno() != EINTR { return }
            if count < 1 { continue }
            if event.data.u64 == WorkerPool.stopToken { return }
            guard let index = Int(exactly: event.data.u64), slots.indices.contains(index) else { continue }
            let slot = slots[index]
            guard let session = slot.enter() else { continue }
            let isAlive = worker.serveOne(session)
            if !isAlive { _ = epoll_ctl(epoll.raw, EPOLL_CTL_DEL, session.descriptor, nil) }
            slot.exit()
        }
    }
}

/// A place in the pool for one session, with the number of its running requests.
final class SessionSlot: Sendable {
    private struct State {
        var session: ViewSession?
        var running = 0
        var leaving = false
    }
    private let state = Mutex(State())

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

    /// Waits until no request runs, then frees the slot.
    func leave() {
        state.withLock { $0.leaving = true }
        while state.withLock({ $0.running }) > 0 { usleep(500) }
        state.withLock { $0 = State() }
    }
}
