import Store
import Testing

@testable import Service

@Suite struct AuditSummaryTests {
    private func row(_ second: Int, _ path: String, _ decision: AuditEvent.Decision, count: Int = 1) -> AuditRow {
        let event = AuditEvent(
            time: Int64(second) * 1_000_000, app: "a", view: "shared", operation: "open", path: Array(path.utf8),
            decision: decision)
        return AuditRow(id: Int64(second), event: event, count: count)
    }

    @Test func fewRowsAreKeptToTheSecond() {
        var summary = AuditSummary()
        for row in [row(5, "x", .redact, count: 3), row(5, "x", .redact), row(6, "y", .deny)] { summary.add(row) }
        #expect(summary.step == 1)
        #expect(summary.rows == 3)
        #expect(summary.total == 5)
        let key = AuditSummary.Key(time: 5, app: "a", decision: .redact, path: Array("x".utf8))
        #expect(summary.counts[key] == 4)
        #expect(summary.counts.count == 2)
    }

    @Test func anyNumberOfRowsFitsAndAllAreCounted() {
        var summary = AuditSummary(capacity: 200)
        for number in 0..<50_000 {
            // One file is met often, all others once.
            summary.add(
                row(number * 60, number % 4 == 0 ? "often" : "file\(number)", number % 2 == 0 ? .redact : .hide))
            #expect(summary.counts.count <= 200)
        }
        #expect(summary.step > 60)
        #expect(summary.total == 50_000)
        #expect(summary.counts.values.reduce(0, +) == 50_000)
        let often = summary.counts.filter { $0.key.path == Array("often".utf8) }.values.reduce(0, +)
        #expect(often == 12_500)
        #expect(summary.counts.keys.contains { $0.path == AuditSummary.otherPaths })
    }

    @Test func whatHappenedToTheServiceIsNoAccess() {
        var summary = AuditSummary()
        summary.add(row(1, "x", .redact))
        for number in 0..<1_000 {
            let event = AuditEvent(
                time: Int64(number) * 1_000_000, view: "", operation: "grant", path: [], decision: .allow)
            summary.add(AuditRow(id: Int64(number), event: event, count: 1))
        }
        let lost = AuditEvent(time: 0, view: "", operation: "audit-lost", path: [], decision: .allow)
        summary.add(AuditRow(id: 2_000, event: lost, count: 77))
        #expect(summary.rows == 1_002)
        #expect(summary.total == 1)
        #expect(summary.counts.count == 1)
        #expect(summary.eventCount == 1_001)
        #expect(summary.lost == 77)
        #expect(summary.events.last?.event.operation == "audit-lost")
        #expect((AuditSummary.keptEvents...2 * AuditSummary.keptEvents).contains(summary.events.count))
    }
}
