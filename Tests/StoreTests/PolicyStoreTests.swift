import Foundation
import Policy
import Store
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10))) struct PolicyStoreTests {
    private func open(_ root: String) throws -> PolicyStore {
        try PolicyStore(
            directory: StateDirectory(path: root + "/state"),
            folders: [FolderRule(pattern: "Android/data/{app}", kind: .private)], callers: CallerRules())
    }

    @Test func whatWasAcknowledgedIsThereAfterAReopen() throws {
        try withTemporaryDirectory { root in
            do {
                let store = try open(root)
                try store.addApp(App(name: "a", uids: [7, 8]))
                try store.grant(Grant(app: "a", permission: .readImages, under: "DCIM"))
                try store.addView(name: "v", app: "a", path: "/run/v")
            }
            let again = try open(root)
            #expect(again.keeper.current.apps == [try App(name: "a", uids: [7, 8])])
            #expect(try again.grants().map(\.grant) == [Grant(app: "a", permission: .readImages, under: "DCIM")])
            #expect(try again.views().map(\.path) == ["/run/v"])
        }
    }

    @Test func aClosedStoreIsOneFile() throws {
        try withTemporaryDirectory { root in
            let store = try open(root)
            try store.addApp(App(name: "a", uids: [7]))
            store.close()
            #expect(access(root + "/state/policy.db-wal", F_OK) != 0)
            #expect(try open(root).keeper.current.apps.map(\.name) == ["a"])
        }
    }

    @Test func everyChangeIsInForceWhenItReturns() throws {
        try withTemporaryDirectory { root in
            let store = try open(root)
            let first = store.keeper.current.serial
            try store.addApp(App(name: "a", uids: [7]))
            let second = store.keeper.current
            #expect(second.serial > first)
            #expect(second.principal(uid: 7) != .unknown)
            try store.removeApp("a")
            #expect(store.keeper.current.principal(uid: 7) == .unknown)
        }
    }

    @Test func grantsAreFoundByAppPermissionAndScope() throws {
        try withTemporaryDirectory { root in
            let store = try open(root)
            try store.addApp(App(name: "a", uids: []))
            try store.addApp(App(name: "b", uids: []))
            let everywhere = Grant(app: "a", permission: .readImages)
            let below = Grant(app: "a", permission: .readImages, under: "DCIM")
            let other = Grant(app: "a", permission: .location)
            let ended = Grant(app: "a", permission: .manage, expires: 1)
            let ofB = Grant(app: "b", permission: .readImages)
            for grant in [everywhere, below, other, ended, ofB] { try store.grant(grant) }
            #expect(try Set(store.grants().map(\.grant)) == [everywhere, below, other, ofB])
            #expect(try Set(store.grants(app: "a").map(\.grant)) == [everywhere, below, other])
            #expect(try Set(store.grants(app: "a", permission: .readImages).map(\.grant)) == [everywhere, below])
            #expect(try store.grants(app: "a", permission: .readImages, under: "").map(\.grant) == [everywhere])
            #expect(try Set(store.grants(permission: .readImages).map(\.grant)) == [everywhere, below, ofB])
            #expect(try store.grants(app: "c").isEmpty)
        }
    }

    @Test func aRegistrationCountsTheGrantsInForceAndNamesTheViews() throws {
        try withTemporaryDirectory { root in
            let store = try open(root)
            try store.addApp(App(name: "a", uids: []))
            try store.addApp(App(name: "b", uids: []))
            try store.grant(Grant(app: "a", permission: .readImages))
            try store.grant(Grant(app: "a", permission: .location, under: "DCIM"))
            try store.grant(Grant(app: "a", permission: .manage, expires: 1))
            for name in ["w", "v"] { try store.addView(name: name, app: "a", path: "/run/\(name)") }
            let all = try store.registrations()
            #expect(Set(all.keys) == ["a", "b"])
            #expect(all["a"]?.grants == 2 && all["a"]?.views == ["v", "w"])
            #expect(all["b"]?.grants == 0 && all["b"]?.views == [])
            #expect(try store.registrations(app: "a") == ["a": #require(all["a"])])
            #expect(try store.registrations(app: "c").isEmpty)
        }
    }

    @Test func badChangesAreRefusedAndChangeNothing() throws {
        try withTemporaryDirectory { root in
            let store = try open(root)
            try store.addApp(App(name: "a", uids: [7]))
            let serial = store.keeper.current.serial
            #expect(throws: PolicyError.self) { try store.addApp(App(name: "a", uids: [])) }
            #expect(throws: PolicyError.self) { try store.addApp(App(name: "b", uids: [7])) }
            #expect(throws: PolicyError.notFound(what: "app x")) {
                try store.grant(Grant(app: "x", permission: .manage))
            }
            #expect(throws: PolicyError.self) { try store.revoke(app: "a", .manage) }
            #expect(throws: PolicyError.self) { try store.removeView(name: "v") }
            #expect(throws: PolicyError.self) { try store.removeApp("x") }
            #expect(store.keeper.current.serial == serial)
        }
    }

    @Test func anImportThatFailsLeavesEverythingAsItWas() throws {
        try withTemporaryDirectory { root in
            let store = try open(root)
            try store.addApp(App(name: "a", uids: [7]))
            #expect(throws: (any Error).self) {
                try store.replaceAll(
                    apps: [App(name: "b", uids: [1])], grants: [Grant(app: "nobody", permission: .manage)], views: [])
            }
            #expect(store.keeper.current.apps.map(\.name) == ["a"])
        }
    }

    @Test func oneStateDirectoryHasOneService() throws {
        try withTemporaryDirectory { root in
            let first = try StateDirectory(path: root + "/state")
            #expect { try StateDirectory(path: root + "/state") } throws: {
                ($0 as? StoreError)?.kind == .inUse && "\($0)".contains(first.path)
            }
        }
    }

    @Test func theBackupIsAWholeDatabase() throws {
        try withTemporaryDirectory { root in
            do {
                let store = try open(root)
                try store.addApp(App(name: "a", uids: [7]))
            }
            let state = root + "/state"
            for file in ["policy.db", "policy.db-wal", "policy.db-shm"] {
                try? FileManager.default.removeItem(atPath: state + "/" + file)
            }
            try FileManager.default.copyItem(atPath: state + "/policy.db.backup", toPath: state + "/policy.db")
            #expect(try open(root).keeper.current.apps.map(\.name) == ["a"])
        }
    }

    @Test("A policy that is lost is not a policy without apps", arguments: ["removed", "emptied", "without its log"])
    func aLostPolicyIsNotEmpty(_ how: String) throws {
        try withTemporaryDirectory { root in
            do {
                let store = try open(root)
                try store.addApp(App(name: "a", uids: [7]))
            }
            let path = root + "/state/policy.db"
            let backup = try Data(contentsOf: URL(fileURLWithPath: path + ".backup"))
            for file in [path + "-wal", path + "-shm"] { try? FileManager.default.removeItem(atPath: file) }
            switch how {
            case "removed": try FileManager.default.removeItem(atPath: path)
            case "emptied": try Data().write(to: URL(fileURLWithPath: path))
            default:
                // The first page, which is all that is there until the log is brought into the file.
                try FileManager.default.removeItem(atPath: path)
                _ = try Program.run(["sqlite3", path, "PRAGMA journal_mode = WAL"])
            }
            for _ in 0..<2 {
                #expect { try open(root) } throws: {
                    ($0 as? StoreError)?.kind == .damaged && "\($0)".contains("policy.db.backup")
                }
            }
            #expect(try Data(contentsOf: URL(fileURLWithPath: path + ".backup")) == backup)
            try FileManager.default.removeItem(atPath: path + ".backup")
            #expect(try open(root).keeper.current.apps.isEmpty)
        }
    }

    @Test func theSchemaInTheBinaryIsTheOneInTheRepository() throws {
        for (folder, migrations) in [("policy", PolicySchema.migrations), ("audit", AuditSchema.migrations)] {
            let directory = Machine.packageRoot + "/schema/" + folder
            let files = try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
            #expect(files == migrations.map { $0.name + ".sql" })
            for migration in migrations {
                let text = try String(contentsOfFile: "\(directory)/\(migration.name).sql", encoding: .utf8)
                #expect(text == migration.sql)
            }
        }
    }
}
