import Glibc
import Policy

/// How long a decision and the compilation of a policy take, with few and with many apps and grants.
enum PolicyDecisions {
    static func measure() {
        for (apps, grants) in [(100, 1_000), (10_000, 100_000)] {
            guard let small = compile(apps, grants, serial: 1) else {
                return Bench.report("the policy does not compile")
            }
            let compilation = (0..<7).map { round in
                let start = now()
                _ = compile(apps, grants, serial: UInt64(round) + 2)
                return now() - start
            }
            Bench.report(
                "\(apps) apps, \(grants) grants: decision \(Bench.format(decision(small, apps) * 1e9)) ns, compiled in "
                    + "\(Bench.format(Bench.median(compilation) * 1e3)) ms")
        }
    }

    private static func compile(_ apps: Int, _ grants: Int, serial: UInt64) -> PolicySnapshot? {
        let permissions = Permission.allCases
        return try? PolicySnapshot(
            serial: serial,
            apps: (0..<apps).map { try App(name: "app\($0)", uids: [UInt32(10_000 + $0)]) },
            grants: (0..<grants).map { index in
                Grant(
                    app: "app\(index % apps)", permission: permissions[index / apps % permissions.count],
                    under: index % 3 == 0 ? "" : "DCIM/album\(index % 500)")
            }, folders: [try FolderRule(pattern: "Android/data/{app}", kind: .private)], callers: CallerRules())
    }

    /// Seconds for a caller's principal, the place of a name in a known directory, and the decision about it.
    private static func decision(_ policy: PolicySnapshot, _ apps: Int) -> Double {
        let directory = policy.place(of: "DCIM/album7")
        let name = Array("IMG_2041.jpg".utf8)
        let rounds = 200_000
        var visible = 0
        let times = (0..<7).map { _ in
            let start = now()
            for index in 0..<rounds {
                let principal = policy.principal(uid: UInt32(10_000 + index &* 7_919 % apps))
                let place = policy.step(from: directory, name: name)
                let decision = policy.decide(principal, place, .file(Collection(name: name)), isOwner: false, now: 1)
                if decision.visible { visible += 1 }
            }
            return (now() - start) / Double(rounds)
        }
        return visible >= 0 ? Bench.median(times) : .nan
    }
}
