import CLinux
import Glibc
import LinuxSystem
import Redaction
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import StackedFS

/// Readers against writers. Every version of the file is of one filler byte with secrets at its own places, so bytes of
/// one version under another's plan show a secret, and bytes of two versions show two fillers.
@Suite("Redacted files while the backing file changes", .timeLimit(.minutes(10)))
struct RaceTests {
    /// How long each race runs.
    static let seconds = 2

    init() { LeaseKeeper.blockSignal() }

    enum Change: String, CaseIterable, Sendable {
        case rewriteInPlace, append, truncateAndWrite, renameOver, map
    }

    @Test("Router and private copy", arguments: Change.allCases)
    func router(change: Change) throws {
        let folder = try Folder()
        try race(change, RedactedContent(options: .router, planner: Secrets.planner), folder)
        #expect(folder.openDescriptors == 0)
    }

    @Test(
        "Snapshot", .enabled(if: LoopFilesystem.isAvailable, "\(LoopFilesystem.need)"), arguments: SnapshotTests.cloning
    )
    func snapshot(filesystem: LoopFilesystem) throws {
        try filesystem.with { mount in
            let folder = try Folder(in: mount)
            for change in Change.allCases {
                try race(change, RedactedContent(planner: Secrets.planner), folder)
            }
            #expect(folder.openDescriptors == 0)
        }
    }

    private func race(_ change: Change, _ content: RedactedContent, _ folder: Folder) throws {
        let path = try folder.write("a.jpg", Self.version(0), settled: false)
        let isOver = Atomic<Bool>(false)
        let (leaks, mixtures, reads, writes) = (Tally(), Tally(), Tally(), Tally())
        let writer = SystemThread(name: "writer") {
            var round = 1
            while !isOver.load(ordering: .relaxed) {
                if (try? Self.apply(change, round, path)) != nil { writes.add() }
                round += 1
                // Lets readers take leases: without a pause somebody always has the file open for writing.
                if round % 3 == 0 { usleep(UInt32(round % 5) * 400) }
            }
        }
        let timer = SystemThread(name: "timer") {
            sleep(UInt32(Self.seconds))
            isOver.store(true, ordering: .relaxed)
        }
        onThreads(3) { thread in
            var round = thread
            while !isOver.load(ordering: .relaxed) {
                round += 1
                guard let file = try? content.open(path, in: folder) else { continue }
                for _ in 0..<4 {
                    guard let bytes = try? file.bytes(), !bytes.isEmpty else { continue }
                    reads.add()
                    if !Secrets.offsets(in: bytes).isEmpty { leaks.add() }
                    // A copy or clone may hold what was half written; it is planned all the same.
                    if file.kind == .router, Self.fillers(in: bytes) > 1 { mixtures.add() }
                }
                file.close()
            }
        }
        writer.join()
        timer.join()
        #expect(leaks.value == 0)
        #expect(mixtures.value == 0)
        #expect(reads.value > 0)
        #expect(writes.value > 0)
    }

    private static let size = 20_000

    static func version(_ number: Int) -> [UInt8] {
        let places = (0..<4).map { (number * 1_237 + $0 * 4_999) % (size - Secrets.length) }
        return Secrets.file(size: size, filler: UInt8(ascii: "a") + UInt8(number % 16), at: places)
    }

    private static func fillers(in bytes: [UInt8]) -> Int {
        var seen = [Bool](repeating: false, count: 256)
        for byte in bytes { seen[Int(byte)] = true }
        return seen[0x61...0x70].count { $0 }
    }

    private static func apply(_ change: Change, _ round: Int, _ path: String) throws {
        let bytes = version(round)
        switch change {
        case .rewriteInPlace:
            try write(bytes, to: path, flags: O_WRONLY)
        case .append:
            if round % 50 == 0 { try write(bytes, to: path, flags: O_WRONLY | O_TRUNC) }
            let (descriptor, filler) = try opened(path)
            let tail = Secrets.file(size: 300, filler: filler, at: [round % 290])
            _ = tail.withUnsafeBytes { Glibc.write(descriptor.raw, $0.baseAddress, $0.count) }
        case .truncateAndWrite:
            if round % 2 == 0 { truncate(path, off_t(round * 97 % size)) }
            try write(bytes, to: path, flags: O_WRONLY | O_TRUNC)
        case .renameOver:
            try write(bytes, to: path + ".new", flags: O_WRONLY | O_CREAT | O_TRUNC)
            rename(path + ".new", path)
        case .map:
            let descriptor = OwnedDescriptor(try retrying { open(path, O_RDWR | O_CLOEXEC) })
            let map = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor.raw, 0)
            guard let map, map != MAP_FAILED else { return }
            UnsafeMutableRawBufferPointer(start: map, count: size).copyBytes(from: bytes)
            UnsafeMutableRawBufferPointer(start: map, count: size).copyBytes(from: version(round + 3))
            munmap(map, size)
        }
    }

    /// The file opened for appending, and its filler byte.
    private static func opened(_ path: String) throws -> (OwnedDescriptor, UInt8) {
        let descriptor = OwnedDescriptor(try retrying { open(path, O_RDWR | O_APPEND | O_CLOEXEC) })
        let start = try scratchBytes(capacity: 100) { buffer throws(Errno) in
            try retryingLength { pread(descriptor.raw, buffer.baseAddress, 100, 0) }
        }
        return (descriptor, start.last { $0 != 0x31 && $0 != 0x32 && !(0x41...0x5A).contains($0) } ?? UInt8(ascii: "a"))
    }
}
