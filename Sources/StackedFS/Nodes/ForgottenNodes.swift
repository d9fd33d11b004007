import CLinux
import Synchronization

/// Gives memory back to the system after many nodes were forgotten: the allocator keeps what lies between nodes that live.
enum ForgottenNodes {
    private static let sinceTrim = Atomic<Int>(0)
    /// Some 20 MiB of nodes: trimming takes milliseconds, so it is not done for less.
    private static let batch = 65_536

    static func note() {
        guard sinceTrim.add(1, ordering: .relaxed).newValue % batch == 0 else { return }
        malloc_trim(0)
    }
}
