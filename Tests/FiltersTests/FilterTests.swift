import Filters
import Foundation
import LinuxSystem
import Logging
import Policy
import StackedFS
import Store
import SystemPackage
import TestSupport
import Testing

/// The library's filters on the real stack, without a mount: what two apps, an unknown and a trusted caller meet.
@Suite(.timeLimit(.minutes(10))) struct FilterTests {
    private final class NoKernel: KernelChannel {
        var supportsPassthrough: Bool { false }
        func registerBacking(_ descriptor: Int32) throws(Errno) -> Int32 { throw .notSupported }
        func closeBacking(_ id: Int32) {}
        func invalidate(nodeID: UInt64) {}
    }

    struct Fixture {
        let root: String
        let stack: Stack
        let store: PolicyStore
        let audit: AuditLog
        let view: ViewIdentity

        func caller(_ uid: UInt32) -> RequestContext {
            RequestContext(uid: uid, gid: uid, pid: Int32(uid), view: view, names: stack)
        }
        func grant(_ app: String, _ permission: Permission) throws {
            try store.grant(Grant(app: app, permission: permission))
        }
        func lookup(_ path: String, _ uid: UInt32) throws -> FoundNode {
            var node = stack.root
            var found: FoundNode?
            for name in path.split(separator: "/") {
                let next = try stack.lookup(node, Array(name.utf8), caller(uid))
                node = next.node
                found = next
            }
            guard let found else { throw Errno.noSuchFileOrDirectory }
            return found
        }
        func names(_ path: String, _ uid: UInt32) throws -> [String] {
            let node = path.isEmpty ? stack.root : try lookup(path, uid).node
            let opened = try stack.openDirectory(node, caller(uid))
            defer { stack.releaseDirectory(opened.handle) }
            var names: [String] = []
            try stack.list(opened.handle, from: 2, withAttributes: false, caller(uid)) { item, _ in
                names.append(String(decoding: item.name, as: UTF8.self))
                return true
            }
            return names.sorted()
        }
        func make(_ what: Create.What, _ path: String, _ uid: UInt32) throws {
            let parts = path.split(separator: "/")
            let parent = parts.count > 1 ? try lookup(parts.dropLast().joined(separator: "/"), uid).node : stack.root
            _ = try stack.create(
                Create(parent: parent, name: Array((parts.last ?? "").utf8), what: what, mode: 0o100644, umask: 0),
                caller(uid))
        }
    }

    /// Apps a (uid 1) and b (uid 2), their folders, and some files.
    private func with(_ body: (Fixture) throws -> Void) throws {
        try withTemporaryDirectory { root in
            let library = root + "/library"
            for folder in ["Android/data/a", "Android/data/b", "DCIM"] {
                try FileManager.default.createDirectory(
                    atPath: library + "/" + folder, withIntermediateDirectories: true)
            }
            for file in ["DCIM/p.jpg", "DCIM/v.mp4", "Android/data/b/secret"] {
                try Data("x".utf8).write(to: URL(fileURLWithPath: library + "/" + file))
            }
            let store = try PolicyStore(
                directory: StateDirectory(path: root + "/state"),
                folders: [FolderRule(pattern: "Android/data/{app}", kind: .private)], callers: CallerRules())
            try store.addApp(App(name: "a", uids: [1]))
            try store.addApp(App(name: "b", uids: [2]))
            let audit = try AuditLog(path: root + "/audit.db", logger: Logger(label: "test"))
            defer { audit.close() }
            let shared = FilterContext(
                keeper: store.keeper, ownership: try OwnershipStore(store), audit: audit,
                logger: Logger(label: "test"))
            let view = ViewIdentity(name: "shared")
            let stack = Stack(
                library: try Library(path: library, redacted: RedactedContent()), view: view,
                filters: .library(shared), timeouts: .init(), channel: NoKernel())
            try body(Fixture(root: library, stack: stack, store: store, audit: audit, view: view))
        }
    }

    @Test func foldersOfOthersAreAbsentAndCannotBeMade() throws {
        try with { t throws in
            #expect(try t.names("Android/data", 1) == ["a"])
            #expect(try t.names("Android/data", 2) == ["b"])
            #expect(try t.names("Android/data", 9) == [])
            #expect(try t.names("Android/data", 0) == ["a", "b"])
            for name in ["b", "c"] {
                #expect(throws: Errno.noSuchFileOrDirectory) { try t.lookup("Android/data/\(name)", 1) }
                #expect(throws: Errno.permissionDenied) { try t.make(.directory, "Android/data/\(name)", 1) }
                #expect(throws: Errno.permissionDenied) { try t.make(.node(rdev: 0), "Android/data/\(name)", 1) }
            }
        }
    }

    /// In a listing most names are never looked at one by one: what is said of all at once must be true of each.
    @Test func whatIsSaidOfAllEntriesIsTrueOfEach() throws {
        try with { t throws in
            for folder in ["DCIM/deep", "Android/media/b", "Android/data/c"] {
                try FileManager.default.createDirectory(
                    atPath: t.root + "/" + folder, withIntermediateDirectories: true)
            }
            let names = ["a.jpg", "b.mp4", "c.mp3", "d.txt", "none", "deep", "a", "b", "data"]
            for folder in ["", "DCIM", "DCIM/deep", "Android", "Android/data", "Android/data/b", "Android/media"] {
                for name in names where !FileManager.default.fileExists(atPath: t.root + "/\(folder)/\(name)") {
                    try Data("x".utf8).write(to: URL(fileURLWithPath: t.root + "/\(folder)/\(name)"))
                }
            }
            for step in 0..<6 {
                switch step {
                case 1: try t.grant("a", .readImages)
                case 2: try t.store.grant(Grant(app: "a", permission: .readAudio, under: "DCIM/deep"))
                case 3: try t.store.grant(Grant(app: "b", permission: .writeFiles, under: "DCIM"))
                case 4:
                    for permission in [Permission.readVideo, .readAudio, .readFiles] { try t.grant("a", permission) }
                case 5: try t.grant("b", .manage)
                default: break
                }
                for uid: UInt32 in [0, 1, 2, 9] { try compareListings(t, uid) }
            }
        }
    }

    /// Every listing must be what lookups of the single names find.
    private func compareListings(_ t: Fixture, _ uid: UInt32) throws {
        for case let path as String in try #require(FileManager.default.enumerator(atPath: t.root)) {
            var isDirectory: ObjCBool = false
            let exists = FileManager.default.fileExists(atPath: t.root + "/" + path, isDirectory: &isDirectory)
            guard exists, isDirectory.boolValue, (try? t.lookup(path, uid)) != nil else { continue }
            let there = try FileManager.default.contentsOfDirectory(atPath: t.root + "/" + path)
            let found = there.filter { (try? t.lookup(path + "/" + $0, uid)) != nil }.sorted()
            #expect(try t.names(path, uid) == found, "\(path), uid \(uid)")
        }
    }

    @Test func directoriesTellNothingOfWhatTheyHide() throws {
        try with { t throws in
            let container = try t.lookup("Android/data", 1).attributes
            #expect(container.links == 1)
            #expect(container.modified == container.born ?? .init(seconds: 0, nanoseconds: 0))
            #expect(container.size == 4_096)
            #expect(try t.lookup("DCIM", 1).attributes.links == 1)
            #expect(try t.lookup("Android/data", 0).attributes.links > 2)
        }
    }

    @Test func filesFollowTheGrantsOfTheirCollection() throws {
        try with { t throws in
            #expect(try t.names("DCIM", 1) == [])
            try t.grant("a", .readImages)
            #expect(try t.names("DCIM", 1) == ["p.jpg"])
            #expect(throws: Errno.noSuchFileOrDirectory) { try t.lookup("DCIM/v.mp4", 1) }
            #expect(try t.lookup("DCIM/p.jpg", 1).node.variant == .redacted)
            #expect(throws: Errno.permissionDenied) { try t.make(.node(rdev: 0), "DCIM/new.jpg", 1) }
            try t.grant("a", .location)
            #expect(try t.lookup("DCIM/p.jpg", 1).node.variant == .original)
            #expect(try t.lookup("DCIM/p.jpg", 9).node.variant == .redacted)
            #expect(try t.lookup("DCIM/p.jpg", 0).node.variant == .original)
        }
    }

    @Test func aNodeIsNotACapability() throws {
        try with { t throws in
            try t.grant("a", .readImages)
            let original = try t.lookup("DCIM/p.jpg", 0).node
            #expect(throws: Errno.staleNFSFileHandle) { try t.stack.open(original, flags: 0, t.caller(1)) }
            #expect(throws: Errno.noSuchFileOrDirectory) { try t.stack.open(original, flags: 0, t.caller(2)) }
            #expect(throws: Errno.noSuchFileOrDirectory) { try t.stack.attributes(of: original, t.caller(2)) }
        }
    }

    @Test func whatAnAppMakesIsItsOwnUntilAnotherWrites() throws {
        try with { t throws in
            try t.grant("a", .writeImages)
            try t.make(.node(rdev: 0), "DCIM/own.jpg", 1)
            #expect(try t.lookup("DCIM/own.jpg", 1).node.variant == .original)
            #expect(throws: Errno.noSuchFileOrDirectory) { try t.lookup("DCIM/own.jpg", 2) }
            try t.grant("b", .manage)
            let node = try t.lookup("DCIM/own.jpg", 2).node
            let opened = try t.stack.open(node, flags: 1, t.caller(2))
            t.stack.release(opened.handle, lockOwner: 0, t.caller(2))
            #expect(try t.lookup("DCIM/own.jpg", 1).node.variant == .redacted)
        }
    }

    @Test func whoeverTruncatesToNothingOwns() throws {
        try with { t throws in
            try t.grant("a", .writeImages)
            let node = try t.lookup("DCIM/p.jpg", 1).node
            #expect(node.variant == .redacted)
            _ = try t.stack.setAttributes(SetAttributes(node: node, size: 0, handle: nil), t.caller(1))
            #expect(try t.lookup("DCIM/p.jpg", 1).node.variant == .original)
        }
    }

    @Test func directoriesThatLeadToAppFoldersStay() throws {
        try with { t throws in
            try t.grant("a", .writeFiles)
            let rename = Rename(
                parent: t.stack.root, name: Array("Android".utf8), newParent: t.stack.root, newName: Array("X".utf8),
                flags: 0)
            #expect(throws: Errno.permissionDenied) { try t.stack.rename(rename, t.caller(1)) }
            try t.make(.directory, "mine", 1)
            let own = Rename(
                parent: t.stack.root, name: Array("mine".utf8), newParent: t.stack.root, newName: Array("my".utf8),
                flags: 0)
            try t.stack.rename(own, t.caller(1))
            #expect(try t.names("", 1).contains("my"))
        }
    }

    @Test func removingWhatIsHiddenIsAsRemovingWhatIsAbsent() throws {
        try with { t throws in
            try t.grant("a", .writeImages)
            let folder = try t.lookup("DCIM", 1).node
            for name in ["v.mp4", "none.mp4"] {
                let remove = Remove(parent: folder, name: Array(name.utf8), isDirectory: false)
                #expect(throws: Errno.noSuchFileOrDirectory) { try t.stack.remove(remove, t.caller(1)) }
            }
            let move = Rename(
                parent: folder, name: Array("p.jpg".utf8), newParent: folder, newName: Array("v.mp4".utf8), flags: 1)
            #expect(throws: Errno.permissionDenied) { try t.stack.rename(move, t.caller(1)) }
            // A directory that only looks empty is not "not empty".
            try t.grant("a", .writeFiles)
            _ = try Program.run(["sh", "-c", "mkdir '\(t.root)/looks'; touch '\(t.root)/looks/h.mp4'"])
            _ = try t.lookup("looks", 1)
            let looks = Remove(parent: t.stack.root, name: Array("looks".utf8), isDirectory: true)
            #expect(throws: Errno.permissionDenied) { try t.stack.remove(looks, t.caller(1)) }
        }
    }

    /// A move between directories in which the caller has different rights.
    private func move(_ t: Fixture, _ from: String, _ to: String, _ uid: UInt32, flags: UInt32 = 0) throws {
        func split(_ path: String) throws -> (Node, [UInt8]) {
            let parts = path.split(separator: "/")
            let parent =
                parts.count > 1 ? try t.lookup(parts.dropLast().joined(separator: "/"), uid).node : t.stack.root
            return (parent, Array((parts.last ?? "").utf8))
        }
        let (parent, name) = try split(from)
        let (newParent, newName) = try split(to)
        try t.stack.rename(
            Rename(parent: parent, name: name, newParent: newParent, newName: newName, flags: flags), t.caller(uid))
    }

    @Test func movingADirectoryLaundersNothing() throws {
        try with { t throws in
            // Writing one collection moves directories, but reads no other collection.
            try t.grant("a", .writeFiles)
            _ = try Program.run(["sh", "-c", "mkdir '\(t.root)/album'; echo x > '\(t.root)/album/p.jpg'"])
            #expect(throws: Errno.noSuchFileOrDirectory) { try t.lookup("album/p.jpg", 1) }
            #expect(throws: Errno.permissionDenied) { try move(t, "album", "Android/data/a/album", 1) }
            #expect(throws: Errno.noSuchFileOrDirectory) { try t.lookup("album/p.jpg", 1) }
            // Out of the own folder nothing is gained; neither is anything within one scope.
            try t.make(.directory, "Android/data/a/own", 1)
            try move(t, "Android/data/a/own", "own", 1)
            try move(t, "album", "renamed", 1)
            // Nor does a directory become one of app folders.
            _ = try Program.run(["sh", "-c", "mv '\(t.root)/Android' '\(t.root)/old'"])
            _ = try Program.run(["sh", "-c", "mkdir -p '\(t.root)/fake/data/a'"])
            #expect(throws: Errno.permissionDenied) { try move(t, "fake", "Android", 1) }
        }
    }

    @Test func movingOrLinkingAFileToWhereLocationsAreSeenShowsNone() throws {
        try with { t throws in
            try t.grant("a", .writeImages)
            try t.store.grant(Grant(app: "a", permission: .location, under: "seen"))
            _ = try Program.run(["sh", "-c", "mkdir '\(t.root)/seen'; echo y > '\(t.root)/seen/q.jpg'"])
            #expect(throws: Errno.permissionDenied) { try move(t, "DCIM/p.jpg", "seen/p.jpg", 1) }
            #expect(throws: Errno.permissionDenied) { try move(t, "DCIM/p.jpg", "seen/q.jpg", 1, flags: 2) }
            #expect(throws: Errno.permissionDenied) { try move(t, "seen/q.jpg", "DCIM/p.jpg", 1, flags: 2) }
            let link = Link(
                node: try t.lookup("DCIM/p.jpg", 1).node, parent: try t.lookup("seen", 1).node,
                name: Array("l.jpg".utf8))
            #expect(throws: Errno.permissionDenied) { try t.stack.link(link, t.caller(1)) }
            // What the app made itself it moves freely.
            try t.make(.node(rdev: 0), "DCIM/own.jpg", 1)
            try move(t, "DCIM/own.jpg", "seen/own.jpg", 1)
            try move(t, "seen/q.jpg", "DCIM/q.jpg", 1)
            #expect(try t.lookup("DCIM/q.jpg", 1).node.variant == .redacted)
        }
    }

    @Test func exchangingMakesNoFileThatMayNotBeMade() throws {
        try with { t throws in
            try t.grant("a", .writeImages)
            try t.make(.directory, "DCIM/d", 1)
            #expect(throws: Errno.permissionDenied) { try move(t, "DCIM/p.jpg", "DCIM/d", 1, flags: 2) }
            #expect(throws: Errno.noSuchFileOrDirectory) { try move(t, "DCIM/p.jpg", "DCIM/v.mp4", 1, flags: 2) }
        }
    }

    @Test func anOwnerIsForgottenDurablyBeforeSomebodyElseWrites() throws {
        try with { t throws in
            for app in ["a", "b"] { try t.grant(app, .writeImages) }
            try t.make(.node(rdev: 0), "DCIM/own.jpg", 1)
            let node = try t.lookup("DCIM/own.jpg", 1).node
            let identity = node.identity
            let key = OwnershipStore.Key(device: identity.device, inode: identity.inode, born: identity.born)
            // What another process would find after a crash.
            #expect(waitUntil { (try? OwnershipStore(t.store).owner(of: key)) == "a" })
            let writable = try t.lookup("DCIM/own.jpg", 0).node
            _ = try t.stack.open(writable, flags: 2, t.caller(0))
            #expect(try OwnershipStore(t.store).owner(of: key) == nil)
        }
    }

    @Test func whatSomebodyIsWritingIsNotTakenOverByTruncation() throws {
        try with { t throws in
            try t.grant("a", .writeImages)
            let node = try t.lookup("DCIM/p.jpg", 1).node
            let writer = try FileDescriptor.open(t.root + "/DCIM/p.jpg", .readWrite)
            #expect(throws: Errno.permissionDenied) {
                try t.stack.setAttributes(SetAttributes(node: node, size: 0, handle: nil), t.caller(1))
            }
            try writer.close()
            _ = try t.stack.setAttributes(SetAttributes(node: node, size: 0, handle: nil), t.caller(1))
        }
    }

    @Test func movingOntoADirectoryThatLooksEmptyIsNotNotEmpty() throws {
        try with { t throws in
            try t.grant("a", .writeImages)
            _ = try Program.run(["sh", "-c", "mkdir '\(t.root)/looks'; touch '\(t.root)/looks/h.mp4'"])
            try t.make(.directory, "mine", 1)
            _ = try t.lookup("looks", 1)
            #expect(throws: Errno.permissionDenied) { try move(t, "mine", "looks", 1) }
            _ = try Program.run(["sh", "-c", "touch '\(t.root)/looks/seen.jpg'"])
            #expect(throws: Errno.directoryNotEmpty) { try move(t, "mine", "looks", 1) }
        }
    }

    @Test func attributesOfTheUserMayHoldALocation() throws {
        try with { t throws in
            try t.grant("a", .readImages)
            let name = Array("user.place".utf8)
            let original = try t.lookup("DCIM/p.jpg", 0).node
            try t.stack.changeXattr(
                ChangeXattr(node: original, name: name, value: Array("Paris".utf8), flags: 0), t.caller(0))
            #expect(try t.stack.xattrNames(of: original, t.caller(0)).contains(name))
            let seen = try t.lookup("DCIM/p.jpg", 1).node
            #expect(try !t.stack.xattrNames(of: seen, t.caller(1)).contains(name))
            #expect(throws: Errno(rawValue: 61)) { try t.stack.xattr(seen, name: name, t.caller(1)) }
        }
    }

    @Test func theLogTellsWhatHappened() throws {
        try with { t throws in
            try t.grant("a", .writeImages)
            try t.make(.node(rdev: 0), "DCIM/new.jpg", 1)
            _ = try? t.lookup("Android/data/b", 1)
            let folder = try t.lookup("DCIM", 1).node
            try t.stack.remove(Remove(parent: folder, name: Array("new.jpg".utf8), isDirectory: false), t.caller(1))
            let rows = try t.audit.query(AuditQuery()).map {
                "\($0.event.app ?? "-") \($0.event.operation) \($0.event.decision) \(String(decoding: $0.event.path, as: UTF8.self))"
            }
            #expect(
                rows == ["a create allow DCIM/new.jpg", "a lookup hide Android/data/b", "a delete allow DCIM/new.jpg"])
        }
    }
}
