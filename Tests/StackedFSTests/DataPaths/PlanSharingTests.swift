import CLinux
import Glibc
import LinuxSystem
import Redaction
import Synchronization
import SystemPackage
import Testing

@testable import StackedFS

@Suite("Plans by version", .timeLimit(.minutes(10)))
struct PlanSharingTests {
    let folder: Folder

    init() throws {
        LeaseKeeper.blockSignal()
        folder = try Folder()
    }

    @Test("Many threads that open one file plan once")
    func once() throws {
        let runs = Tally()
        let content = RedactedContent(options: .router) { source in
            runs.add()
            usleep(100_000)
            return try Secrets.planner(source)
        }
        let original = Secrets.file(size: 5_000, at: [10, 4_000])
        let path = try folder.write("a.jpg", original)
        let good = Tally()
        onThreads(16) { _ in
            guard let file = try? content.open(path, in: folder) else { return }
            if (try? file.bytes()) == Secrets.redacted(original) { good.add() }
            file.close()
        }
        #expect(good.value == 16)
        #expect(runs.value == 1)
        #expect(content.statistics.plansMade == 1)
        #expect(content.statistics.plansKept == 1)
        #expect(folder.openDescriptors == 0)
    }

    @Test("A later open plans nothing; a changed file is planned again")
    func later() throws {
        let content = RedactedContent(options: .router, planner: Secrets.planner)
        let path = try folder.write("a.jpg", Secrets.file(size: 5_000, at: [10]))
        let first = try content.open(path, in: folder)
        #expect(content.plan(of: first.version) == first.plan)
        first.close()
        try content.open(path, in: folder).close()
        #expect(content.statistics.plansMade == 1)
        let changed = Secrets.file(size: 5_000, at: [2_000])
        try folder.write("a.jpg", changed)
        let second = try content.open(path, in: folder)
        defer { second.close() }
        #expect(try second.bytes() == Secrets.redacted(changed))
        #expect(content.statistics.plansMade == 2)
        #expect(content.statistics.plansKept == 1)
    }

    @Test("Nothing is kept of a version whose times could be given again")
    func young() throws {
        let version = try ContentVersion.of(readable(try folder.write("a", [1])))
        var times = version
        times.changed = .init(seconds: 1_000, nanoseconds: 5)
        #expect(!times.isSettled(now: .init(seconds: 1_000, nanoseconds: 10_000_000)))
        #expect(times.isSettled(now: .init(seconds: 1_000, nanoseconds: 30_000_000)))
        #expect(times.isSettled(now: .init(seconds: 1_001, nanoseconds: 0)))
        #expect(!times.isSettled(now: .init(seconds: 999, nanoseconds: 0)))
        // A filesystem that keeps whole seconds.
        times.changed = .init(seconds: 1_000, nanoseconds: 0)
        #expect(!times.isSettled(now: .init(seconds: 1_002, nanoseconds: 0)))
        #expect(times.isSettled(now: .init(seconds: 1_004, nanoseconds: 0)))
        times.changed = .never
        #expect(!times.isSettled(now: .init(seconds: 1_004, nanoseconds: 0)))
    }

    @Test("A version is another after each kind of change, and the same through O_PATH")
    func versions() throws {
        let path = try folder.write("a.jpg", [1, 2, 3])
        var seen: Set<ContentVersion> = []
        func note() throws { #expect(seen.insert(try ContentVersion.of(readable(path))).inserted) }
        try note()
        let pin = OwnedDescriptor(try retrying { open(path, mv_O_PATH | O_CLOEXEC) })
        #expect(seen.contains(try ContentVersion.of(pin)))
        let changes: [() throws -> Void] = [
            { try StackedFSTests.write([9], to: path, flags: O_WRONLY) },
            { try StackedFSTests.write([9], to: path, flags: O_WRONLY | O_APPEND) },
            { truncate(path, 2) },
            { truncate(path, 1_000) },
            { rename(try folder.write("b.jpg", [1, 2, 3], settled: false), path) },
        ]
        for change in changes {
            settle(path)
            try change()
            try note()
        }
    }

    @Test("The cache keeps to its bounds, and who is asked for stays")
    func bounds() {
        let cache = BoundedCache<Int>(count: 10, bytes: 1_000, shards: 1)
        for number in 0..<100 {
            cache.insert(number, cost: 10, for: version(number))
            #expect(cache.value(for: version(0)) == 0)
        }
        #expect(cache.usage == (10, 100))
        cache.insert(1_000, cost: 950, for: version(1_000))
        #expect(cache.usage.bytes <= 1_000)
        #expect(cache.value(for: version(1_000)) == 1_000)
        cache.insert(2_000, cost: 1_001, for: version(2_000))
        #expect(cache.value(for: version(2_000)) == nil)
        // Another version of the same file.
        #expect(cache.value(for: version(1_000, size: 7)) == nil)
        #expect(cache.value(for: version(1_000)) == nil)
        cache.insert(5, cost: 1, for: version(5))
        cache.dropUnused()
        #expect(cache.value(for: version(5)) == 5)
        cache.dropUnused()
        cache.dropUnused()
        #expect(cache.usage == (0, 0))
        cache.insert(6, cost: 1, for: version(6))
        cache.removeAll()
        #expect(cache.usage == (0, 0))
    }

    @Test("Work that fails fails for all who wait, and can be done again")
    func failing() throws {
        let work = SharedWork<Int, Int>()
        let failures = Tally()
        onThreads(4) { _ in
            do {
                _ = try work.value(for: 1) { () throws(Errno) in
                    usleep(20_000)
                    throw .ioError
                }
            } catch { failures.add() }
        }
        #expect(failures.value == 4)
        #expect(try work.value(for: 1) { 7 } == 7)
    }

    private func version(_ inode: Int, size: UInt64 = 1) -> ContentVersion {
        ContentVersion(
            device: 1, inode: UInt64(inode), born: nil, size: size, modified: .init(seconds: 1, nanoseconds: 1),
            changed: .init(seconds: 1, nanoseconds: 1))
    }
}
