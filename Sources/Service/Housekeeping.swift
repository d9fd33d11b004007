import CLinux
import Dispatch
import LinuxSystem
import Synchronization

/// What is done every now and then, on a thread of its own.
final class Housekeeping: Sendable {
    private let stopped = DispatchSemaphore(value: 0)
    private let thread: SystemThread

    init(every seconds: Int = 30, _ body: @escaping @Sendable () -> Void) {
        let stopped = stopped
        thread = SystemThread(name: "housekeeping") {
            while stopped.wait(timeout: .now() + .seconds(seconds)) == .timedOut { body() }
        }
    }

    func stop() {
        stopped.signal()
        thread.join()
    }
}
