import CLinux
import Glibc
import LinuxSystem
import Redaction
import SystemPackage
import Testing

@testable import StackedFS

@Suite("Whether a file carries a location", .timeLimit(.minutes(10)))
struct CarriesLocationTests {
    let folder: Folder
    let content: RedactedContent

    init() throws {
        LeaseKeeper.blockSignal()
        folder = try Folder()
        content = RedactedContent(options: .router, planner: Secrets.planner)
    }

    @Test("It does, it does not, it is empty")
    func plain() throws {
        let secret = try readable(folder.write("a", Secrets.file(size: 500, at: [5])))
        let clean = try readable(folder.write("b", Secrets.file(size: 500, at: [])))
        let empty = try readable(folder.write("c", []))
        #expect(try content.carriesLocation(secret.raw))
        #expect(try !content.carriesLocation(clean.raw))
        #expect(try !content.carriesLocation(empty.raw))
        #expect(try content.carriesLocation(secret.raw))
        #expect(content.statistics.plansMade == 2)
    }

    @Test("The plan is that of the opens")
    func sharesPlans() throws {
        let path = try folder.write("a", Secrets.file(size: 500, at: [5]))
        try content.open(path, in: folder).close()
        let pin = OwnedDescriptor(try retrying { open(path, mv_O_PATH | O_CLOEXEC) })
        #expect(try content.carriesLocation(pin.raw))
        #expect(content.statistics.plansMade == 1)
    }

    @Test("While somebody writes it is told from a copy; what is too large for one might carry one")
    func writing() throws {
        var options = RedactedContent.Options.router
        options.privateCopyBytes = 1_000
        let content = RedactedContent(options: options, planner: Secrets.planner)
        let clean = try folder.write("a", Secrets.file(size: 500, at: []))
        let secret = try folder.write("b", Secrets.file(size: 500, at: [5]))
        let large = try folder.write("c", Secrets.file(size: 2_000, at: []))
        for (path, wanted) in [(clean, false), (secret, true), (large, true)] {
            let writer = OwnedDescriptor(try retrying { open(path, O_RDWR | O_CLOEXEC) })
            #expect(try content.carriesLocation(writer.raw) == wanted)
        }
    }

    @Test("What cannot be planned might carry one; a directory is no file")
    func unplannable() throws {
        let content = RedactedContent(options: .router) { _ in throw Errno.ioError }
        let file = try readable(folder.write("a", [1, 2, 3]))
        #expect(try content.carriesLocation(file.raw))
        let directory = try folder.directory()
        #expect(throws: Errno.invalidArgument) { try content.carriesLocation(directory.raw) }
        #expect(throws: Errno.badFileDescriptor) { try content.carriesLocation(-1) }
    }

    @Test("Asking takes no lease away from open files, and leaves none")
    func leases() throws {
        let path = try folder.write("a", Secrets.file(size: 500, at: [5]))
        let file = try content.open(path, in: folder)
        let descriptor = try readable(path)
        #expect(try content.carriesLocation(descriptor.raw))
        #expect(!file.isStale)
        #expect(try file.bytes() == Secrets.redacted(Secrets.file(size: 500, at: [5])))
        file.close()
        #expect(try content.carriesLocation(descriptor.raw))
        try StackedFSTests.write([1], to: path, flags: O_WRONLY | O_NONBLOCK)
    }

    @Test("A writer is noticed, and that there is none")
    func writers() throws {
        let path = try folder.write("a", [1, 2, 3])
        let descriptor = try readable(path)
        #expect(!content.isBeingWritten(descriptor.raw))
        do {
            let writer = OwnedDescriptor(try retrying { open(path, O_RDWR | O_CLOEXEC) })
            #expect(content.isBeingWritten(descriptor.raw))
            #expect(content.isBeingWritten(writer.raw))
        }
        #expect(!content.isBeingWritten(descriptor.raw))
        #expect(content.isBeingWritten(-1))
    }
}
