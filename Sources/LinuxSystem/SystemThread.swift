import CLinux
import Glibc

/// A POSIX thread of its own, apart from Swift's cooperative pool, that can be waited for.
///
/// Requests block in system calls; on the cooperative pool they would starve everything else.
public final class SystemThread: Sendable {
    private let handle: pthread_t

    private final class Body {
        let run: @Sendable () -> Void
        let name: String
        init(name: String, run: @escaping @Sendable () -> Void) {
            self.name = name
            self.run = run
        }
    }

    /// Starts `run` on a new thread with all signals blocked; `name` (at most 15 bytes) is what `ps -L` shows.
    public init(name: String, stack: Int = 1 << 20, _ run: @escaping @Sendable () -> Void) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setstacksize(&attributes, stack)
        defer { pthread_attr_destroy(&attributes) }
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        var thread = pthread_t()
        let body = Unmanaged.passRetained(Body(name: name, run: run))
        let failure = pthread_create(
            &thread, &attributes,
            { argument in
                guard let argument else { return nil }
                let body = Unmanaged<Body>.fromOpaque(argument).takeRetainedValue()
                _ = mv_thread_name(body.name)
                body.run()
                return nil
            }, body.toOpaque())
        precondition(failure == 0, "cannot start a thread: errno \(failure)")
        handle = thread
    }

    /// Waits until the thread has ended; call once.
    public func join() { pthread_join(handle, nil) }
}
