import CLinux
import Glibc
import LinuxSystem
import Redaction
import StackedFS
import Synchronization
import SystemPackage
import Testing

@Suite("Redacted file: router", .timeLimit(.minutes(5)))
struct RouterTests {
    let folder: Folder
    let content: RedactedContent

    init() throws {
        LeaseKeeper.blockSignal()
        folder = try Folder()
        var options = RedactedContent.Options()
        options.snapshots = .off
        content = RedactedContent(options: options, planner: Secrets.planner)
    }

    @Test("Reads give patched bytes at any offset and length")
    func patchedBytes() throws {
        let original = Secrets.file(size: 10_000, at: [0, 100, 4_090, 9_992])
        let path = try folder.write("a.jpg", original)
        let file = try content.open(path, in: folder)
        defer { file.close() }
        #expect(file.kind == .router)
        #expect(file.size == 10_000)
        let wanted = Secrets.redacted(original)
        #expect(try file.bytes() == wanted)
        for start in [0, 1, 95, 99, 103, 4_089, 4_093, 9_991, 9_999, 10_000, 12_000] {
            for count in [1, 3, 8, 20, 5_000] {
                let lower = min(start, original.count)
                #expect(try file.bytes(start..<start + count) == Array(wanted[lower..<min(start + count, 10_000)]))
            }
        }
    }

    @Test("A writer gets through at once, and reads fail from then on")
    func writerBreaksLease() throws {
        let path = try folder.write("a.jpg", Secrets.file(size: 5_000, at: [10]))
        let heard = Heard()
        let file = try content.open(path, in: folder) { heard.count.add(1, ordering: .relaxed) }
        defer { file.close() }
        try StackedFSTests.write([1, 2, 3], to: path, flags: O_WRONLY)
        #expect(file.isStale)
        #expect(throws: Errno.staleNFSFileHandle) { try file.bytes() }
        #expect(eventually { heard.count.load(ordering: .relaxed) == 1 })
    }
}

/// Counts calls of a listener.
final class Heard: Sendable {
    let count = Atomic<Int>(0)
}
