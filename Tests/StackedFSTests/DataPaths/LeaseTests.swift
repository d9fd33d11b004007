import CLinux
import Glibc
import LinuxSystem
import Redaction
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import StackedFS

@Suite("Leases", .timeLimit(.minutes(10)))
struct LeaseTests {
    let folder: Folder
    let content: RedactedContent

    init() throws {
        LeaseKeeper.blockSignal()
        folder = try Folder()
        content = RedactedContent(options: .router, planner: Secrets.planner)
    }

    /// Programs that change the file at $1. truncate(1) opens without waiting and is turned away until the lease is gone.
    static let writers = [
        "printf abc | dd of=\"$1\" bs=1 seek=7 conv=notrunc", "printf abc >> \"$1\"", "printf abc > \"$1\"",
        "until truncate -s 100 \"$1\"; do :; done", "until truncate -s 9999 \"$1\"; do :; done",
        "dd if=/dev/null of=\"$1\"",
    ]

    @Test("Another process that writes gets through; reads are redacted until then and fail after", arguments: writers)
    func writingProcess(script: String) throws {
        let original = Secrets.file(size: 5_000, at: [0, 1_000])
        let path = try folder.write("a.jpg", original)
        let told = Tally()
        let file = try content.open(path, in: folder) { told.add() }
        defer { file.close() }
        #expect(try file.bytes() == Secrets.redacted(original))
        let start = clock()
        #expect(try Program.run(["sh", "-c", script, "sh", path]) == 0)
        #expect(seconds(since: start) < 20)
        #expect(file.isStale)
        #expect(throws: Errno.staleNFSFileHandle) { try file.bytes() }
        #expect(eventually { told.value == 1 })
        // The next open is of the new content.
        let next = try content.open(path, in: folder)
        defer { next.close() }
        #expect(next.kind == .router)
        #expect(Secrets.offsets(in: try next.bytes()).isEmpty)
        #expect(next.size == (try ContentVersion.of(readable(path))).size)
    }

    @Test("The listener is told also when the lease broke before anybody listened, and not after a close")
    func listening() throws {
        let path = try folder.write("a.jpg", [1, 2, 3])
        let lease = try LeaseKeeper.shared.take(readable(path))
        try StackedFSTests.write([9], to: path, flags: O_WRONLY)
        #expect(!lease.isHeld)
        let told = Tally()
        lease.onBreak { told.add() }
        #expect(eventually { told.value == 1 })

        let released = try LeaseKeeper.shared.take(readable(path))
        released.onBreak { told.add() }
        released.release()
        try StackedFSTests.write([9], to: path, flags: O_WRONLY)
        #expect(told.value == 1)
    }

    @Test("A lease is refused while somebody has the file open for writing")
    func refused() throws {
        let path = try folder.write("a.jpg", [1, 2, 3])
        let writer = OwnedDescriptor(try retrying { open(path, O_RDWR | O_CLOEXEC) })
        #expect(throws: Errno.resourceTemporarilyUnavailable) { try LeaseKeeper.shared.take(readable(path)) }
        withExtendedLifetime(writer) {}
    }

    @Test("A read that does not end holds no writer up, and gives nothing")
    func stuckRead() throws {
        let path = try folder.write("a.jpg", [1, 2, 3])
        let lease = try LeaseKeeper.shared.take(readable(path))
        let hasWritten = Atomic<Bool>(false)
        let outcome = try read(
            lease, until: { hasWritten.load(ordering: .sequentiallyConsistent) },
            during: {
                try StackedFSTests.write([9], to: path, flags: O_WRONLY)
                hasWritten.store(true, ordering: .sequentiallyConsistent)
            })
        #expect(outcome == .failure(.staleNFSFileHandle))
    }

