import LinuxSystem
import StackedFS
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// A filter does what it says, in every place where it can speak.
@Suite(.timeLimit(.minutes(10))) struct SeamTests {
    private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    // MARK: inputs

    private final class Renames: Filter {
        var interests: OperationKinds { [.lookup, .create, .remove, .rename, .link] }
        private func changed(_ name: [UInt8]) -> [UInt8] {
            name == SeamTests.bytes("alias") ? SeamTests.bytes("real") : name
        }
        func before(_ o: inout Lookup, _ c: RequestContext) -> Verdict<Entry> {
            o.name = changed(o.name)
            return .pass
        }
        func before(_ o: inout Create, _ c: RequestContext) -> Verdict<Entry> {
            o.name = changed(o.name)
            o.mode &= ~0o077
            return .pass
        }
        func before(_ o: inout Remove, _ c: RequestContext) -> Verdict<Removed> {
            o.name = changed(o.name)
            return .pass
        }
        func before(_ o: inout Rename, _ c: RequestContext) -> Verdict<Removed> {
            o.newName = changed(o.newName)
            return .pass
        }
        func before(_ o: inout Link, _ c: RequestContext) -> Verdict<Entry> {
            o.name = changed(o.name)
            return .pass
        }
    }

    @Test func aChangedNameIsHonouredInEveryOperation() throws {
        try StackOnDirectory.with([Renames()]) { t throws in
            try t.write("real", "1")
            #expect(try t.lookup("alias").attributes.size == 1)
            try t.stack.remove(
                Remove(parent: t.stack.root, name: SeamTests.bytes("alias"), isDirectory: false), t.context)
            #expect(throws: Errno.noSuchFileOrDirectory) { try t.lookup("real") }
            _ = try t.stack.create(
                Create(parent: t.stack.root, name: SeamTests.bytes("alias"), what: .directory, mode: 0o777, umask: 0),
                t.context)
            let made = try t.lookup("real")
            #expect(made.attributes.kind == .directory)
            #expect(made.attributes.mode & 0o777 == 0o700)
            try t.write("other")
            let other = try t.lookup("other")
            try t.stack.remove(
                Remove(parent: t.stack.root, name: SeamTests.bytes("real"), isDirectory: true), t.context)
            _ = try t.stack.link(
                Link(node: other.node, parent: t.stack.root, name: SeamTests.bytes("alias")), t.context)
            #expect(try t.lookup("real").attributes.links == 2)
            try t.stack.rename(
                Rename(
                    parent: t.stack.root, name: SeamTests.bytes("other"), newParent: t.stack.root,
                    newName: SeamTests.bytes("alias"), flags: 0), t.context)
            #expect(try t.names(t.stack.root).contains("real"))
        }
    }

    private final class Limits: Filter {
        var interests: OperationKinds { [.write, .setAttributes, .read] }
        func before(_ o: inout Write, _ c: RequestContext) -> Verdict<Int> {
            o.count = min(o.count, 3)
            return .pass
        }
        func before(_ o: inout Read, _ c: RequestContext) -> Verdict<Int> {
            o.offset += 1
            return .pass
        }
        func before(_ o: inout SetAttributes, _ c: RequestContext) -> Verdict<AttributesReply> {
            o.mode = 0o600
            return .pass
        }
    }

    @Test func aChangedArgumentIsHonoured() throws {
        try StackOnDirectory.with([Limits()]) { t throws in
            try t.write("f", "")
            let node = try t.lookup("f").node
            let opened = try t.stack.open(node, flags: 2, t.context)
            let file = try t.stack.file(opened.handle)
            let text = SeamTests.bytes("abcdef")
            let written = try text.withUnsafeBytes { try t.stack.write(file, at: 0, from: $0, t.context) }
            #expect(written == 3)
            var buffer = [UInt8](repeating: 0, count: 8)
            let count = try buffer.withUnsafeMutableBytes { try t.stack.read(file, at: 0, into: $0, t.context) }
            #expect(Array(buffer[..<count]) == SeamTests.bytes("bc"))
            let (attributes, _) = try t.stack.setAttributes(
                SetAttributes(node: node, mode: 0o777, handle: nil), t.context)
            #expect(attributes.mode & 0o777 == 0o600)
            t.stack.release(opened.handle, lockOwner: 0, t.context)
            #expect(t.stack.handleCount == 0)
        }
    }

    // MARK: answers, failures, results

    private final class Speaks: Filter {
        var interests: OperationKinds { .all }
        func before(_ o: inout ReadLink, _ c: RequestContext) -> Verdict<[UInt8]> { .answer(SeamTests.bytes("answer")) }
        func before(_ o: inout GetXattr, _ c: RequestContext) -> Verdict<[UInt8]> { .fail(.permissionDenied) }
        func before(_ o: inout GetAttributes, _ c: RequestContext) -> Verdict<AttributesReply> { .passThenAfter }
        func after(_ o: GetAttributes, _ r: inout Result<AttributesReply, Errno>, _ c: RequestContext) {
            guard case .success(var reply) = r else { return }
            reply.attributes.size = 4_711
            r = .success(reply)
        }
        func before(_ o: inout Lookup, _ c: RequestContext) -> Verdict<Entry> { .passThenAfter }
        func after(_ o: Lookup, _ r: inout Result<Entry, Errno>, _ c: RequestContext) {
            if case .failure(.noSuchFileOrDirectory) = r { r = .failure(.permissionDenied) }
        }
    }

    @Test func answersFailuresChangesAndRemappedErrorsReachTheCaller() throws {
        try StackOnDirectory.with([Speaks()]) { t throws in
            try t.write("f")
            let node = try t.lookup("f").node
            #expect(try t.stack.readLink(node, t.context) == SeamTests.bytes("answer"))
            #expect(throws: Errno.permissionDenied) {
                try t.stack.xattr(node, name: SeamTests.bytes("user.x"), t.context)
            }
            #expect(try t.stack.attributes(of: node, t.context).0.size == 4_711)
            #expect(throws: Errno.permissionDenied) { try t.lookup("absent") }
        }
    }

    private final class Notes: Filter {
        let name: String
        let book: Book
        init(_ name: String, _ book: Book) {
            self.name = name
            self.book = book
        }
        var interests: OperationKinds { [.lookup] }
        func before(_ o: inout Lookup, _ c: RequestContext) -> Verdict<Entry> {
            book.add("before " + name)
            return .passThenAfter
        }
        func after(_ o: Lookup, _ r: inout Result<Entry, Errno>, _ c: RequestContext) { book.add("after " + name) }
    }

    private final class Book: Sendable {
        private let lines = Mutex<[String]>([])
        func add(_ line: String) { lines.withLock { $0.append(line) } }
        var all: [String] { lines.withLock { $0 } }
    }

    @Test func postfiltersRunInReverseOrder() throws {
        let book = Book()
        try StackOnDirectory.with([Notes("1", book), Notes("2", book)]) { t throws in
            try t.write("f")
            _ = try t.lookup("f")
        }
        #expect(book.all == ["before 1", "before 2", "after 2", "after 1"])
    }

    // MARK: attachment

    private final class Attaches: Filter {
        let attachment: FilterAttachment
        init(_ attachment: FilterAttachment) { self.attachment = attachment }
        var interests: OperationKinds { [.lookup] }
        func before(_ o: inout Lookup, _ c: RequestContext) -> Verdict<Entry> { .passThenAfter }
        func after(_ o: Lookup, _ r: inout Result<Entry, Errno>, _ c: RequestContext) {
            guard case .success(var entry) = r, entry.kind == .directory else { return }
            entry.attachment = attachment
            r = .success(entry)
        }
    }

    private final class Refuses: Filter {
        var interests: OperationKinds { [.lookup] }
        func before(_ o: inout Lookup, _ c: RequestContext) -> Verdict<Entry> { .fail(.tooManySymbolicLinkLevels) }
    }

    @Test func directoriesKeepRemoveOrReplaceWhatTheyInherit() throws {
        for (attachment, expected) in [
            (FilterAttachment.keep, ["before x", "after x", "before x", "after x"]),
            (.remove, ["before x", "after x"]),
        ] {
            let book = Book()
            try StackOnDirectory.with([Notes("x", book), Attaches(attachment)]) { t throws in
                try t.write("d/f")
                _ = try t.lookup("d/f")
            }
            #expect(book.all == expected)
        }
        try StackOnDirectory.with([Attaches(.replace(FilterSet([Refuses()])))]) { t throws in
            try t.write("d/e/f")
            _ = try t.lookup("d")
            #expect(throws: Errno.tooManySymbolicLinkLevels) { try t.lookup("d/e") }
        }
    }

    private final class HidesAll: Filter {
        var interests: OperationKinds { [.listEntry] }
        func before(_ o: inout ListEntry, _ c: RequestContext) -> Verdict<ListedEntry> {
            o.name.starts(with: SeamTests.bytes("hidden")) ? .fail(.noSuchFileOrDirectory) : .pass
        }
    }

    @Test func aBatchThatIsFilteredAwayDoesNotEndTheListing() throws {
        try StackOnDirectory.with([HidesAll()]) { t throws in
            for number in 0..<3_000 { try t.write("hidden-with-a-long-name-\(number)", "") }
            for number in 0..<20 { try t.write("seen\(number)", "") }
            #expect(try t.names(t.stack.root).filter { $0.hasPrefix("seen") }.count == 20)
            #expect(try t.names(t.stack.root).count == 22)
        }
    }
}
