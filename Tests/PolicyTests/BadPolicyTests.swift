import Policy
import Testing

@Suite struct BadPolicyTests {
    @Test(arguments: ["", ".x", "a/b", "a b", "a\n", "-a", String(repeating: "x", count: 129), "ä"])
    func aNameThatIsNoneIsRefused(_ name: String) {
        #expect(throws: PolicyError.self) { try App(name: name, uids: []) }
    }

    @Test(arguments: ["{app}", "Android/data", "a/{app}/b", "a//{app}", "../{app}", "a/x{app}", "/a/{app}"])
    func aPatternThatHidesTooMuchOrNothingIsRefused(_ pattern: String) {
        #expect(throws: PolicyError.self) { try FolderRule(pattern: pattern, kind: .private) }
    }

    @Test func twoAppsDoNotShareAUid() throws {
        let apps = [try App(name: "a", uids: [5]), try App(name: "b", uids: [5])]
        #expect(throws: PolicyError.self) {
            try PolicySnapshot(serial: 1, apps: apps, grants: [], folders: [], callers: CallerRules())
        }
    }

    @Test func aGrantToNobodyIsRefused() {
        #expect(throws: PolicyError.notFound(what: "app x")) {
            try PolicySnapshot(
                serial: 1, apps: [], grants: [Grant(app: "x", permission: .manage)], folders: [],
                callers: CallerRules())
        }
    }

    @Test func aFolderIsNotPrivateAndShared() throws {
        let rules = [
            try FolderRule(pattern: "x/{app}", kind: .private), try FolderRule(pattern: "x/{app}", kind: .shared),
        ]
        #expect(throws: PolicyError.self) {
            try PolicySnapshot(serial: 1, apps: [], grants: [], folders: rules, callers: CallerRules())
        }
    }

    @Test(arguments: [
        (["x/{app}", "x/{app}"], "there twice"), (["x/{app}", "x/y/{app}"], "x/y is itself a folder of an app"),
        (["x/y/z/{app}", "x/{app}"], "x/y/z is itself a folder of an app"),
    ])
    func patternsThatContradictEachOtherAreRefused(_ patterns: [String], _ reason: String) throws {
        let rules = try patterns.map { try FolderRule(pattern: $0, kind: .private) }
        #expect(rules[1].contradiction(to: rules[0])?.contains(reason) == true)
        #expect(throws: PolicyError.self) {
            try PolicySnapshot(serial: 1, apps: [], grants: [], folders: rules, callers: CallerRules())
        }
    }

    @Test(arguments: [["x/{app}", "y/{app}"], ["x/{app}", "xy/{app}"], ["x/a/{app}", "x/b/{app}"]])
    func patternsBesideEachOtherHold(_ patterns: [String]) throws {
        let rules = try patterns.map { try FolderRule(pattern: $0, kind: .private) }
        #expect(rules[1].contradiction(to: rules[0]) == nil)
        _ = try PolicySnapshot(serial: 1, apps: [], grants: [], folders: rules, callers: CallerRules())
    }

    @Test(arguments: [String(repeating: "x", count: 256), "a\0b"])
    func aPatternThatNoDirectoryCanHaveIsRefused(_ name: String) {
        #expect(throws: PolicyError.self) { try FolderRule(pattern: name + "/{app}", kind: .private) }
    }
}
