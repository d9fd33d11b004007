import CLinux
import Glibc
import LinuxSystem
import Redaction
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import StackedFS

@Suite("Redacted file: router", .timeLimit(.minutes(10)))
struct RouterTests {
    let folder: Folder
    let content: RedactedContent

    init() throws {
        LeaseKeeper.blockSignal()
        folder = try Folder()
        content = RedactedContent(options: .router, planner: Secrets.planner)
    }

    @Test("Reads give patched bytes at any offset and length")
    func patchedBytes() throws {
        let original = Secrets.file(size: 10_000, at: [0, 100, 4_090, 9_992])
        let path = try folder.write("a.jpg", original)
        let file = try content.open(path, in: folder)
        defer { file.close() }
        #expect(file.kind == .router)
        #expect(file.passthroughDescriptor == nil)
        #expect(file.size == 10_000)
        let wanted = Secrets.redacted(original)
        #expect(try file.bytes() == wanted)
        for start in [0, 1, 95, 99, 103, 4_089, 4_093, 9_991, 9_999, 10_000, 12_000] {
            for count in [0, 1, 3, 8, 20, 5_000] {
                let lower = min(start, original.count)
                let upper = max(lower, min(start + count, original.count))
                #expect(try file.bytes(start..<start + count) == Array(wanted[lower..<upper]))
            }
        }
        #expect(try file.bytes(Int.max - 10..<Int.max - 5).isEmpty)
    }

    @Test("An empty file is served")
    func empty() throws {
        let file = try content.open(folder.write("empty", []), in: folder)
        defer { file.close() }
        #expect(try file.bytes(0..<10).isEmpty)
        #expect(throws: Errno.noSuchAddressOrDevice) { try file.seek(0, whence: SEEK_DATA) }
    }

    @Test("Data and holes tell nothing of patches: the file is all data")
    func seek() throws {
        let path = folder.path + "/sparse"
        try StackedFSTests.write(Secrets.file(size: 100, at: [4]), to: path, flags: O_WRONLY | O_CREAT, at: 1 << 20)
        let file = try content.open(path, in: folder)
        defer { file.close() }
        #expect(try file.seek(0, whence: SEEK_DATA) == 0)
        #expect(try file.seek(5, whence: SEEK_HOLE) == file.size)
        #expect(throws: Errno.noSuchAddressOrDevice) { try file.seek(file.size, whence: SEEK_DATA) }
        #expect(throws: Errno.invalidArgument) { try file.seek(0, whence: SEEK_SET) }
    }

    @Test("Directories and pipes are refused")
    func notRegular() throws {
        #expect(throws: Errno.invalidArgument) {
            try content.open(folder.directory(), directory: folder.directory()) {}
        }
        let pipe = folder.path + "/pipe"
        mkfifo(pipe, 0o600)
        #expect(throws: Errno.invalidArgument) { try content.open(pipe, in: folder) }
    }

    @Test("After close there are no reads, no lease and no descriptor")
    func closing() throws {
        let path = try folder.write("a.jpg", Secrets.file(size: 5_000, at: [10]))
        for _ in 0..<50 {
            let file = try content.open(path, in: folder)
            // While the lease is there a writer that does not want to wait is turned away (and breaks it).
            file.close()
            file.close()
            #expect(throws: Errno.badFileDescriptor) { try file.bytes() }
            try StackedFSTests.write([1], to: path, flags: O_WRONLY | O_NONBLOCK)
        }
        #expect(folder.openDescriptors == 0)
    }

    @Test("What is forgotten to be closed goes with its last reference")
    func forgetting() throws {
        let path = try folder.write("a.jpg", Secrets.file(size: 5_000, at: [10]))
        _ = try content.open(path, in: folder)
        #expect(folder.openDescriptors == 0)
        try StackedFSTests.write([1], to: path, flags: O_WRONLY | O_NONBLOCK)
    }

    @Test("A planner that fails gives its errno; no lease is left")
    func failingPlanner() throws {
        struct Odd: Error {}
        let path = try folder.write("a.jpg", Secrets.file(size: 5_000, at: [10]))
        let cases: [(any Error, Errno)] = [(Errno.noMemory, .noMemory), (Odd(), .ioError)]
        for (error, wanted) in cases {
            let content = RedactedContent(options: .router) { _ in throw error }
            #expect(throws: wanted) { try content.open(path, in: folder) }
        }
        #expect(folder.openDescriptors == 0)
        try StackedFSTests.write([1], to: path, flags: O_WRONLY | O_NONBLOCK)
    }

    @Test("A chmod leaves the version current, because the lease is whole; a rename over it leaves its bytes")
    func sameContent() throws {
        let original = Secrets.file(size: 5_000, at: [10])
        let path = try folder.write("a.jpg", original)
        let file = try content.open(path, in: folder)
        defer { file.close() }
        chmod(path, 0o600)
        let now = try ContentVersion.of(readable(path))
        #expect(now != file.version)
        #expect(file.isCurrent(now))
        let other = try folder.write("b.jpg", Secrets.file(size: 5_000, at: [90]), settled: false)
        rename(other, path)
        #expect(!file.isCurrent(try ContentVersion.of(readable(path))))
        #expect(!file.isStale)
        #expect(try file.bytes() == Secrets.redacted(original))
    }
}

extension RedactedContent.Options {
    static var router: RedactedContent.Options {
        var options = RedactedContent.Options()
        options.snapshots = .off
        return options
    }
}
