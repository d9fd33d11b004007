import Foundation
import Policy
import Store
import Testing

@testable import Service

@Suite struct AuditReportTests {
    private func page(_ paths: [String], app: String = "org.app", grants: [Grant] = []) -> String {
        var summary = AuditSummary()
        for (number, path) in paths.enumerated() {
            let event = AuditEvent(
                time: Int64(number) * 1_000_000, app: app, view: "shared", operation: "open", path: Array(path.utf8),
                decision: AuditEvent.Decision.allCases[number % 4])
            summary.add(AuditRow(id: Int64(number), event: event, count: 1_234))
        }
        return AuditReport(summary, grants: grants).page
    }

    @Test(arguments: [
        "</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<!--", "<\u{338}/script>",
        "&lt;script&gt;", "\"'><b>", "]]>", "\u{2028}\u{2029}\u{202e}",
    ])
    func noNameIsMarkup(_ name: String) {
        let text = page(Array(repeating: name, count: 4), grants: [Grant(app: "a", permission: .manage, under: name)])
        let harmless = page(
            Array(repeating: "name", count: 4), grants: [Grant(app: "a", permission: .manage, under: "n")])
        func tags(_ text: String) -> Int { text.utf8.count { $0 == UInt8(ascii: "<") } }
        #expect(tags(text) == tags(harmless))
        for scalar in ["\u{2028}", "\u{202e}"] as [Unicode.Scalar] { #expect(!text.unicodeScalars.contains(scalar)) }
    }

    @Test func theNumbersAreThoseOfTheRows() {
        let text = page(["-", "a.jpg", "-", "b.jpg"], grants: [Grant(app: "x", permission: .location)])
        #expect(text.contains("<b id=\"total\">4,936</b>"))
        #expect(text.contains("<td>a.jpg</td><td>org.app</td><td>1,234</td>"))
        #expect(text.contains("<td>x</td><td>media.location</td><td>all</td><td>revoked</td>"))
    }

    @Test func anEmptyLogIsAPageToo() {
        let text = page([])
        #expect(text.contains("The log has no rows."))
        #expect(text.hasSuffix("</html>\n"))
    }

    @Test func onlyItsOwnScriptAndStyleCount() throws {
        let text = page(["a"])
        let nonce = try #require(text.split(separator: "script-src 'nonce-").dropFirst().first?.prefix { $0 != "'" })
        #expect(nonce.count > 12)
        #expect(text.split(separator: "nonce=\"\(nonce)\"").count == 3)
        #expect(page(["a"]).contains(String(nonce)) == false, "the next page has another")
        #expect(!text.contains("http://") && !text.contains("https://") && !text.contains("style=\""))
    }

    @Test func numbersAreGrouped() {
        let numbers = [0, 7, 999, 1_000, 12_345, 1_234_567, -1_000]
        #expect(
            numbers.map(AuditReport.grouped) == ["0", "7", "999", "1,000", "12,345", "1,234,567", "-1,000"])
    }

    @Test func askersAreNamedByHowOftenTheyAsked() {
        var summary = AuditSummary()
        for (app, count) in [("a", 1), ("b", 5), ("c", 3), ("d", 2)] {
            let event = AuditEvent(
                time: 0, app: app, view: "shared", operation: "open", path: Array("x".utf8), decision: .deny)
            summary.add(AuditRow(id: 0, event: event, count: count))
        }
        #expect(AuditReport(summary, grants: []).top(.deny) == [["x", "b and 3 more", "11"]])
    }
}
