import Foundation
import Policy
import Store
import Testing

@testable import Service

@Suite struct PolicyDocumentTests {
    private func content() throws -> PolicyDocument.Content {
        PolicyDocument.Content(
            apps: [try App(name: "org.a", uids: [2, 1]), try App(name: "org.b", uids: [])],
            grants: [
                Grant(app: "org.a", permission: .readImages, under: "DCIM/\"quoted\" \\ and\nmore"),
                Grant(app: "org.b", permission: .location, expires: 1_900_000_000),
            ], views: [.init(name: "v", app: "org.b", path: "/run/v")])
    }

    @Test func whatIsWrittenIsReadBack() throws {
        let before = try content()
        let after = try PolicyDocument.parse(PolicyDocument(before).text)
        #expect(after.apps == before.apps)
        #expect(after.grants == before.grants)
        #expect(after.views == before.views)
        #expect(PolicyDocument.changes(from: before, to: after).isEmpty)
    }

    @Test(arguments: [
        "x = 1", "[[app]]\nname = \"a\"\ncolour = 1", "[[app]]\nuids = [1]", "[[app]]\nname = \"a\"\nuids = [-1]",
        "[[grant]]\napp = \"a\"\npermission = \"media.fly\"", "app = 5", "[[app]\n",
        // As absent, these would be a grant for everything, and one for ever.
        "[[grant]]\napp = \"a\"\npermission = \"media.location\"\nunder = 5",
        "[[grant]]\napp = \"a\"\npermission = \"media.location\"\nexpires = \"tomorrow\"",
        "[[grant]]\napp = \"a\"\npermission = \"media.location\"\nexpires = -1", "[[app]]\nname = \"a\"\nuids = 5",
    ])
    func nonsenseIsRefused(_ text: String) {
        #expect(throws: (any Error).self) { try PolicyDocument.parse(text) }
    }

    @Test func changesAreNamed() throws {
        let before = try content()
        var after = before
        after.apps.removeLast()
        after.grants.append(Grant(app: "org.a", permission: .manage))
        let changes = PolicyDocument.changes(from: before, to: after)
        #expect(changes.contains { $0.hasPrefix("- app org.b") })
        #expect(changes.contains("+ grant media.manage to org.a"))
    }
}
