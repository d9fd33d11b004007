import LinuxSystem
import Policy

/// Those who must not reach the library itself: everybody who is not trusted.
struct Visitors {
    private let apps: [(name: String, uid: UInt32)]
    private let trusted: Set<UInt32>

    init(_ policy: PolicySnapshot) {
        trusted = policy.callers.trusted.union([0])
        let trusted = policy.callers.trusted
        apps = policy.apps.flatMap { app in app.uids.sorted().map { (app.name, $0) } }
            .filter { !trusted.contains($0.1) }
    }

    /// Which of them.
    struct Found: CustomStringConvertible {
        var apps: [(name: String, uid: UInt32)] = []
        /// Every user, whoever he is.
        var everybody = false
        var users: [String] = []

        var isEmpty: Bool { apps.isEmpty && !everybody && users.isEmpty }

        /// To begin a sentence with.
        var description: String {
            if !apps.isEmpty {
                let names = apps.map { "the app \($0.name) (uid \($0.uid))" }
                return Found.list(names) + (everybody ? ", like every user," : "")
            }
            return everybody ? "every user" : Found.list(users.map { "the user \($0)" })
        }

        static func list(_ names: [String]) -> String {
            let shown = names.prefix(3).joined(separator: ", ")
            return names.count > 3 ? "\(shown) and \(names.count - 3) more" : shown
        }
    }

    /// Who can come to the end of a path. Users are those that can be listed, and those whom modes and lists name.
    func admitted(by path: WalkedPath) -> Found {
        var found = Found()
        found.everybody = path.admits(.stranger)
        let wantsGroups = path.asksForGroups
        func isAdmitted(_ uid: UInt32) -> Bool {
            path.admits(wantsGroups ? UserDatabase.identity(uid) : UserIdentity(uid: uid, groups: []))
        }
        found.apps = apps.filter { isAdmitted($0.uid) }
        guard !found.everybody else { return found }
        let known = trusted.union(apps.map(\.uid))
        let listed = UserDatabase.users().map(\.uid)
        found.users = Set(listed).union(path.namedUsers).subtracting(known).sorted().filter(isAdmitted)
            .map { UserDatabase.user($0)?.name ?? "\($0)" }
        return found
    }

    /// Which apps are among the users of some processes that can come to the end of a path.
    func admitted(by path: WalkedPath, among users: [UserIdentity]) -> Found {
        var found = Found()
        found.apps = apps.filter { app in users.contains { $0.uid == app.uid && path.admits($0) } }
        return found
    }
}
