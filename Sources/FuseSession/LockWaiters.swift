import CFuse
import CLinux
import LinuxSystem
import StackedFS
import Synchronization
import SystemPackage

/// Callers that wait for a lock (SETLKW, flock(2)): each on a thread of its own that asks again and again.
///
/// Asking instead of blocking in the kernel keeps a wait interruptible and lets a view end at once, without signals.
final class LockWaiters: Sendable {
    private let waiting = Atomic<Int>(0)
    private let stopped = Atomic<Bool>(false)

    /// Moves the request off the worker: it is answered when the lock is taken, or with EINTR.
    func wait(_ request: Request, _ operation: Lock) {
        waiting.add(1, ordering: .relaxed)
        let held = HeldRequest(request)
        _ = SystemThread(name: "lock-waiter", stack: 256 << 10) { [self] in
            let request = held.request
            var pause: UInt32 = 200
            var answer = Errno.interrupted
            while !stopped.load(ordering: .acquiring), fuse_req_interrupted(request.raw) == 0 {
                answer = attempt(request, operation)
                guard answer == .resourceTemporarilyUnavailable else { break }
                answer = .interrupted
                usleep(pause)
                pause = min(pause * 2, 10_000)
            }
            fuse_reply_err(request.raw, answer.rawValue)
            waiting.subtract(1, ordering: .relaxed)
        }
    }

    /// Tries once: 0 when the lock is taken.
    private func attempt(_ request: Request, _ operation: Lock) -> Errno {
        do {
            _ = try request.stack.lock(operation, request.context)
            return Errno(rawValue: 0)
        } catch {
            return error
        }
    }

    /// Every waiter gets EINTR; returns when all are gone.
    func stop() {
        stopped.store(true, ordering: .releasing)
        while waiting.load(ordering: .relaxed) > 0 { usleep(1_000) }
    }

    /// Unchecked: libfuse lets any one thread answer a request, and only the waiter's thread has this one.
    private final class HeldRequest: @unchecked Sendable {
        let request: Request
        init(_ request: Request) { self.request = request }
    }
}
