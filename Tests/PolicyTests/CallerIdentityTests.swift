import Testing

@testable import Policy

/// Who a caller is when units and programs count beside uids.
@Suite struct CallerIdentityTests {
    private func snapshot(
        _ apps: [App], identify: Set<IdentityKind> = [.unit, .executable]
    ) throws -> PolicySnapshot {
        try PolicySnapshot(
            serial: 1, apps: apps, grants: [], folders: [], callers: CallerRules(trusted: [0], identify: identify))
    }

    private func apps() throws -> [App] {
        [
            try App(name: "camera", uids: [1_000], executables: ["/usr/bin/camera"]),
            try App(name: "photos", uids: [], units: ["photos.service"], executables: ["/opt/photos"]),
        ]
    }

    private func name(_ uid: UInt32, _ unit: String? = nil, _ executable: String? = nil) throws -> String? {
        let policy = try snapshot(try apps())
        return policy.name(of: policy.principal(uid: uid, CallerIdentity(unit: unit, executable: executable)))
    }

    @Test func eachOfTheThreeNamesAnApp() throws {
        #expect(try name(1_000) == "camera")
        #expect(try name(7, "photos.service") == "photos")
        #expect(try name(7, nil, "/opt/photos") == "photos")
        #expect(try name(7, "photos.service", "/opt/photos") == "photos")
        #expect(try name(1_000, "other.service", "/usr/bin/camera") == "camera")
        #expect(try name(7, "other.service", "/usr/bin/other") == nil)
    }

    /// Whoever is one app does not become another one by starting its program.
    @Test func differentAppsAreNobody() throws {
        let policy = try snapshot(try apps())
        for identity in [
            CallerIdentity(unit: "photos.service"), CallerIdentity(executable: "/opt/photos"),
            CallerIdentity(unit: "photos.service", executable: "/usr/bin/camera"),
        ] {
            #expect(policy.principal(uid: 1_000, identity) == .ambiguous)
        }
        #expect(
            policy.principal(uid: 7, CallerIdentity(unit: "photos.service", executable: "/usr/bin/camera"))
                == .ambiguous)
        #expect(policy.principal(uid: 0, CallerIdentity(executable: "/opt/photos")) == .trusted)
    }

    /// Also where an unknown caller would see all: a way for an app without grants to see more.
    @Test func whoIsNobodyReadsNothing() throws {
        let policy = try snapshot(try apps())
        #expect(policy.principal(uid: 1_000, nil) == .ambiguous)
        #expect(policy.principal(uid: 7, nil) == .ambiguous)
        let nobody = policy.principal(uid: 1_000, CallerIdentity(unit: "photos.service"))
        let place = policy.place(of: "DCIM")
        let photo = policy.decide(nobody, place, .file(.images), isOwner: false, now: 1)
        #expect(!photo.visible && !photo.read && !photo.write && !photo.location)
        #expect(!policy.decide(nobody, place, .directory, isOwner: false, now: 1).write)
        #expect(!policy.mayMoveDirectory(nobody, from: place, to: policy.place(of: "Free"), now: 1))
    }

    @Test func nothingIsLookedAtThatNoAppIsNamedBy() throws {
        #expect(try snapshot(try apps(), identify: []).identifies.isEmpty)
        #expect(try snapshot(try apps(), identify: [.unit]).identifies == [.unit])
        #expect(try snapshot([try App(name: "a", uids: [1])]).identifies.isEmpty)
    }

    @Test func oneNameForTwoAppsIsRefused() throws {
        let twice = [
            try App(name: "a", uids: [], units: ["x.service"]), try App(name: "b", uids: [], units: ["x.service"]),
        ]
        #expect(throws: PolicyError.self) { try snapshot(twice) }
    }

    @Test(arguments: [
        "", "photos", "photos.timer", "a/b.service", ".service", "x y.service", "ä.service", "../x.service",
        String(repeating: "x", count: 300) + ".service",
    ])
    func whatIsNoUnitIsRefused(_ unit: String) {
        #expect(throws: PolicyError.self) { try App(name: "a", uids: [], units: [unit]) }
    }

    @Test(arguments: ["", "/", "viewer", "./viewer", "/usr/../bin/x", "/usr//bin/x", "/usr/bin/", "/a\0b"])
    func whatIsNoProgramIsRefused(_ path: String) {
        #expect(throws: PolicyError.self) { try App(name: "a", uids: [], executables: [path]) }
    }
}
