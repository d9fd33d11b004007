import CFuse
import CLinux
import Glibc
import StackedFS
import Synchronization

/// One worker's own buffers, and the way of requests through it.
final class Worker {
    private var buffer = fuse_buf()
    private var lookout = Lookout()

    /// Requests of one session that a worker serves before it looks at the others.
    private static let budget = 32

    /// Requests that were waiting already when the leader asked, in a row: then help is woken.
    private static let backlog = 6

    enum Outcome {
        /// Go back to waiting; the session's descriptor is armed.
        case armed
        /// The kernel has unmounted the session.
        case gone
    }

    /// Serves requests of `session`, whose descriptor is not armed, until none comes any more.
    func lead(_ session: ViewSession, _ slot: SessionSlot) -> Outcome {
        guard let fuse = session.fuse else { return .gone }
        var served = 0
        var arrivedAtOnce = 0
        while served < Worker.budget, !slot.isLeaving {
            var length = fuse_session_receive_buf(fuse, &buffer)
            if length == -EAGAIN {
                arrivedAtOnce = 0
                length = served > 0 ? lookout.watch { fuse_session_receive_buf(fuse, &buffer) } : -EAGAIN
                if length == -EAGAIN { break }
            } else if RequestKind.somebodyWaits(buffer.mem, Int(length)) {
                arrivedAtOnce += 1
            }
            if length == -EINTR || length == -ENOENT { continue }
            if length <= 0 { return .gone }
            served += 1
            if arrivedAtOnce > Worker.backlog || RequestKind.mayTakeLong(buffer.mem, Int(length)) {
                slot.arm(session.descriptor)
                serve(Int(length), fuse, session)
                return .armed
            }
            let start = monotonicNanoseconds()
            slot.leadingSince.store(start, ordering: .relaxed)
            serve(Int(length), fuse, session)
            // The clock took the lead away while this request ran: another worker may be serving already.
            guard slot.leadingSince.compareExchange(expected: start, desired: 0, ordering: .relaxed).exchanged else {
                return .armed
            }
        }
        slot.arm(session.descriptor)
        return .armed
    }

    private func serve(_ length: Int, _ fuse: OpaquePointer, _ session: ViewSession) {
        if RawOperations.serve(buffer.mem, length, session) { return }
        let wasReady = session.isReady
        fuse_session_process_buf(fuse, &buffer)
        if !wasReady && session.isReady { session.becameReady() }
    }

    func close() { free(buffer.mem) }
}

/// Decides whether it pays to look out for the next request for some microseconds before sleeping: the wake-up that
/// this saves costs more than most requests. Where nothing came the last times it is tried only now and then.
struct Lookout {
    private static let nanoseconds: UInt64 = 30_000
    private var hits = 8
    private var skipped = 0

    mutating func watch(_ receive: () -> Int32) -> Int32 {
        if hits < 4 {
            skipped += 1
            if skipped < 16 { return -EAGAIN }
            skipped = 0
        }
        let deadline = monotonicNanoseconds() &+ Lookout.nanoseconds
        repeat {
            let length = receive()
            if length != -EAGAIN {
                hits = min(hits + 1, 16)
                return length
            }
        } while monotonicNanoseconds() < deadline
        hits = max(hits - 1, 0)
        return -EAGAIN
    }
}

/// What a request's opcode (linux/fuse.h) tells about how long it may take.
enum RequestKind {
    /// Whether a caller sleeps until this request is answered.
    static func somebodyWaits(_ memory: UnsafeMutableRawPointer?, _ length: Int) -> Bool {
        guard let memory, length >= MemoryLayout<mv_fuse_in_header>.size else { return false }
        switch memory.loadUnaligned(as: mv_fuse_in_header.self).opcode {
        case 2, 42, 18, 29: return false  // FORGET, BATCH_FORGET, RELEASE, RELEASEDIR
        default: return true
        }
    }

    static func mayTakeLong(_ memory: UnsafeMutableRawPointer?, _ length: Int) -> Bool {
        guard let memory, length >= MemoryLayout<mv_fuse_in_header>.size else { return false }
        switch memory.loadUnaligned(as: mv_fuse_in_header.self).opcode {
        case 15, 16: return true  // READ, WRITE
        case 20, 30: return true  // FSYNC, FSYNCDIR
        case 33: return true  // SETLKW
        case 43, 47: return true  // FALLOCATE, COPY_FILE_RANGE
        case 26, 38: return true  // INIT, DESTROY
        default: return false
        }
    }
}
