import Foundation
import Logging
import Store
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct AuditTests {
    private func event(
        _ path: String, app: String? = "a", time: Int64 = 1_000_000, _ decision: AuditEvent.Decision = .allow,
        uid: UInt32 = 5
    ) -> AuditEvent {
        AuditEvent(
            time: time, app: app, uid: uid, process: "test", view: "shared", operation: "open", path: Array(path.utf8),
            decision: decision, reason: "rule")
    }

    private func with(capacity: Int = 1 << 20, _ body: (AuditLog, String) throws -> Void) throws {
        try withTemporaryDirectory { root in
            let path = root + "/audit.db"
            let log = try AuditLog(path: path, capacity: capacity, logger: Logger(label: "test"))
            defer { log.close() }
            try body(log, path)
        }
    }

    private func sql(_ path: String, _ statement: String) throws {
        #expect(try Program.output(["sqlite3", path, statement]).status == 0)
    }

    @Test func aQuerySeesEverythingThatWasRecordedBefore() throws {
        try with { log, _ throws in
            for number in 0..<1_000 {
                log.record(event("f\(number)"))
                if number % 100 == 0 { #expect(try log.query(AuditQuery()).count == number + 1) }
            }
        }
    }

    @Test func queriesFindByEveryColumn() throws {
        try with { log, _ throws in
            log.record(event("DCIM/a.jpg", app: "a", time: 10, .redact))
            log.record(event("DCIM/b.jpg", app: "b", time: 20, .allow, uid: 6))
            log.record(event("Movies/c.mp4", app: "b", time: 30, .deny))
            func paths(_ change: (inout AuditQuery) -> Void) throws -> [String] {
                var query = AuditQuery()
                change(&query)
                return try log.query(query).map { String(decoding: $0.event.path, as: UTF8.self) }
            }
            #expect(try paths { $0.app = "b" } == ["DCIM/b.jpg", "Movies/c.mp4"])
            #expect(try paths { $0.uid = 6 } == ["DCIM/b.jpg"])
            #expect(try paths { $0.since = 20 } == ["DCIM/b.jpg", "Movies/c.mp4"])
            #expect(try paths { $0.until = 10 } == ["DCIM/a.jpg"])
            #expect(try paths { $0.decision = .redact } == ["DCIM/a.jpg"])
            #expect(try paths { $0.operation = "create" } == [])
            #expect(try paths { $0.path = "DCIM/*" } == ["DCIM/a.jpg", "DCIM/b.jpg"])
            #expect(try paths { $0.path = "DCIM/a.jpg" } == ["DCIM/a.jpg"])
            #expect(try paths { $0.limit = 1 } == ["Movies/c.mp4"])
        }
    }

    @Test func identicalRefusalsAreOneRowWithACount() throws {
        try with { log, _ throws in
            for _ in 0..<50 { log.record(event("x", .hide)) }
            for _ in 0..<50 { log.record(event("y", .allow)) }
            let rows = try log.query(AuditQuery())
            #expect(rows.reduce(0) { $0 + $1.count } == 100)
            let hidden = rows.filter { $0.event.decision == .hide }
            #expect(hidden.count < 50)
            #expect(rows.count - hidden.count == 50)
        }
    }

    @Test func lostRowsAreCountedInTheLogItself() throws {
        try with(capacity: 16) { log, _ throws in
            for number in 0..<5_000 { log.record(event("f\(number)")) }
            let rows = try log.query(AuditQuery())
            let lost = try log.verify { _, _ in }.lost
            let kept = rows.count { $0.event.operation == "open" }
            #expect(lost > 0)
            #expect(Int64(kept) + lost == 5_000)
        }
    }

    @Test func namesAreKeptByteForByte() throws {
        try with { log, _ throws in
            var strange = event("")
            strange.path = [0xff, 0x0a, 0x2f, 0xc3]
            log.record(strange)
            #expect(try log.query(AuditQuery()).first?.event.path == [0xff, 0x0a, 0x2f, 0xc3])
        }
    }

    @Test func theChainShowsWhatWasDone() throws {
        try with { log, path throws in
            for number in 0..<20 { log.record(event("f\(number)")) }
            #expect(try log.verify { _, _ in }.problems.isEmpty)
            try sql(path, "UPDATE rows SET app = 'other' WHERE id = 5")
            #expect(try log.verify { _, _ in }.problems.map(\.row).contains(5))
            try sql(path, "UPDATE rows SET app = 'a' WHERE id = 5")
            #expect(try log.verify { _, _ in }.problems.isEmpty)
            try sql(path, "DELETE FROM rows WHERE id = 9")
            #expect(try log.verify { _, _ in }.problems.map(\.row) == [10])
        }
    }

    @Test func aMissingEndIsFound() throws {
        try with { log, path throws in
            for number in 0..<20 { log.record(event("f\(number)")) }
            log.barrier()
            try sql(path, "DELETE FROM rows WHERE id > 15")
            #expect(try log.verify { _, _ in }.problems.count == 1)
        }
    }

    @Test func retentionKeepsTheChainWhole() throws {
        try with { log, _ throws in
            let now = AuditEvent.now
            for number in 0..<100 { log.record(event("old\(number)", time: now - 10_000_000_000)) }
            log.record(event("new", time: now))
            log.barrier()
            log.prune(age: 3_600, bytes: 1 << 30)
            #expect(waitUntil { (try? log.query(AuditQuery()).count) == 1 })
            log.record(event("newer", time: now + 1))
            let found = try log.verify { _, _ in }
            #expect(found.problems.isEmpty)
            #expect(found.rows == 2)
        }
    }

    @Test func aCrashIsNotedAtTheNextStart() throws {
        try withTemporaryDirectory { root in
            let path = root + "/audit.db"
            let first = try AuditLog(path: path, logger: Logger(label: "test"))
            first.noteCrash()
            first.record(event("x"))
            first.close()
            let second = try AuditLog(path: path, logger: Logger(label: "test"))
            defer { second.close() }
            second.noteCrash()
            let crashes = try second.verify { _, _ in }.crashes
            #expect(crashes.map(\.lastRow) == [1])
        }
    }

    @Test func manyThreadsLoseNothing() throws {
        try with { log, _ throws in
            DispatchQueue.concurrentPerform(iterations: 8) { thread in
                for number in 0..<5_000 { log.record(event("\(thread)/\(number)")) }
            }
            #expect(try log.query(AuditQuery()).count == 40_000)
            #expect(try log.verify { _, _ in }.problems.isEmpty)
        }
    }
}
