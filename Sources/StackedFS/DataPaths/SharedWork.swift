import Synchronization
import SystemPackage

/// Work that threads who want the same thing at the same time do once.
///
/// Those who come second block their thread until the first is done and get the same outcome, failures included.
final class SharedWork<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private typealias Outcome = Result<Value, Errno>
    private let running = Mutex<[Key: Monitor<Outcome?>]>([:])

    func value(for key: Key, _ make: () throws(Errno) -> Value) throws(Errno) -> Value {
        let (work, isOurs) = running.withLock { running -> (Monitor<Outcome?>, Bool) in
            if let known = running[key] { return (known, false) }
            let work = Monitor<Outcome?>(nil)
            running[key] = work
            return (work, true)
        }
        guard isOurs else { return try work.wait { $0 }.get() }
        let outcome = Outcome.of(make)
        running.withLock { $0[key] = nil }
        work.update { $0 = outcome }
        return try outcome.get()
    }
}
