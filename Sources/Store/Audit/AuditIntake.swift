import Glibc
import Synchronization

/// Where request threads leave events, and the writer fetches them: 64 shards, chosen by thread, each with a lock of its
/// own that is held for an append.
///
/// Events lie in chunks, so that nothing large is ever copied and the bound is shared: one busy thread may use all of it.
final class AuditIntake: Sendable {
    private struct State {
        var current: [AuditEvent] = []
        var full: [[AuditEvent]] = []
        var lost: UInt64 = 0
    }

    private final class Shard: Sendable {
        let state = Mutex(State())
        let names = Mutex(ProcessNames())
    }

    private let shards = (0..<64).map { _ in Shard() }
    private let chunkSize: Int
    private let limit: Int
    /// Chunks that hold events, over all shards.
    private let chunks = Atomic<Int>(0)

    /// - Parameter capacity: events that may wait, to within a chunk of each thread.
    init(capacity: Int) {
        chunkSize = max(1, min(256, capacity / 16))
        limit = max(1, capacity / chunkSize)
    }

    /// Takes an event, or counts it as lost if there is no room. A process's name is asked for here, while the caller
    /// waits: a moment later he may be gone.
    func put(_ event: AuditEvent) {
        let shard = shards[AuditIntake.shard]
        var event = event
        if event.process == nil, let pid = event.pid {
            event.process = shard.names.withLock { $0.name(of: pid, now: Clock.now) }
        }
        shard.state.withLock { state in
            if state.current.isEmpty || state.current.count == chunkSize {
                guard chunks.add(1, ordering: .relaxed).newValue <= limit else {
                    chunks.subtract(1, ordering: .relaxed)
                    state.lost += 1
                    return
                }
                if !state.current.isEmpty {
                    var chunk: [AuditEvent] = []
                    swap(&chunk, &state.current)
                    state.full.append(chunk)
                }
            }
            state.current.append(event)
        }
    }

    /// All that waits, in the order of time, and how many events were lost since the last call.
    func take() -> (events: [AuditEvent], lost: UInt64) {
        var events: [AuditEvent] = []
        var lost: UInt64 = 0
        for shard in shards {
            var taken = State()
            shard.state.withLock { swap(&taken, &$0) }
            let count = taken.full.count + (taken.current.isEmpty ? 0 : 1)
            if count > 0 { chunks.subtract(count, ordering: .relaxed) }
            for chunk in taken.full { events += chunk }
            events += taken.current
            lost += taken.lost
        }
        let isSorted = zip(events, events.dropFirst()).allSatisfy { $0.time <= $1.time }
        if !isSorted { events.sort { $0.time < $1.time } }
        return (events, lost)
    }

    var isEmpty: Bool {
        shards.allSatisfy { $0.state.withLock { $0.current.isEmpty && $0.lost == 0 } }
    }

    /// Events that wait.
    var count: Int {
        shards.reduce(0) { sum, shard in
            sum + shard.state.withLock { $0.full.count * chunkSize + $0.current.count }
        }
    }

    /// Threads' descriptors are equally far apart: a multiplication (by 2^64 over the golden ratio) spreads them.
    private static var shard: Int {
        Int(truncatingIfNeeded: (UInt64(UInt(pthread_self())) &* 0x9E37_79B9_7F4A_7C15) >> 58)
    }
}
