import Foundation
import LinuxSystem
import StackedFS
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// Listings are complete, go on from any offset, and ask filters only what they want to be asked.
@Suite(.timeLimit(.minutes(10))) struct ListingTests {
    /// Lists from an offset on as the kernel does: in pieces, with a batch read ahead after each.
    private func names(
        _ t: StackOnDirectory, _ handle: UInt64, from offset: UInt64 = 0, pieces: Int = 700
    ) throws -> [String] {
        var (names, next, last) = ([String](), offset, -1)
        while names.count != last {
            last = names.count
            try t.stack.list(handle, from: next, withAttributes: false, t.context) { item, _ in
                guard names.count < last + pieces else { return false }
                names.append(String(decoding: item.name, as: UTF8.self))
                next = item.next
                return true
            }
            t.stack.readAhead(handle, t.context)
        }
        return names
    }

    private func withMany(_ filters: [any Filter] = [], _ body: (StackOnDirectory, UInt64) throws -> Void) throws {
        try StackOnDirectory.with(filters) { t throws in
            for number in 0..<5_000 { try t.write("\(number)", "") }
            let handle = try t.stack.openDirectory(t.stack.root, t.context).handle
            defer { t.stack.releaseDirectory(handle) }
            try body(t, handle)
        }
    }

    private static let all = Set([".", ".."] + (0..<5_000).map { "\($0)" })

    @Test func everyEntryIsListedOnceWhateverThePiecesAre() throws {
        try withMany { t, handle throws in
            let whole = try names(t, handle, pieces: .max)
            #expect(whole.count == 5_002)
            #expect(Set(whole) == ListingTests.all)
            for pieces in [1, 3, 1_024, 1_025] { #expect(try names(t, handle, pieces: pieces) == whole) }
        }
    }

    @Test func aListingGoesOnFromAnyOffset() throws {
        try withMany { t, handle throws in
            let whole = try names(t, handle)
            for offset in [4_999, 1, 0, 1_026, 2, 1_025, 5_001, 3_000] {
                #expect(try names(t, handle, from: UInt64(offset)) == Array(whole[offset...]))
            }
            #expect(try names(t, handle, from: 5_002).isEmpty)
            #expect(try names(t, handle, from: 1 << 40).isEmpty)
            #expect(throws: Errno.invalidArgument) { try names(t, handle, from: .max) }
            // An offset of another open directory is good for this one as long as nothing has changed.
            let other = try t.stack.openDirectory(t.stack.root, t.context).handle
            defer { t.stack.releaseDirectory(other) }
            #expect(try names(t, other, from: 4_000) == Array(whole[4_000...]))
        }
    }

    @Test func theBeginningIsReadAnew() throws {
        try withMany { t, handle throws in
            _ = try names(t, handle)
            _ = try Program.run(["rm", t.root + "/7"])
            try t.write("new")
            #expect(Set(try names(t, handle)) == ListingTests.all.subtracting(["7"]).union(["new"]))
        }
    }

    // MARK: filters

    /// Wants to see the names that begin with a letter's text, hides them, and notes which it saw.
    private final class Hides: Filter {
        let beginning: [UInt8]
        let seen = Mutex<Set<String>>([])
        init(_ beginning: String) { self.beginning = Array(beginning.utf8) }
        var interests: OperationKinds { [.listEntry] }
        func interest(inEntriesOf directory: Node, _ c: RequestContext) -> EntryInterest {
            .some { [beginning] name, _ in name.starts(with: beginning) }
        }
        func before(_ o: inout ListEntry, _ c: RequestContext) -> Verdict<ListedEntry> {
            seen.withLock { [name = o.name] in _ = $0.insert(String(decoding: name, as: UTF8.self)) }
            return o.name.starts(with: beginning) ? .fail(.noSuchFileOrDirectory) : .pass
        }
    }

    private final class SaysNothing: Filter {
        var interests: OperationKinds { [.listEntry] }
        func interest(inEntriesOf directory: Node, _ c: RequestContext) -> EntryInterest { .none }
    }

    @Test func filtersAreAskedOnlyAboutTheEntriesThatTheyWantToSee() throws {
        let (first, second) = (Hides("1"), Hides("23"))
        try withMany([first, SaysNothing(), second]) { t, handle throws in
            let expected = ListingTests.all.filter { !$0.hasPrefix("1") && !$0.hasPrefix("23") }
            #expect(Set(try names(t, handle)) == expected)
            #expect(first.seen.withLock { $0 } == ListingTests.all.filter { $0.hasPrefix("1") || $0.hasPrefix("23") })
            #expect(second.seen.withLock { $0 } == ListingTests.all.filter { $0.hasPrefix("23") })
        }
    }

    /// Shows every entry under a longer name, as a directory, with another inode number.
    private final class Changes: Filter {
        var interests: OperationKinds { [.listEntry] }
        func before(_ o: inout ListEntry, _ c: RequestContext) -> Verdict<ListedEntry> { .passThenAfter }
        func after(_ o: ListEntry, _ result: inout Result<ListedEntry, Errno>, _ c: RequestContext) {
            guard case .success(var entry) = result else { return }
            entry.name += [UInt8](repeating: UInt8(ascii: "x"), count: 255 - entry.name.count)
            entry.kind = .directory
            entry.inode = 4_711
            result = .success(entry)
        }
    }

    @Test func whatAFilterMakesOfAnEntryIsListed() throws {
        try withMany([Changes()]) { t, handle throws in
            let expected = (0..<5_000).map { "\($0)".padding(toLength: 255, withPad: "x", startingAt: 0) }
            #expect(Set(try names(t, handle)) == Set([".", ".."] + expected))
            var kinds: Set<String> = []
            try t.stack.list(handle, from: 2, withAttributes: false, t.context) { item, _ in
                kinds.insert("\(item.kind) \(item.inode)")
                return true
            }
            #expect(kinds == ["directory 4711"])
        }
    }

    // MARK: backing filesystems

    @Test(.enabled(if: LoopFilesystem.isAvailable, "\(LoopFilesystem.need)"))
    func kindsAreToldWhereTheDirectoryDoesNotTellThem() throws {
        try LoopFilesystem.ext4.with(megabytes: 16, options: ["-O", "^filetype"]) { mount throws in
            _ = try Program.run(["sh", "-c", "cd \(mount); touch file; mkdir folder; ln -s file link; mkfifo pipe"])
            let library = try Library(path: mount, redacted: RedactedContent())
            let view = ViewIdentity(name: "test")
            let stack = Stack(
                library: library, view: view, filters: .none, timeouts: .init(), channel: NoKernel())
            let context = RequestContext(uid: 0, gid: 0, pid: 1, view: view, names: stack)
            let handle = try stack.openDirectory(stack.root, context).handle
            defer { stack.releaseDirectory(handle) }
            var kinds: [String: FileKind] = [:]
            try stack.list(handle, from: 2, withAttributes: false, context) { item, _ in
                kinds[String(decoding: item.name, as: UTF8.self)] = item.kind
                return true
            }
            kinds["lost+found"] = nil
            #expect(kinds == ["file": .regular, "folder": .directory, "link": .symbolicLink, "pipe": .fifo])
        }
    }
}
