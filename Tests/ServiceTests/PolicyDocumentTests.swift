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

@Suite struct AuditReportTests {
    private func row(_ path: String, app: String?, _ decision: AuditEvent.Decision, count: Int = 1) -> AuditRow {
        AuditRow(
            id: 1,
            event: AuditEvent(
                time: 1_000_000, app: app, view: "v", operation: "open", path: Array(path.utf8), decision: decision),
            count: count)
    }

    private func summary(_ rows: [AuditRow]) -> AuditSummary {
        rows.reduce(into: AuditSummary()) { $0.add($1) }
    }

    @Test func hostileNamesStayText() {
        let evil = "</script><script>alert(1)</script>\u{202e}&\"'"
        let page = AuditReport(summary([row(evil, app: "a", .deny)]), grants: []).page
        #expect(!page.contains("<script>alert"))
        #expect(page.components(separatedBy: "</script>").count == 2)
        #expect(!page.contains("\u{202e}"))
    }

    @Test func theNumbersAreThoseOfTheRows() {
        let rows = [
            row("a.jpg", app: "x", .redact, count: 3), row("a.jpg", app: "x", .redact), row("b", app: nil, .hide),
        ]
        let page = AuditReport(summary(rows), grants: [Grant(app: "x", permission: .location)]).page
        #expect(page.contains("<span id=\"total\">5</span>"))
        #expect(page.contains("<td>a.jpg</td><td>4</td>"))
        #expect(page.contains("<td>media.location</td><td>x</td>"))
        #expect(!page.contains("http:"))
    }
}
