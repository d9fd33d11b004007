import CLinux
import Glibc
import LinuxSystem
import Redaction
import SystemPackage
import TestSupport
import Testing

@testable import StackedFS

@Suite("Private state of a file that the service writes", .timeLimit(.minutes(10)))
struct PrivateStateTests {
    let folder: Folder
    let content: RedactedContent
    let state: PrivateState

    init() throws {
        LeaseKeeper.blockSignal()
        folder = try Folder()
        content = RedactedContent(options: .router, planner: Secrets.planner)
        state = PrivateState(content)
    }

    @Test("Every write is seen by the next read, redacted")
    func coherent() throws {
        let path = try folder.write("a", Secrets.file(size: 5_000, at: [10]))
        let writer = OwnedDescriptor(try retrying { open(path, O_RDWR | O_CLOEXEC) })
        for round in 0..<200 {
            let bytes = Secrets.file(size: 5_000, filler: UInt8(ascii: "a") + UInt8(round % 20), at: [round * 20])
            try bytes.withUnsafeBytes { try writer.writeFully($0, at: 0) }
            state.invalidate()
            #expect(try read() == Secrets.redacted(bytes))
        }
        func read() throws -> [UInt8] { try state.current(writer, directory: folder.directory()).bytes() }
    }

    @Test("Reads between writes share one copy, which goes with the state")
    func shared() throws {
        let path = try folder.write("a", Secrets.file(size: 5_000, at: [10]))
        let writer = OwnedDescriptor(try retrying { open(path, O_RDWR | O_CLOEXEC) })
        let start = MonotonicClock.now
        for _ in 0..<1_000 { _ = try state.current(writer, directory: folder.directory()).bytes() }
        // One copy in 100 ms.
        #expect(UInt64(content.statistics.privateCopiesMade) <= 2 + (MonotonicClock.now - start) / 100_000_000)
        #expect(content.statistics.privateCopyBytes == 5_000)
        state.invalidate()
        #expect(content.statistics.privateCopyBytes == 0)
    }

    @Test("Changes by others are seen without being told")
    func others() throws {
        let path = try folder.write("a", Secrets.file(size: 5_000, at: [10]))
        let writer = OwnedDescriptor(try retrying { open(path, O_RDWR | O_CLOEXEC) })
        for round in 0..<10 {
            let bytes = Secrets.file(size: 4_000 + round, filler: UInt8(ascii: "a"), at: [round * 100])
            try folder.write("a", bytes)
            #expect(try state.current(writer, directory: folder.directory()).bytes() == Secrets.redacted(bytes))
        }
    }

    @Test(
        "Too large for a copy: busy, or a snapshot", .enabled(if: LoopFilesystem.isAvailable, "\(LoopFilesystem.need)"))
    func large() throws {
        var options = RedactedContent.Options()
        options.privateCopyBytes = 1_000
        let state = PrivateState(RedactedContent(options: options, planner: Secrets.planner))
        let original = Secrets.file(size: 5_000, at: [10])
        let path = try folder.write("a", original)
        let writer = OwnedDescriptor(try retrying { open(path, O_RDWR | O_CLOEXEC) })
        #expect(throws: Errno.resourceBusy) { try state.current(writer, directory: folder.directory()) }
        try LoopFilesystem.xfs.with { mount in
            let folder = try Folder(in: mount)
            let path = try folder.write("a", original)
            let writer = OwnedDescriptor(try retrying { open(path, O_RDWR | O_CLOEXEC) })
            let file = try state.current(writer, directory: folder.directory())
            #expect(file.kind == .snapshot)
            #expect(try file.bytes() == Secrets.redacted(original))
            state.invalidate()
        }
    }
}
