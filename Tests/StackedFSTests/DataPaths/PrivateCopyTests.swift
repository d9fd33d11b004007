import CLinux
import Glibc
import LinuxSystem
import Redaction
import SystemPackage
import Testing

@testable import StackedFS

@Suite("Redacted file: private copy", .timeLimit(.minutes(10)))
struct PrivateCopyTests {
    let folder: Folder
    let content: RedactedContent

    init() throws {
        LeaseKeeper.blockSignal()
        folder = try Folder()
        content = RedactedContent(options: .router, planner: Secrets.planner)
    }

    @Test("While somebody writes, the bytes at the open are served, whatever he does then")
    func writing() throws {
        let original = Secrets.file(size: 300_000, at: [10, 270_000])
        let path = try folder.write("a.jpg", original)
        let writer = OwnedDescriptor(try retrying { open(path, O_RDWR | O_CLOEXEC) })
        let file = try content.open(path, in: folder)
        #expect(file.kind == .privateCopy)
        #expect(try file.bytes() == Secrets.redacted(original))
        #expect(file.isCurrent(try ContentVersion.of(writer)))
        ftruncate(writer.raw, 10)
        #expect(try file.bytes() == Secrets.redacted(original))
        #expect(!file.isStale)
        #expect(!file.isCurrent(try ContentVersion.of(writer)))
        #expect(content.statistics.privateCopyBytes == 300_000)
        #expect(content.statistics.plansKept == 0)
        file.close()
    }

    @Test("Files above the limit are busy while somebody writes, and served when he is done")
    func limit() throws {
        let content = RedactedContent(options: .router) { source in
            RedactionPlan(
                size: source.size, container: "test",
                patches: [Patch(range: 0..<4, replacement: .fill(1), kind: "start")], reasons: [])
        }
        let path = try folder.write("a.mp4", [])
        let writer = OwnedDescriptor(try retrying { open(path, O_RDWR | O_CLOEXEC) })
        ftruncate(writer.raw, 64 << 20)
        do {
            let file = try content.open(path, in: folder)
            #expect(try file.bytes(0..<6) == [1, 1, 1, 1, 0, 0])
            file.close()
        }
        ftruncate(writer.raw, 64 << 20 + 1)
        #expect(throws: Errno.resourceBusy) { try content.open(path, in: folder) }
        #expect(content.statistics.privateCopyBytes == 0)
    }

    @Test("Served when the writer is done")
    func afterwards() throws {
        var options = RedactedContent.Options.router
        options.privateCopyBytes = 100
        let content = RedactedContent(options: options, planner: Secrets.planner)
        let path = try folder.write("a.jpg", Secrets.file(size: 200, at: [10]))
        do {
            let writer = OwnedDescriptor(try retrying { open(path, O_RDWR | O_CLOEXEC) })
            #expect(throws: Errno.resourceBusy) { try content.open(path, in: folder) }
            withExtendedLifetime(writer) {}
        }
        let file = try content.open(path, in: folder)
        #expect(file.kind == .router)
        file.close()
    }

    @Test("All copies together keep to their bound and give their memory back")
    func total() throws {
        var options = RedactedContent.Options.router
        options.allPrivateCopyBytes = 450
        let content = RedactedContent(options: options, planner: Secrets.planner)
        let path = try folder.write("a.jpg", Secrets.file(size: 200, at: [10]))
        let writer = OwnedDescriptor(try retrying { open(path, O_RDWR | O_CLOEXEC) })
        var files = [try content.open(path, in: folder), try content.open(path, in: folder)]
        #expect(throws: Errno.resourceBusy) { try content.open(path, in: folder) }
        files.removeLast().close()
        files.append(try content.open(path, in: folder))
        files = []
        #expect(content.statistics.privateCopyBytes == 0)
        withExtendedLifetime(writer) {}
    }

    @Test("A mapped writer, whose stores change no time, shows nothing")
    func mapped() throws {
        let size = 64 << 10
        let hidden = Secrets.file(size: size, filler: UInt8(ascii: "a"), at: [0, 30_000])
        let other = Secrets.file(size: size, filler: UInt8(ascii: "b"), at: [10_000, 50_000])
        let path = try folder.write("a.jpg", hidden)
        let descriptor = OwnedDescriptor(try retrying { open(path, O_RDWR | O_CLOEXEC) })
        let map = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor.raw, 0)
        let writable = UnsafeMutableRawBufferPointer(start: map, count: size)
        defer { munmap(map, size) }
        for round in 0..<50 {
            writable.copyBytes(from: round % 2 == 0 ? other : hidden)
            let file = try content.open(path, in: folder)
            #expect(file.kind == .privateCopy)
            writable.copyBytes(from: round % 2 == 0 ? hidden : other)
            #expect(try file.bytes() == Secrets.redacted(round % 2 == 0 ? other : hidden))
            file.close()
        }
    }
}
