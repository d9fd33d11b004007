import CLinux
import Glibc
import LinuxSystem
import Redaction
import SystemPackage
import TestSupport
import Testing

@testable import StackedFS

@Suite(
    "Redacted file: snapshot", .timeLimit(.minutes(10)),
    .enabled(if: LoopFilesystem.isAvailable, "\(LoopFilesystem.need)"))
struct SnapshotTests {
    static let cloning = [LoopFilesystem.xfs, .btrfs]

    init() { LeaseKeeper.blockSignal() }

    @Test("The snapshot has the patched bytes, for the kernel too, and nothing of it is seen", arguments: cloning)
    func patched(filesystem: LoopFilesystem) throws {
        try filesystem.with { mount in
            let folder = try Folder(in: mount)
            let content = RedactedContent(planner: Secrets.planner)
            let original = Secrets.file(size: 3 << 20, at: [0, 5_000, 1 << 20, 3 << 20 - 8])
            let path = try folder.write("a.jpg", original)
            let file = try content.open(path, in: folder)
            #expect(file.kind == .snapshot)
            #expect(file.size == UInt64(original.count))
            #expect(try file.bytes() == Secrets.redacted(original))
            #expect(try file.bytes(4_990..<5_020) == Array(Secrets.redacted(original)[4_990..<5_020]))
            let descriptor = try #require(file.passthroughDescriptor)
            #expect(try contents(of: descriptor) == Secrets.redacted(original))
            #expect(fcntl(descriptor, F_GETFL) & O_ACCMODE == O_RDONLY)
            #expect(try Folder.names(folder.path) == ["a.jpg"])
            let source = try readable(path)
            #expect(try contents(of: source.raw) == original)
            #expect(try file.seek(0, whence: SEEK_HOLE) == file.size)
            file.close()
        }
    }

    @Test("Writers do not wait, the open file keeps its bytes, the next open has the new ones", arguments: cloning)
    func changes(filesystem: LoopFilesystem) throws {
        try filesystem.with { mount in
            let folder = try Folder(in: mount)
            let content = RedactedContent(planner: Secrets.planner)
            let original = Secrets.file(size: 100_000, at: [10])
            let path = try folder.write("a.jpg", original)
            let file = try content.open(path, in: folder)
            let changed = Secrets.file(size: 50_000, filler: 0x42, at: [700, 49_000])
            try StackedFSTests.write(changed, to: path, flags: O_WRONLY | O_TRUNC | O_NONBLOCK)
            settle(path)
            #expect(try file.bytes() == Secrets.redacted(original))
            #expect(!file.isStale)
            #expect(!file.isCurrent(try ContentVersion.of(readable(path))))
            let next = try content.open(path, in: folder)
            #expect(next.kind == .snapshot)
            #expect(try next.bytes() == Secrets.redacted(changed))
            #expect(content.statistics.snapshotsKept == 1)
            file.close()
            next.close()
        }
    }

    @Test("Later opens and other threads share one snapshot; it goes when nobody asks for it", arguments: cloning)
    func sharing(filesystem: LoopFilesystem) throws {
        try filesystem.with { mount in
            let folder = try Folder(in: mount)
            let content = RedactedContent(planner: Secrets.planner)
            let original = Secrets.file(size: 100_000, at: [10])
            let path = try folder.write("a.jpg", original)
            let good = Tally()
            onThreads(12) { _ in
                guard let file = try? content.open(path, in: folder) else { return }
                if (try? file.bytes()) == Secrets.redacted(original) { good.add() }
                file.close()
            }
            #expect(good.value == 12)
            #expect(content.statistics.snapshotsMade == 1)
            let version = try ContentVersion.of(readable(path))
            #expect(try content.cached(version)?.bytes() == Secrets.redacted(original))
            #expect(content.statistics.snapshotBytes == 100_000)
            content.housekeep()
            #expect(content.cached(version) != nil)
            content.housekeep()
            content.housekeep()
            #expect(content.cached(version) == nil)
            try content.open(path, in: folder).close()
            content.forget(device: version.device, inode: version.inode)
            #expect(content.statistics.snapshotsKept == 0)
            #expect(folder.openDescriptors == 0)
        }
    }

