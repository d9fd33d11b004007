import CLinux
import LinuxSystem
import Synchronization
import TestSupport
import Testing

/// Whether tests may act as other users. Under CI they must.
let canActAsOtherUsers = geteuid() == 0 || Machine.isContinuousIntegration

/// Runs `body` on a thread that is another user for the kernel, and gives back what it returns or throws.
func asUser<T: Sendable>(
    _ uid: UInt32, groups: [UInt32] = [], _ body: @escaping @Sendable () throws -> T
) throws -> T {
    let result = Mutex<Result<T, any Error>?>(nil)
    let box = Box(result)
    SystemThread(name: "user-\(uid)") {
        guard mv_setgroups_thread(groups.count, groups) == 0, mv_thread_setresgid(uid) == 0,
            mv_thread_setresuid(uid) == 0
        else { return }
        let outcome = Result { try body() }
        box.value.withLock { $0 = outcome }
    }.join()
    return try #require(box.value.withLock { $0 }, "needs root to become another user").get()
}

private final class Box<T: Sendable>: Sendable {
    let value: Mutex<T>
    init(_ value: consuming Mutex<T>) { self.value = value }
}
