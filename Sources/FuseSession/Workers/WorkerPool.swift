import CFuse
import CLinux
import LinuxSystem
import Logging
import Synchronization
import SystemPackage

/// The threads that serve all mounted views.
///
/// Workers wait with epoll for the non-blocking /dev/fuse descriptors of all sessions and a stop eventfd. A worker
/// takes a bounded number of requests from a session before it looks at the others, so a busy view does not starve
/// another one.
public final class WorkerPool: Sendable {
    private let epoll: OwnedDescriptor
    private let stopEvent: OwnedDescriptor
    private let slots: [SessionSlot]
    /// Slots from here on have never held a session.
    private let used = Atomic<Int>(0)
    private let clock = LeaderClock()
    private let threads: Mutex<[SystemThread]> = Mutex([])
    private let logger: Logger

    private static let stopToken = UInt64.max

    /// - Parameters:
    ///   - workers: number of threads, 1 or more.
    ///   - capacity: how many views can be served at once.
    public init(workers: Int, capacity: Int = 4_096, logger: Logger) throws(Errno) {
        self.logger = logger
        let epoll = OwnedDescriptor(try checked(epoll_create1(Int32(EPOLL_CLOEXEC))))
        self.epoll = epoll
        stopEvent = OwnedDescriptor(
            try checked(eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))))
        slots = (0..<capacity).map { SessionSlot(token: UInt64($0), epoll: epoll) }
        var event = epoll_event()
        event.events = EPOLLIN.rawValue
        event.data.u64 = WorkerPool.stopToken
        _ = try checked(epoll_ctl(epoll.raw, EPOLL_CTL_ADD, stopEvent.raw, &event))
        threads.withLock { threads in
            threads = (0..<max(1, workers)).map { index in
                SystemThread(name: "worker-\(index)") { [self] in work() }
            }
            threads.append(SystemThread(name: "leader-clock") { [self] in runClock() })
        }
    }

    /// Serves `session` from now on.
    ///
    /// - Throws: ENOSPC when the pool serves as many views as it can.
    public func add(_ session: ViewSession) throws(Errno) {
        for (index, slot) in slots.enumerated() where slot.take(session) {
            used.max(index + 1, ordering: .relaxed)
            do {
                try slot.watch(session.descriptor)
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
        clock.stop()
        for thread in threads.withLock({ $0 }) { thread.join() }
    }

    private func runClock() {
        clock.run { limit in
            for slot in slots[..<used.load(ordering: .relaxed)] { slot.armIfStuck(since: limit) }
        }
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
            clock.note()
            if worker.lead(session, slot) == .gone { _ = epoll_ctl(epoll.raw, EPOLL_CTL_DEL, session.descriptor, nil) }
            slot.exit()
        }
    }
}
