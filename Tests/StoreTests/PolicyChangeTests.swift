import Policy
import TestSupport
import Testing

@testable import Store

/// Changes are applied to the policy in force without reading the database again: both must say the same.
@Suite(.timeLimit(.minutes(10)))
struct PolicyChangeTests {
    private func open(_ directory: String) throws -> PolicyStore {
        try PolicyStore(
            directory: try StateDirectory(path: directory + "/state"),
            folders: [FolderRule(pattern: "Android/data/{app}", kind: .private)], callers: CallerRules())
    }

    private static let scopes = ["", "DCIM", "DCIM/Camera", "Pictures", "Pictures/2024/May"]
    private static let paths = [
        "x.jpg", "DCIM/x.jpg", "DCIM/Camera/x.mp4", "Pictures/2024/May/x.jpg", "Android/data/a1/x",
    ]

    private func change(_ store: PolicyStore, _ random: inout SplitMix64) throws {
        let app = "a\(Int.random(in: 0..<6, using: &random))"
        let permission = Permission.allCases.randomElement(using: &random) ?? .manage
        let under = Self.scopes.randomElement(using: &random) ?? ""
        do {
            switch Int.random(in: 0..<20, using: &random) {
            case 0...2: try store.addApp(App(name: app, uids: [UInt32.random(in: 1...9, using: &random)]))
            case 3: try store.removeApp(app)
            case 4...13:
                let expires = Bool.random(using: &random) ? nil : UInt64.random(in: 1...4_000_000_000, using: &random)
                try store.grant(Grant(app: app, permission: permission, under: under, expires: expires))
            default: try store.revoke(app: app, permission, under: under)
            }
        } catch is PolicyError {
            // What is refused changes nothing: the comparison shows it.
        }
    }

    private func decisions(_ policy: PolicySnapshot) -> [String] {
        policy.apps.flatMap { app in
            Self.paths.flatMap { path in
                [UInt64(0), 2_000_000_000].map { now in
                    let principal = policy.principal(app: app.name)
                    let subject = Subject.file(Collection(name: Array(path.utf8)))
                    return "\(app.name) \(path) \(now): "
                        + "\(policy.decide(principal, policy.place(of: path), subject, isOwner: false, now: now))"
                }
            }
        }
    }

    @Test(arguments: 1...4) func whatIsInForceIsWhatIsKept(_ seed: UInt64) throws {
        try withTemporaryDirectory { root throws in
            var random = SplitMix64(seed: seed)
            for _ in 0..<8 {
                var inForce: PolicySnapshot
                do {
                    let store = try open(root)
                    for _ in 0..<25 { try change(store, &random) }
                    inForce = store.keeper.current
                }
                let kept = try open(root).keeper.current
                #expect(Set(inForce.grants) == Set(kept.grants) && inForce.grants.count == kept.grants.count)
                #expect(inForce.apps == kept.apps)
                #expect(decisions(inForce) == decisions(kept))
            }
        }
    }
}
