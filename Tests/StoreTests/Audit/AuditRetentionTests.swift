import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Store

/// Retention deletes the oldest, by age and by size, and the chain still verifies.
@Suite(.timeLimit(.minutes(10))) struct AuditRetentionTests {
    @Test func oldRowsGo() throws {
        try AuditFixture.with { t throws in
            let now = AuditEvent.now
            for number in 0..<7_000 { t.record("old\(number)", time: now - 10_000_000_000) }
            t.record("new", time: now)
            t.log.barrier()
            t.log.prune(age: 3_600, bytes: 1 << 30)
            #expect(waitUntil { (try? t.paths { $0.operation = "open" }) == ["new"] })
            t.record("newer", time: now + 1)
            let found = try t.log.verify { _, _ in }
            #expect(found.problems.isEmpty)
            // Two steps, two rows that say so.
            #expect(try t.rows { $0.operation = "audit-prune" }.count == 2)
            #expect(found.rows == 4)
        }
    }

    @Test func anAgeBeyondAllClocksKeepsEverything() throws {
        try AuditFixture.with { t throws in
            t.record("old", time: AuditEvent.now - 10_000_000_000)
            t.log.barrier()
            for age in [UInt64.max, UInt64.max / 1_000_000 + 2] {
                #expect(try !t.log.database.prune(AuditRetention(age: age, bytes: 1 << 30)))
            }
            #expect(try t.paths() == ["old"])
        }
    }

    @Test func aRowThatComesOfAgeWaitsForOthers() throws {
        try AuditFixture.with { t throws in
            t.record("old", time: AuditEvent.now - 3_601_000_000)
            t.log.barrier()
            let retention = AuditRetention(age: 3_600, bytes: 1 << 30)
            #expect(try !t.log.database.prune(retention))
            #expect(try t.paths() == ["old"])
        }
    }

    @Test func theLogStaysWithinItsSize() throws {
        try AuditFixture.with { t throws in
            for number in 0..<30_000 { t.record("DCIM/Camera/IMG_\(number).jpg", time: Int64(number)) }
            t.log.barrier()
            let before = t.log.state.bytes
            t.log.prune(age: .max, bytes: UInt64(before / 2))
            #expect(
                waitUntil {
                    t.log.barrier()
                    return t.log.state.bytes < before * 3 / 4
                })
            let kept = try t.paths { $0.operation = "open" }
            #expect(kept.count > 5_000)
            #expect(kept.last == "DCIM/Camera/IMG_29999.jpg")
            #expect(try t.problems().isEmpty)
            // A size that cannot be kept ends by itself.
            t.log.prune(age: .max, bytes: 1)
            #expect(waitUntil { (try? t.rows().count).map { $0 < 200 } ?? false })
            #expect(try t.problems().isEmpty)
        }
    }

    @Test func rowsAreTakenAndReadWhileRetentionWorks() throws {
        try AuditFixture.with { t throws in
            for number in 0..<40_000 { t.record("old\(number)", time: Int64(number)) }
            t.log.barrier()
            t.log.prune(age: 60, bytes: 1 << 30)
            for number in 0..<2_000 { t.record("new\(number)", time: AuditEvent.now) }
            #expect(try t.problems().isEmpty)
            #expect(waitUntil { (try? t.rows { $0.until = 1_000_000 }.isEmpty) ?? false })
            #expect(try t.rows { $0.operation = "open" }.count == 2_000)
            #expect(try t.problems().isEmpty)
            #expect(t.log.lost.load(ordering: .relaxed) == 0)
        }
    }

    @Test func rowsThatRetentionDidNotDeleteAreMissed() throws {
        try AuditFixture.with { t throws in
            for number in 0..<7_000 { t.record("old\(number)", time: Int64(number)) }
            t.record("new", time: AuditEvent.now)
            t.log.barrier()
            t.log.prune(age: 3_600, bytes: 1 << 30)
            #expect(waitUntil { (try? t.paths { $0.operation = "open" }) == ["new"] })
            for number in 0..<5 { t.record("new\(number)", time: AuditEvent.now) }
            t.log.barrier()
            try t.sql(
                """
                UPDATE chain SET (id, hash) = (SELECT id, hash FROM rows WHERE id = 7001) WHERE name = 'anchor';
                DELETE FROM rows WHERE id <= 7001
                """)
            #expect(try t.problems().map(\.row) == [7_001])
        }
    }
}
