import Policy
import TestSupport
import Testing

/// The compiled decision against one that walks strings and lists of grants, written to be obviously right.
@Suite struct RandomPolicyTests {
    private struct Naive {
        let apps: [App]
        let grants: [Grant]
        let callers: CallerRules

        private func has(_ app: String, _ permission: Permission, _ path: String, _ now: UInt64) -> Bool {
            grants.contains {
                $0.app == app && $0.permission == permission && ($0.expires.map { $0 > now } ?? true)
                    && ($0.under.isEmpty || path == $0.under || path.hasPrefix($0.under + "/"))
            }
        }

        func decide(
            uid: UInt32, _ path: String, isDirectory: Bool, collection: String, isOwner: Bool, now: UInt64
        ) -> (visible: Bool, read: Bool, write: Bool, location: Bool) {
            if callers.trusted.contains(uid) { return (true, true, true, true) }
            let parts = path.split(separator: "/").map(String.init)
            let top = parts.prefix(2).joined(separator: "/")
            let isPrivate = top == "Android/data" && parts.count > 2
            let isShared = top == "Android/media" && parts.count > 2
            let isContainer = (top == "Android/data" || top == "Android/media") && parts.count == 2
            let folderApp = isPrivate || isShared ? parts[2] : nil
            let isRegistered = folderApp.map { name in apps.contains { $0.name == name } } ?? false
            guard let app = apps.first(where: { $0.uids.contains(uid) })?.name else {
                if callers.unknown == .deny || isPrivate || isShared {
                    return (false, false, false, false)
                }
                return (true, true, false, false)
            }
            func has(_ permission: Permission) -> Bool { self.has(app, permission, path, now) }
            let location = has(.location)
            if folderApp == app { return (true, true, true, isOwner || location || has(.manage)) }
            if isPrivate { return has(.hidden) ? (true, true, false, location) : (false, false, false, false) }
            if isShared && !isRegistered && !has(.hidden) { return (false, false, false, false) }
            if isOwner { return (true, true, true, true) }
            if has(.manage) && !(isContainer && top == "Android/data") { return (true, true, true, true) }
            let writes: [Permission] = [.writeImages, .writeVideo, .writeAudio, .writeFiles]
            if isDirectory { return (true, true, !isContainer && writes.contains(where: has), false) }
            func may(_ verb: String) -> Bool { Permission(rawValue: "media.\(verb).\(collection)").map(has) ?? false }
            if !isContainer, may("write") { return (true, true, true, location) }
            if may("read") { return (true, true, false, location) }
            return (false, false, false, false)
        }
    }

    @Test(arguments: 0..<40) func theCompiledDecisionEqualsTheNaiveOne(_ seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed))
        let names = ["a", "b", "c"]
        let apps = try names.prefix(Int.random(in: 1...3, using: &random)).enumerated().map {
            try App(name: $1, uids: [UInt32($0 + 1)])
        }
        let scopes = ["", "DCIM", "DCIM/x", "Android", "Android/data/a", "Music"]
        let grants = (0..<Int.random(in: 0...8, using: &random)).map { _ in
            Grant(
                app: apps[Int.random(in: 0..<apps.count, using: &random)].name,
                permission: Permission.allCases[Int.random(in: 0..<Permission.allCases.count, using: &random)],
                under: scopes[Int.random(in: 0..<scopes.count, using: &random)],
                expires: Bool.random(using: &random) ? UInt64.random(in: 1...20, using: &random) : nil)
        }
        let callers = CallerRules(unknown: Bool.random(using: &random) ? .deny : .redactedReadonly, trusted: [0])
        let policy = try PolicySnapshot(
            serial: 1, apps: apps, grants: grants,
            folders: [
                FolderRule(pattern: "Android/data/{app}", kind: .private),
                FolderRule(pattern: "Android/media/{app}", kind: .shared),
            ], callers: callers)
        let naive = Naive(apps: apps, grants: grants, callers: callers)
        let files = [("p.jpg", "images"), ("v.mp4", "video"), ("s.mp3", "audio"), ("t.txt", "files")]
        let folders = [
            "DCIM", "DCIM/x", "DCIMx", "Android", "Android/data", "Android/data/a", "Android/data/a/b",
            "Android/data/zz", "Android/media/b", "Android/media/zz/q", "Music",
        ]
        for folder in folders {
            for uid in [0, 1, 2, 3, 9] as [UInt32] {
                for now in [0, 10, 30] as [UInt64] {
                    let principal = policy.principal(uid: uid)
                    let place = policy.place(of: folder)
                    let got = policy.decide(principal, place, .directory, isOwner: false, now: now)
                    let want = naive.decide(
                        uid: uid, folder, isDirectory: true, collection: "", isOwner: false, now: now)
                    #expect(
                        (got.visible, got.read, got.write) == (want.visible, want.read, want.write), "\(folder) \(uid)")
                    for (name, collection) in files where folder != "Android/data" && folder != "Android/media" {
                        for isOwner in [false, true] {
                            let path = folder + "/" + name
                            let owns = isOwner && uid != 0 && uid != 9
                            let got = policy.decide(
                                principal, policy.place(of: path), .file(Collection(name: name.utf8)), isOwner: owns,
                                now: now)
                            let want = naive.decide(
                                uid: uid, path, isDirectory: false, collection: collection, isOwner: owns, now: now)
                            #expect(
                                (got.visible, got.read, got.write, got.location)
                                    == (want.visible, want.read, want.write, want.location), "\(path) \(uid) \(owns)")
                        }
                    }
                }
            }
        }
    }
}
