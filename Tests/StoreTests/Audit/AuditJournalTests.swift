import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Store

/// What comes in bursts lies in the journal first: durable, in order, and seen by everybody who asks.
@Suite(.timeLimit(.minutes(10))) struct AuditJournalTests {
    private static let never: Monotonic = 1 << 62

    /// Every row is a burst.
    private static func alwaysBurst(_ options: inout AuditLog.Options) { options.burst = 1 }

    /// The journal is appended when somebody asks, and not before.
    private static func untilAsked(_ options: inout AuditLog.Options) {
        options.calm = never
        options.burst = 1
    }

    private static func batch(_ path: String) -> AuditBatch {
        var batch = AuditBatch()
        batch.add(AuditRow(id: 0, event: AuditFixture.event(path), count: 1))
        return batch
    }

    private func count(_ t: AuditFixture, _ sql: String) throws -> Int {
        let outcome = try Program.output(["sqlite3", "-readonly", "-cmd", ".timeout 30000", t.path, sql])
        return try #require(Int(outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)), "\(outcome.errors)")
    }

    /// Waits until all that was recorded is in the journal.
    private func recordBurst(_ t: AuditFixture, _ numbers: Range<Int>) throws {
        let before = t.log.journaled.load(ordering: .relaxed)
        for number in numbers { t.record("f\(number)", time: Int64(number)) }
        #expect(waitUntil { t.log.journaled.load(ordering: .relaxed) == before + numbers.count })
    }

    @Test func aBurstIsKeptInTheJournalUntilSomebodyAsks() throws {
        try AuditFixture.with(options: Self.untilAsked) { t throws in
            try recordBurst(t, 0..<3_000)
            try recordBurst(t, 3_000..<4_000)
            #expect(try count(t, "SELECT count(*) FROM rows") == 0)
            #expect(try count(t, "SELECT sum(count) FROM journal") == 4_000)
            #expect(t.log.pending == 4_000)
            #expect(try t.paths() == (0..<4_000).map { "f\($0)" })
            #expect(try count(t, "SELECT count(*) FROM journal") == 0)
            #expect(t.log.pending == 0)
            #expect(try t.problems().isEmpty)
        }
    }

    @Test func itIsAppendedByItselfWhenTheBurstIsOver() throws {
        try AuditFixture.with(options: Self.alwaysBurst) { t throws in
            for number in 0..<3_000 { t.record("f\(number)") }
            #expect(waitUntil { t.log.newest.load(ordering: .acquiring) == 3_000 })
            #expect(waitUntil { t.log.pending == 0 })
        }
    }

    @Test func aJournalThatIsTooLongIsAppendedDuringTheBurst() throws {
        let options = { (options: inout AuditLog.Options) in
            options.calm = Self.never
            options.burst = 1
            options.longestJournal = 1_000
        }
        try AuditFixture.with(options: options) { t throws in
            for number in 0..<5_000 { t.record("f\(number)") }
            #expect(waitUntil { t.log.newest.load(ordering: .acquiring) >= 4_000 })
            #expect(try t.rows().count == 5_000)
        }
    }

    @Test func whoeverFollowsTheLogSeesRowsAsTheyCome() throws {
        try AuditFixture.with(options: Self.untilAsked) { t throws in
            var last: Int64 = 0
            _ = try t.log.rows(after: &last, AuditQuery())
            for number in 0..<3_000 { t.record("f\(number)") }
            var seen = 0
            #expect(
                waitUntil {
                    seen += (try? t.log.rows(after: &last, AuditQuery(), limit: 5_000).count) ?? 0
                    return seen == 3_000
                })
        }
    }

    @Test func closingLeavesNothingInIt() throws {
        try withTemporaryDirectory { root throws in
            let first = try AuditFixture(
                root,
                options: Self.untilAsked)
            try recordBurst(first, 0..<2_000)
            first.log.close()
            #expect(try count(first, "SELECT count(*) FROM rows") == 2_000)
            #expect(try count(first, "SELECT count(*) FROM journal") == 0)
        }
    }

    @Test func whatACrashLeftInItIsThereAtTheNextStart() throws {
        try withTemporaryDirectory { root throws in
            let first = try AuditFixture(root)
            first.record("before", operation: "start")
            first.log.barrier()
            let full = AuditEvent(
                time: 1_234_567_890_123_456, app: "org.app", uid: .max, pid: .max, process: "a\nb", view: "shared",
                operation: "rename", path: [0xff, 0x0a, 0x2f, 0xc3], target: [0x80], decision: .deny, errno: 13,
                reason: "rule; more", bytes: 1 << 40)
            let empty = AuditEvent(time: 0, view: "", operation: "reload", path: [], decision: .allow)
            var batch = AuditBatch()
            batch.add(AuditRow(id: 0, event: empty, count: 1))
            batch.add(AuditRow(id: 0, event: full, count: 3))
            try first.log.database.journal(batch)
            try first.log.database.journal(Self.batch("last"))
            first.log.close()
            let second = try AuditFixture(root)
            defer { second.log.close() }
            second.log.noteCrash()
            let kept = try second.rows { $0.order = .oldestFirst }.sorted { $0.id < $1.id }
            #expect(kept.map(\.event.operation) == ["start", "reload", "rename", "open", "crash"])
            #expect(kept[1].event == empty)
            #expect(kept[2].event == full && kept[2].count == 3)
            #expect(kept[4].event.reason.contains("row 4 "))
            #expect(try second.problems().isEmpty)
        }
    }

    @Test func aPartThatCannotBeReadIsCountedAsLost() throws {
        try withTemporaryDirectory { root throws in
            let first = try AuditFixture(root)
            try first.log.database.journal(Self.batch("a"))
            try first.log.database.journal(Self.batch("b"))
            first.log.close()
            try first.sql("UPDATE journal SET rows = x'0106', count = 7 WHERE id = 1")
            let second = try AuditFixture(root)
            defer { second.log.close() }
            let kept = try second.rows().sorted { $0.id < $1.id }
            #expect(kept.map(\.event.operation) == ["audit-lost", "open"])
            #expect(kept.first?.count == 7)
            #expect(try second.log.verify { _, _ in }.lost == 7)
        }
    }

    @Test func everyNumberComesBack() throws {
        for value in [0, 1, -1, 63, 64, 127, 128, 300, -300, Int64.max, .min, .max - 1, .min + 1] {
            var encoder = AuditEncoder()
            AuditRow(id: value, event: AuditFixture.event("", time: value), count: 1).write(to: &encoder)
            let row = try AuditDecoder.rows(encoder.bytes).first
            #expect(row?.id == value && row?.event.time == value)
        }
    }

    @Test func noBytesMakeTheDecoderReadBeyondThem() {
        var encoder = AuditEncoder()
        AuditRow(id: 1, event: AuditFixture.event("name", target: "other"), count: 2).write(to: &encoder)
        let bytes = encoder.bytes
        for length in 1..<bytes.count {
            #expect(throws: AuditDecoder.Damaged.self) { try AuditDecoder.rows(Array(bytes.prefix(length))) }
        }
        for place in bytes.indices {
            for value: UInt8 in [0, 1, 0x7f, 0x80, 0xff] {
                var damaged = bytes
                damaged[place] = value
                _ = try? AuditDecoder.rows(damaged)
            }
        }
    }
}
