import Glibc
import Synchronization

/// Where request threads leave events, and the writer fetches them: 64 shards, chosen by thread, each with a lock of its
/// own that is held for an append.
///
/// Events lie in chunks, so that nothing large is ever copied and the bound is shared: one busy thread may use all of it.
/// They lie there as bytes, so that what they are made of is given back by the thread that made it; refusals, which are
/// folded, as they are.
final class AuditIntake: Sendable {
    /// What was taken in since the last time.
    struct Taken {
        var batches: [AuditBatch] = []
        var refusals: [AuditEvent] = []
        var lost: UInt64 = 0
    }

    private struct State {
        var current = AuditBatch()
        var full: [AuditBatch] = []
        var refusals: [AuditEvent] = []
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
            event.process = shard.names.withLock { $0.name(of: pid, now: Clock.coarse) }
        }
        shard.state.withLock { state in
            let isRefusal = AuditFolding.folds(event)
            let count = isRefusal ? state.refusals.count : state.current.count
            if count % chunkSize == 0 {
                guard chunks.add(1, ordering: .relaxed).newValue <= limit else {
                    chunks.subtract(1, ordering: .relaxed)
                    state.lost += 1
                    return
                }
                if !isRefusal, count > 0 {
                    state.full.append(state.current)
                    state.current = AuditBatch()
                }
            }
            if isRefusal {
                state.refusals.append(event)
            } else {
                state.current.add(AuditRow(id: 0, event: event, count: 1))
            }
        }
    }

    /// All that waits, and how many events were lost since the last call.
    func take() -> Taken {
        var result = Taken()
        for shard in shards {
            var taken = State()
            shard.state.withLock { swap(&taken, &$0) }
            if taken.current.count > 0 { taken.full.append(taken.current) }
            let count = taken.full.count + (taken.refusals.count + chunkSize - 1) / chunkSize
            if count > 0 { chunks.subtract(count, ordering: .relaxed) }
            result.batches += taken.full
            result.refusals += taken.refusals
            result.lost += taken.lost
        }
        result.refusals.sort { $0.time < $1.time }
        return result
    }

    var isEmpty: Bool {
        shards.allSatisfy { $0.state.withLock { $0.current.count == 0 && $0.refusals.isEmpty && $0.lost == 0 } }
    }

    /// Events that wait.
    var count: Int {
        shards.reduce(0) { sum, shard in
            sum + shard.state.withLock { $0.full.count * chunkSize + $0.current.count + $0.refusals.count }
        }
    }

    /// Threads' descriptors are equally far apart: a multiplication (by 2^64 over the golden ratio) spreads them.
    private static var shard: Int {
        Int(truncatingIfNeeded: (UInt64(UInt(pthread_self())) &* 0x9E37_79B9_7F4A_7C15) >> 58)
    }
}
