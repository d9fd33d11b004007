import Foundation
import Policy
import Synchronization

/// Where requests find the policy snapshot that is in force.
///
/// Sixteen copies of one reference, each under a lock of its own, chosen by thread: no request waits for another
/// thread's, and a new snapshot is in force everywhere when `publish` returns.
public final class PolicyKeeper: Sendable {
    private final class Slot: Sendable {
        let snapshot: Mutex<PolicySnapshot>
        init(_ snapshot: PolicySnapshot) { self.snapshot = Mutex(snapshot) }
    }
    private let slots: [Slot]
    private let listeners = Mutex<[@Sendable (PolicySnapshot, PolicySnapshot) -> Void]>([])

    init(_ snapshot: PolicySnapshot) { slots = (0..<16).map { _ in Slot(snapshot) } }

    public var current: PolicySnapshot {
        let thread = UInt(pthread_self())
        return slots[Int((thread >> 12) & 15)].snapshot.withLock { $0 }
    }

    /// Calls `body` with the old and the new snapshot after every change, on the thread that made it.
    public func onChange(_ body: @escaping @Sendable (PolicySnapshot, PolicySnapshot) -> Void) {
        listeners.withLock { $0.append(body) }
    }

    func publish(_ snapshot: PolicySnapshot) {
        let old = current
        for slot in slots { slot.snapshot.withLock { $0 = snapshot } }
        for listener in listeners.withLock({ $0 }) { listener(old, snapshot) }
    }
}
