import CFuse
import CLinux
import LinuxSystem
import StackedFS
import Synchronization
import SystemPackage

/// Callers that wait for a lock (SETLKW, flock(2)): one thread of the view asks for all of them again and again.
///
/// Asking instead of blocking in the kernel keeps a wait interruptible, lets a view end at once, and costs no thread for
/// each of any number of waiters.
final class LockWaiters: Sendable {
    private struct State {
        /// In the order in which they came, those that the thread has not taken over yet.
        var arrived: [Waiter] = []
        var thread: SystemThread?
        var isStopped = false
    }
    private let state = Mutex(State())
    private let wake = OwnedDescriptor(eventfd(0, Int32(EFD_CLOEXEC)))

    /// Moves the request off the worker: it is answered when the lock is taken, or with EINTR.
    func wait(_ request: Request, _ operation: Lock) {
        let waiter = Waiter(request, operation)
        let isStopped = state.withLock { state in
            if state.isStopped { return true }
            state.arrived.append(waiter)
            if state.thread == nil { state.thread = SystemThread(name: "lock-waiters") { [self] in run() } }
            return false
        }
        if isStopped { waiter.answer(.interrupted) } else { eventfd_write(wake.raw, 1) }
    }

    /// Every waiter gets EINTR; returns when all are gone.
    func stop() {
        let thread = state.withLock { state in
            state.isStopped = true
            defer { state.thread = nil }
            return state.thread
        }
        eventfd_write(wake.raw, 1)
        thread?.join()
    }

    private func run() {
        var waiters: [Waiter] = []
        while true {
            let isStopped = state.withLock { state in
                waiters += state.arrived
                state.arrived = []
                return state.isStopped
            }
            waiters.removeAll { isStopped ? $0.answer(.interrupted) : $0.isAnswered() }
            if isStopped { return }
            pause(waiters)
        }
    }

    /// Until the first waiter wants to ask again, or somebody comes to wait.
    private func pause(_ waiters: [Waiter]) {
        if let shortest = waiters.map(\.pause).min() {
            usleep(shortest)
        } else {
            var count: eventfd_t = 0
            eventfd_read(wake.raw, &count)
        }
    }
}

/// One request that waits; after it was handed over only the waiting thread has it.
///
/// `@unchecked Sendable`: libfuse lets any one thread answer a request.
private final class Waiter: @unchecked Sendable {
    private let request: Request
    private let operation: Lock
    /// Microseconds until it is worth to ask again: the longer it has waited, the more.
    private(set) var pause: UInt32 = 200

    init(_ request: Request, _ operation: Lock) {
        (self.request, self.operation) = (request, operation)
    }

    /// Asks for the lock once.
    ///
    /// - Returns: false if the caller has to wait on.
    func isAnswered() -> Bool {
        if fuse_req_interrupted(request.raw) != 0 { return answer(.interrupted) }
        do {
            _ = try request.stack.lock(operation, request.context)
            return answer(Errno(rawValue: 0))
        } catch .resourceTemporarilyUnavailable {
            pause = min(pause * 2, 5_000)
            return false
        } catch {
            return answer(error)
        }
    }

    @discardableResult
    func answer(_ code: Errno) -> Bool {
        fuse_reply_err(request.raw, code.rawValue)
        return true
    }
}
