import CLinux
import Glibc
import LinuxSystem
import Synchronization
import SystemPackage

/// Takes read leases and answers their breaks, for the whole process.
///
/// The kernel announces a break by a real-time signal that carries the descriptor's number (F_SETSIG; the default,
/// SIGIO, would end the process, and comes when too many signals wait: then every lease is looked at). Both are
/// blocked in every thread and read from a signalfd by one thread, which starts with the first lease. A thread that
/// has them unblocked, because somebody else made it, runs a handler that passes the first one on and blocks them.
///
/// A break is answered in this order: the lease is marked, running reads finish (60 ms at most), the lease is
/// released so that the writer goes on, and a second thread tells the owner. So a slow owner delays no writer.
public final class LeaseKeeper: Sendable {
    /// The one keeper: signals belong to the process.
    public static let shared = LeaseKeeper()

    private struct Threads {
        /// An eventfd: whoever writes to it makes the lease thread look at every lease.
        let event: Int32
        let lease: SystemThread
        let notifier: SystemThread
    }

    private let threads = Mutex<Result<Threads, Errno>?>(nil)
    private let leases = Mutex<[Int32: Lease]>([:])
    private let news = Monitor<[@Sendable () -> Void]>([])
    let taken = Atomic<Int>(0)
    let refused = Atomic<Int>(0)
    let broken = Atomic<Int>(0)

    private init() {}

    /// Blocks the signals in the calling thread and in those that it starts later. Call first thing in `main`.
    public static func blockSignal() { mv_block_lease_signals() }

    /// How many leases are held now.
    var count: Int { leases.withLock { $0.count } }

    /// Takes a lease.
    ///
    /// - Parameter descriptor: opened with O_RDONLY, and no duplicate of another descriptor with a lease.
    /// - Throws: EAGAIN while somebody has the file open for writing; EACCES without CAP_LEASE on another's file;
    ///   EINVAL where the filesystem has no leases.
    func take(_ descriptor: OwnedDescriptor) throws(Errno) -> Lease {
        let event = try start().event
        let lease = Lease(descriptor)
        leases.withLock { $0[descriptor.raw] = lease }
        guard mv_take_lease(descriptor.raw) == 0 else {
            let error = Errno(rawValue: mv_errno())
            forget(lease)
            refused.add(1, ordering: .relaxed)
            throw error
        }
        taken.add(1, ordering: .relaxed)
        if !lease.hold() { LeaseWatch.wake(event) }
        return lease
    }

    func forget(_ lease: Lease) {
        leases.withLock { leases in
            if leases[lease.descriptor.raw] === lease { leases[lease.descriptor.raw] = nil }
        }
    }

    private func start() throws(Errno) -> Threads {
        let outcome = threads.withLock { threads in
            if let known = threads { return known }
            let outcome = startThreads()
            threads = outcome
            return outcome
        }
        return try outcome.get()
    }

    private func startThreads() -> Result<Threads, Errno> {
        let event = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard event >= 0 else { return .failure(Errno(rawValue: mv_errno())) }
        let signals = mv_lease_signals(event)
        guard signals >= 0 else { return .failure(Errno(rawValue: mv_errno())) }
        let watch = LeaseWatch(signals: signals, event: event)
        return .success(
            Threads(
                event: event, lease: SystemThread(name: "lease") { watch.run(self) },
                notifier: SystemThread(name: "lease-news") { self.tellForever() }))
    }

    // MARK: the lease thread

    /// The lease on this descriptor, or all of them.
    func candidates(_ descriptor: Int32) -> [Lease] {
        leases.withLock { leases in
            if descriptor >= 0 { return leases[descriptor].map { [$0] } ?? [] }
            return Array(leases.values)
        }
    }

    func tell(_ listener: @escaping @Sendable () -> Void) {
        news.update { $0.append(listener) }
    }

    private func tellForever() {
        while true {
            let listeners = news.wait { waiting -> [@Sendable () -> Void]? in
                guard !waiting.isEmpty else { return nil }
                defer { waiting = [] }
                return waiting
            }
            for listener in listeners { listener() }
        }
    }
}

/// The lease thread's loop.
private struct LeaseWatch: Sendable {
    /// How long running reads may delay a writer.
    private static let patience: UInt64 = 60_000_000

    let signals: Int32
    let event: Int32

    func run(_ keeper: LeaseKeeper) {
        var breaking: [(lease: Lease, deadline: UInt64)] = []
        while true {
            for lease in announced(keeper, timeout: breaking.isEmpty ? -1 : 1) where lease.begin() {
                keeper.broken.add(1, ordering: .relaxed)
                breaking.append((lease, MonotonicClock.now + LeaseWatch.patience))
            }
            breaking.removeAll { lease, deadline in
                guard !lease.isBusy || MonotonicClock.now >= deadline else { return false }
                if let listener = lease.finish() { keeper.tell(listener) }
                return true
            }
        }
    }

    /// Waits for signals; the leases that they may be about.
    private func announced(_ keeper: LeaseKeeper, timeout: Int32) -> [Lease] {
        var sources = [
            pollfd(fd: signals, events: Int16(POLLIN), revents: 0),
            pollfd(fd: event, events: Int16(POLLIN), revents: 0),
        ]
        guard poll(&sources, nfds_t(sources.count), timeout) > 0 else { return [] }
        var leases: [Lease] = []
        var wantsAll = false
        var descriptor: Int32 = -1
        while mv_next_lease_signal(signals, &descriptor) != 0 {
            if descriptor < 0 { wantsAll = true } else { leases += keeper.candidates(descriptor) }
        }
        var forwarded: UInt64 = 0
        if read(event, &forwarded, 8) == 8 { wantsAll = true }
        return wantsAll ? keeper.candidates(-1) : leases
    }

    /// Makes the lease thread look at every lease.
    static func wake(_ event: Int32) {
        var one: UInt64 = 1
        _ = write(event, &one, 8)
    }
}

/// The clock that no settings change.
enum MonotonicClock {
    /// Nanoseconds since some moment before the process began.
    static var now: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(clamping: time.tv_sec) &* 1_000_000_000 &+ UInt64(clamping: time.tv_nsec)
    }
}