    @Test("While somebody writes a snapshot is made and not kept", arguments: cloning)
    func writing(filesystem: LoopFilesystem) throws {
        try filesystem.with { mount in
            let folder = try Folder(in: mount)
            let content = RedactedContent(planner: Secrets.planner)
            let original = Secrets.file(size: 100_000, at: [10])
            let path = try folder.write("a.jpg", original)
            let writer = OwnedDescriptor(try retrying { open(path, O_RDWR | O_CLOEXEC) })
            for _ in 0..<3 {
                let file = try content.open(path, in: folder)
                #expect(file.kind == .snapshot)
                #expect(try file.bytes() == Secrets.redacted(original))
                file.close()
            }
            #expect(content.statistics.snapshotsMade == 3)
            #expect(content.statistics.snapshotsKept == 0)
            withExtendedLifetime(writer) {}
        }
    }

    @Test("A mapped writer, whose stores change no time, shows nothing", arguments: cloning)
    func mapped(filesystem: LoopFilesystem) throws {
        try filesystem.with { mount in
            let folder = try Folder(in: mount)
            let content = RedactedContent(planner: Secrets.planner)
            let size = 64 << 10
            let layouts = [
                Secrets.file(size: size, filler: 0x61, at: [0, 30_000]),
                Secrets.file(size: size, filler: 0x62, at: [10_000, 50_000]),
            ]
            let path = try folder.write("a.jpg", layouts[0])
            let descriptor = OwnedDescriptor(try retrying { open(path, O_RDWR | O_CLOEXEC) })
            let map = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor.raw, 0)
            let writable = UnsafeMutableRawBufferPointer(start: map, count: size)
            defer { munmap(map, size) }
            for round in 0..<30 {
                writable.copyBytes(from: layouts[round % 2])
                let file = try content.open(path, in: folder)
                #expect(file.kind == .snapshot)
                writable.copyBytes(from: layouts[(round + 1) % 2])
                #expect(try file.bytes() == Secrets.redacted(layouts[round % 2]))
                file.close()
            }
        }
    }

    @Test("The bounds of kept snapshots hold", arguments: cloning)
    func bounds(filesystem: LoopFilesystem) throws {
        try filesystem.with { mount in
            let folder = try Folder(in: mount)
            var options = RedactedContent.Options()
            options.keptSnapshots = 3
            options.keptSnapshotBytes = 25_000
            let content = RedactedContent(options: options, planner: Secrets.planner)
            for (number, size) in [5_000, 5_000, 5_000, 5_000, 12_000, 12_000, 30_000].enumerated() {
                let path = try folder.write("\(number)", Secrets.file(size: size, at: [10]))
                let file = try content.open(path, in: folder)
                #expect(file.kind == .snapshot)
                file.close()
                #expect(content.statistics.snapshotsKept <= 3)
                #expect(content.statistics.snapshotBytes <= 25_000)
            }
        }
    }

    @Test("Long runs of zeros are read as zeros", arguments: cloning)
    func zeros(filesystem: LoopFilesystem) throws {
        try filesystem.with { mount in
            let folder = try Folder(in: mount)
            let content = RedactedContent { source in
                RedactionPlan(
                    size: source.size, container: "test",
                    patches: [
                        Patch(range: 5..<3_000_001, replacement: .fill(0), kind: "a"),
                        Patch(range: 3_000_005..<3_700_000, replacement: .fill(7), kind: "b"),
                        Patch(range: 3_700_000..<3_700_003, replacement: .bytes([1, 2, 3]), kind: "c"),
                    ], reasons: [])
            }
            let original = [UInt8](repeating: 0xAA, count: 4_000_000)
            let file = try content.open(folder.write("a.mp4", original), in: folder)
            var wanted = original
            for index in 5..<3_000_001 { wanted[index] = 0 }
            for index in 3_000_005..<3_700_000 { wanted[index] = 7 }
            wanted.replaceSubrange(3_700_000..<3_700_003, with: [1, 2, 3])
            #expect(file.kind == .snapshot)
            #expect(try file.bytes() == wanted)
            file.close()
        }
    }

    @Test("A full filesystem, a file without copy on write and a switched-off snapshot are routed")
    func fallbacks() throws {
        let original = Secrets.file(size: 100_000, at: [10, 50_000])
        try LoopFilesystem.xfs.with { mount in
            let folder = try Folder(in: mount)
            let path = try folder.write("a.jpg", original)
            try fill(folder.path + "/full")
            let content = RedactedContent(planner: Secrets.planner)
            try expectRouter(content, path, folder, original)
            #expect(content.statistics.snapshotsFailed == 1)
            unlink(folder.path + "/full")
            let off = RedactedContent(options: .router, planner: Secrets.planner)
            try expectRouter(off, path, folder, original)
            #expect(off.statistics.snapshotsFailed == 0)
        }
        try LoopFilesystem.btrfs.with { mount in
            let folder = try Folder(in: mount)
            let path = try folder.write("a.jpg", [])
            #expect(try Program.run(["chattr", "+C", path]) == 0)
            try folder.write("a.jpg", original)
            try expectRouter(RedactedContent(planner: Secrets.planner), path, folder, original)
        }
    }

    @Test("A filesystem that cannot clone is asked once")
    func cannotClone() throws {
        try LoopFilesystem.ext4.with(megabytes: 32) { mount in
            let folder = try Folder(in: mount)
            let content = RedactedContent(planner: Secrets.planner)
            let original = Secrets.file(size: 10_000, at: [10])
            for name in ["a", "b", "c"] {
                try expectRouter(content, folder.write(name, original), folder, original)
            }
            #expect(content.statistics.snapshotsFailed == 1)
        }
    }

    @Test("A subvolume inside the library is cloned into the library's root")
    func subvolume() throws {
        try LoopFilesystem.btrfs.with { mount in
            #expect(try Program.run(["btrfs", "subvolume", "create", mount + "/inside"]) == 0)
            let root = try Folder(in: mount)
            let folder = try Folder(in: mount + "/inside")
            let original = Secrets.file(size: 100_000, at: [10])
            let path = try folder.write("a.jpg", original)
            let directory = try root.directory()
            #expect(try ContentVersion.of(readable(path)).device != FileAttributes.of(directory.raw).device)
            let content = RedactedContent(planner: Secrets.planner)
            let file = try content.open(path, in: root)
            #expect(file.kind == .snapshot)
            #expect(try file.bytes() == Secrets.redacted(original))
            file.close()
        }
    }

    @Test("A directory of another filesystem is no harm")
    func otherDirectory() throws {
        try LoopFilesystem.xfs.with { mount in
            let folder = try Folder(in: mount)
            let elsewhere = try Folder()
            let content = RedactedContent(planner: Secrets.planner)
            let original = Secrets.file(size: 10_000, at: [10])
            let path = try folder.write("a", original)
            try expectRouter(content, path, elsewhere, original)
            try content.open(path, in: folder).close()
            #expect(content.statistics.snapshotsMade == 1)
        }
    }

    private func expectRouter(_ content: RedactedContent, _ path: String, _ folder: Folder, _ original: [UInt8]) throws
    {
        let file = try content.open(path, in: folder)
        #expect(file.kind == .router)
        #expect(try file.bytes() == Secrets.redacted(original))
        file.close()
    }

    /// Takes all space that there is.
    private func fill(_ path: String) throws {
        let descriptor = OwnedDescriptor(try retrying { open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600) })
        var end: off_t = 0
        for chunk: off_t in [64 << 20, 1 << 20, 64 << 10, 4 << 10] {
            while posix_fallocate(descriptor.raw, end, chunk) == 0 { end += chunk }
        }
    }

    private func contents(of descriptor: Int32) throws -> [UInt8] {
        let size = Int(try ContentVersion.of(descriptor).size)
        return try scratchBytes(capacity: size) { buffer throws(Errno) in
            try retryingLength { pread(descriptor, buffer.baseAddress, size, 0) }
        }
    }
}
