import GRDB
import Policy
import TestSupport
import Testing

@testable import Store

@Suite(.timeLimit(.minutes(10))) struct OwnershipTests {
    private func with(_ body: (PolicyStore) throws -> Void) throws {
        try withTemporaryDirectory { root in
            let store = try PolicyStore(
                directory: StateDirectory(path: root), folders: [], callers: CallerRules())
            try store.addApp(App(name: "a", uids: []))
            try body(store)
        }
    }

    @Test func ownersSurviveARestart() throws {
        try with { store in
            let key = OwnershipStore.Key(device: 1, inode: 42, born: 99)
            let ownership = try OwnershipStore(store)
            ownership.setOwner(of: key, to: "a")
            #expect(ownership.owner(of: key) == "a")
            ownership.flush()
            #expect(try OwnershipStore(store).owner(of: key) == "a")
            // Devices get other numbers when the machine starts again; inode and birth stay.
            #expect(try OwnershipStore(store).owner(of: .init(device: 2, inode: 42, born: 99)) == "a")
        }
    }

    @Test func aRecycledInodeHasNoOwner() throws {
        try with { store in
            let ownership = try OwnershipStore(store)
            ownership.setOwner(of: .init(device: 1, inode: 42, born: 99), to: "a")
            #expect(ownership.owner(of: .init(device: 1, inode: 42, born: 100)) == nil)
            #expect(ownership.owner(of: .init(device: 1, inode: 42, born: 0)) == nil)
        }
    }

    @Test func ownershipThatSomebodyElseEndedDoesNotComeBack() throws {
        try with { store in
            let ownership = try OwnershipStore(store)
            let key = OwnershipStore.Key(device: 1, inode: 42, born: 99)
            ownership.setOwner(of: key, to: "a")
            try ownership.endOwnership(of: key)
            #expect(ownership.owner(of: key) == nil)
            // Without a flush: as after a crash.
            #expect(try OwnershipStore(store).owner(of: key) == nil)
        }
    }

    @Test func ownershipStaysIfItsEndCannotBeKept() throws {
        try with { store in
            let ownership = try OwnershipStore(store)
            let key = OwnershipStore.Key(device: 1, inode: 42, born: 99)
            ownership.setOwner(of: key, to: "a")
            try store.database.close()
            #expect(throws: (any Error).self) { try ownership.endOwnership(of: key) }
            #expect(ownership.owner(of: key) == "a")
        }
    }

    @Test func anImportEndsTheOwnershipOfAppsThatItDoesNotName() throws {
        try with { store in
            let ownership = try OwnershipStore(store)
            let key = OwnershipStore.Key(device: 1, inode: 42, born: 99)
            ownership.setOwner(of: key, to: "a")
            ownership.flush()
            try store.replaceAll(apps: [App(name: "b", uids: [])], grants: [], views: [])
            ownership.keepOnly(["b"])
            try store.addApp(App(name: "a", uids: []))
            #expect(ownership.owner(of: key) == nil)
            #expect(try OwnershipStore(store).owner(of: key) == nil)
        }
    }

    @Test func ownershipEnds() throws {
        try with { store in
            let ownership = try OwnershipStore(store)
            let key = OwnershipStore.Key(device: 1, inode: 42, born: 99)
            ownership.setOwner(of: key, to: "a")
            ownership.setOwner(of: key, to: nil)
            ownership.flush()
            #expect(ownership.owner(of: key) == nil)
            #expect(try OwnershipStore(store).owner(of: key) == nil)
            ownership.setOwner(of: key, to: "a")
            ownership.flush()
            try store.removeApp("a")
            ownership.keepOnly([])
            #expect(ownership.owner(of: key) == nil)
            #expect(try OwnershipStore(store).owner(of: key) == nil)
        }
    }
}