    @Test("A read that was running when the writer came is finished, and is good")
    func runningRead() throws {
        // The writer waits for it only so long; on a machine that is too busy the read fails, which is right as well.
        let isGood = try (0..<20).contains { _ in
            let path = try folder.write("a.jpg", [1, 2, 3])
            let lease = try LeaseKeeper.shared.take(readable(path))
            let outcome = try read(
                lease, until: { !lease.isHeld },
                during: { try StackedFSTests.write([9], to: path, flags: O_WRONLY) })
            return outcome == .success(3)
        }
        #expect(isGood)
    }

    @Test("A lease that the kernel has taken away is noticed by the next read, which gives zeros and an error")
    func takenAway() throws {
        let path = try folder.write("a.jpg", Secrets.file(size: 5_000, at: [10]))
        let descriptor = try readable(path)
        let lease = try LeaseKeeper.shared.take(descriptor)
        let version = try ContentVersion.of(descriptor)
        let file = RedactedFile(lease, version: version, plan: try Secrets.planner(FileSource(descriptor, size: 5_000)))
        // As after lease-break-time, or by a service that stood still for that long: no signal is read first.
        mv_release_lease(descriptor.raw)
        try StackedFSTests.write(Secrets.file(size: 5_000, at: [2_000]), to: path, flags: O_WRONLY)
        #expect(!file.isStale)
        var buffer = [UInt8](repeating: 7, count: 5_000)
        #expect(throws: Errno.staleNFSFileHandle) {
            try buffer.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
        }
        #expect(buffer == [UInt8](repeating: 0, count: 5_000))
        file.close()
    }

    @Test("Many leases that break at once are all released, and every owner is told")
    func manyAtOnce() throws {
        let told = Tally()
        let paths = try (0..<200).map { try folder.write("\($0)", [1, 2, 3], settled: false) }
        var files = try paths.map { try content.open($0, in: folder) { told.add() } }
        #expect(
            try Program.run(["sh", "-c", "for f in \"$1\"/*; do echo x >> \"$f\" & done; wait", "sh", folder.path]) == 0
        )
        for file in files { #expect(file.isStale) }
        #expect(eventually { told.value == files.count })
        for file in files { file.close() }
        files = []
        #expect(folder.openDescriptors == 0)
    }

    @Test("Breaks are noticed when no further signal can wait")
    func signalsExhausted() throws {
        let path = try folder.write("a.jpg", [1, 2, 3])
        var before = rlimit()
        getrlimit(__rlimit_resource_t(11), &before)  // RLIMIT_SIGPENDING
        var none = rlimit(rlim_cur: 0, rlim_max: before.rlim_max)
        setrlimit(__rlimit_resource_t(11), &none)
        defer { setrlimit(__rlimit_resource_t(11), &before) }
        for _ in 0..<20 {
            let file = try content.open(path, in: folder)
            #expect(file.kind == .router)
            try StackedFSTests.write([9], to: path, flags: O_WRONLY)
            #expect(file.isStale)
            file.close()
        }
    }

    /// What a read under the lease gives that does not end before `isDone`, while `write` runs.
    private func read(
        _ lease: Lease, until isDone: @escaping @Sendable () -> Bool, during write: () throws -> Void
    ) throws -> Result<Int, Errno>? {
        let isReading = Atomic<Bool>(false)
        let outcome = Mutex<Result<Int, Errno>?>(nil)
        let thread = SystemThread(name: "test") {
            let result = Result<Int, Errno>.of { () throws(Errno) in
                try lease.read { () throws(Errno) in
                    isReading.store(true, ordering: .sequentiallyConsistent)
                    _ = eventually(seconds: 60, isDone)
                    return 3
                }
            }
            outcome.withLock { $0 = result }
        }
        let written = Result {
            #expect(eventually { isReading.load(ordering: .sequentiallyConsistent) })
            try write()
        }
        thread.join()
        try written.get()
        return outcome.withLock { $0 }
    }

    private func clock() -> timespec {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time
    }

    private func seconds(since start: timespec) -> Int { clock().tv_sec - start.tv_sec }
}
