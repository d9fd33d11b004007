import CLinux
import Glibc
import StackedFS

/// SIGTERM, SIGINT and SIGHUP as values to wait for, instead of handlers that could run anywhere.
///
/// Make it before the first thread starts, so that every thread inherits the blocked signals.
public struct StopSignals: Sendable {
    public enum Signal: Sendable { case stop, reload }

    private let set: sigset_t

    public init() {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in [SIGTERM, SIGINT, SIGHUP, SIGPIPE] { sigaddset(&set, signal) }
        pthread_sigmask(SIG_BLOCK, &set, nil)
        // Lease breaks arrive as a signal too: it must never reach a thread that would die of it.
        LeaseKeeper.blockSignal()
        self.set = set
    }

    /// Waits for the next signal.
    public func wait() -> Signal {
        var set = set
        while true {
            var signal: Int32 = 0
            guard sigwait(&set, &signal) == 0 else { continue }
            switch signal {
            case SIGTERM, SIGINT: return .stop
            case SIGHUP: return .reload
            default: continue
            }
        }
    }
}
