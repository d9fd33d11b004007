import Policy
import Testing

/// What surface.md's "Permissions" promises, rule by rule.
@Suite struct DecisionTests {
    private static let uids: [String: UInt32] = ["a": 1, "b": 2]

    private func snapshot(
        _ grants: [Grant] = [], unknown: CallerRules.Unknown = .redactedReadonly
    ) throws -> PolicySnapshot {
        try PolicySnapshot(
            serial: 1, apps: DecisionTests.uids.map { try App(name: $0, uids: [$1]) }, grants: grants,
            folders: [
                FolderRule(pattern: "Android/data/{app}", kind: .private),
                FolderRule(pattern: "Android/media/{app}", kind: .shared),
            ], callers: CallerRules(unknown: unknown, trusted: [0]))
    }

    /// The decision for a path whose last component is a directory if it ends in "/".
    private func decide(
        _ policy: PolicySnapshot, uid: UInt32, _ path: String, owner: Bool = false, now: UInt64 = 100
    ) -> Decision {
        let name = path.split(separator: "/").last.map { Array($0.utf8) } ?? []
        let subject: Subject = path.hasSuffix("/") ? .directory : .file(Collection(name: name))
        return policy.decide(policy.principal(uid: uid), policy.place(of: path), subject, isOwner: owner, now: now)
    }

    @Test func anAppWithoutGrantsSeesDirectoriesItsFolderAndWhatItOwns() throws {
        let policy = try snapshot()
        #expect(decide(policy, uid: 1, "DCIM/").visible)
        #expect(!decide(policy, uid: 1, "DCIM/a.jpg").visible)
        let own = decide(policy, uid: 1, "DCIM/a.jpg", owner: true)
        #expect(own.visible && own.read && own.write && own.location)
        let folder = decide(policy, uid: 1, "Android/data/a/x/y.jpg")
        #expect(folder.visible && folder.read && folder.write && !folder.location)
    }

    @Test func readingACollectionIsNotWritingItNorKnowingItsLocation() throws {
        let policy = try snapshot([Grant(app: "a", permission: .readImages)])
        let image = decide(policy, uid: 1, "DCIM/a.JPG")
        #expect(image.visible && image.read && !image.write && !image.location)
        #expect(!decide(policy, uid: 1, "DCIM/a.mp4").visible)
        #expect(!decide(policy, uid: 1, "DCIM/a").visible)
    }

    @Test func writingImpliesReadingAndCreatesDirectories() throws {
        let policy = try snapshot([Grant(app: "a", permission: .writeVideo, under: "Movies")])
        let film = decide(policy, uid: 1, "Movies/2026/a.mp4")
        #expect(film.read && film.write && !film.location)
        #expect(decide(policy, uid: 1, "Movies/new/").write)
        #expect(!decide(policy, uid: 1, "DCIM/new/").write)
        #expect(!decide(policy, uid: 1, "DCIM/a.mp4").visible)
    }

    @Test func locationCountsOnlyForWhatMayBeRead() throws {
        let policy = try snapshot([
            Grant(app: "a", permission: .location), Grant(app: "a", permission: .readImages, under: "DCIM"),
        ])
        #expect(decide(policy, uid: 1, "DCIM/a.jpg").location)
        #expect(!decide(policy, uid: 1, "Pictures/a.jpg").visible)
    }

    @Test func foldersOfOtherAppsAreHiddenFromManagersToo() throws {
        let policy = try snapshot([Grant(app: "a", permission: .manage)])
        #expect(decide(policy, uid: 1, "DCIM/a.jpg").location)
        #expect(decide(policy, uid: 1, "DCIM/a.jpg").write)
        #expect(!decide(policy, uid: 1, "Android/data/b/").visible)
        #expect(!decide(policy, uid: 1, "Android/data/b/x.jpg").visible)
        #expect(!decide(policy, uid: 1, "Android/data/unknown/").visible)
        let hidden = try snapshot([Grant(app: "a", permission: .hidden)])
        let seen = decide(hidden, uid: 1, "Android/data/b/x.jpg")
        #expect(seen.visible && seen.read && !seen.write && !seen.location)
    }

    @Test func sharedFoldersAreVisibleToAllAndTheAppsOwn() throws {
        let policy = try snapshot([Grant(app: "b", permission: .readImages)])
        #expect(decide(policy, uid: 1, "Android/media/a/x.jpg").write)
        #expect(decide(policy, uid: 2, "Android/media/a/").visible)
        #expect(decide(policy, uid: 2, "Android/media/a/x.jpg").read)
        #expect(!decide(policy, uid: 2, "Android/media/a/x.jpg").write)
    }

    @Test func noAppMakesADirectoryOfAppFoldersItsOwn() throws {
        let policy = try snapshot([Grant(app: "a", permission: .writeFiles)])
        #expect(decide(policy, uid: 1, "Android/data/").visible)
        #expect(!decide(policy, uid: 1, "Android/data/").write)
        #expect(decide(policy, uid: 1, "Android/data/a/").write)
        #expect(!decide(policy, uid: 1, "Android/data/b/").write)
        #expect(policy.leadsToAppFolders(policy.place(of: "Android")))
        #expect(policy.leadsToAppFolders(policy.place(of: "Android/data")))
        #expect(!policy.leadsToAppFolders(policy.place(of: "DCIM")))
    }

    @Test func unknownCallersReadRedactedOrNothing() throws {
        let open = try snapshot()
        let photo = decide(open, uid: 77, "DCIM/a.jpg")
        #expect(photo.visible && photo.read && !photo.write && !photo.location)
        #expect(!decide(open, uid: 77, "Android/data/a/").visible)
        #expect(!decide(open, uid: 77, "Android/media/a/").visible)
        let closed = try snapshot(unknown: .deny)
        #expect(!decide(closed, uid: 77, "DCIM/a.jpg").visible)
    }

    @Test func trustedUidsSeeEverything() throws {
        let policy = try snapshot()
        let hidden = decide(policy, uid: 0, "Android/data/a/x.jpg")
        #expect(hidden.visible && hidden.write && hidden.location)
    }

    @Test func grantsExpire() throws {
        let policy = try snapshot([Grant(app: "a", permission: .readImages, expires: 100)])
        #expect(decide(policy, uid: 1, "a.jpg", now: 99).visible)
        #expect(!decide(policy, uid: 1, "a.jpg", now: 100).visible)
    }

    @Test func aViewWhoseAppIsGoneShowsNothing() throws {
        let policy = try snapshot()
        let place = policy.place(of: "DCIM/a.jpg")
        let decision = policy.decide(
            policy.principal(app: "gone"), place, .file(.images), isOwner: true, now: 1)
        #expect(!decision.visible)
    }

    @Test func theCollectionIsToldByTheExtensionAlone() {
        #expect(Collection(name: "A.JpG".utf8) == .images)
        #expect(Collection(name: "film.MKV".utf8) == .video)
        #expect(Collection(name: "song.flac".utf8) == .audio)
        #expect(Collection(name: "noext".utf8) == .files)
        #expect(Collection(name: ".jpg".utf8) == .images)
        #expect(Collection(name: "x.jpg.".utf8) == .files)
        #expect(Collection(name: [0xff, 0x2e, 0xfe]) == .files)
    }
}
