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
}
