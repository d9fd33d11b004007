import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Store

/// Whoever changes the log by other means is found out, with the row.
@Suite(.timeLimit(.minutes(10))) struct AuditChainTests {
    /// A log of twenty rows, after `statement` was run on it.
    private func problems(after statement: String, allows: Bool = true) throws -> [AuditExamination.Problem] {
        var found: [AuditExamination.Problem] = []
        try AuditFixture.with { t throws in
            for number in 0..<20 {
                var event = AuditFixture.event("f\(number)", app: number % 2 == 0 ? "a" : nil)
                event.bytes = 5
                if !allows { event.decision = .redact }
                event.target = number % 2 == 0 || !allows ? Array("t".utf8) : nil
                t.log.record(event)
            }
            #expect(try t.problems().isEmpty)
            try t.sql(statement)
            found = try t.problems()
        }
        return found
    }

    @Test(arguments: [
        "time = time + 1", "app = 'other'", "app = NULL", "app = ''", "uid = 0", "uid = NULL", "uid = -1",
        "uid = 4294967296", "pid = 7", "process = NULL", "process = 'tes'", "view = 'other'", "operation = 'create'",
        "path = x'00'", "path = x''", "target = NULL", "target = x'75'", "decision = 'deny'", "decision = 'nonsense'",
        "errno = 2", "errno = 99999999999", "reason = ''", "bytes = NULL", "bytes = 6", "count = 2", "count = 0",
        "hash = x''", "hash = zeroblob(32)",
    ])
    func aChangedColumnIsFound(_ change: String) throws {
        let rows = try problems(after: "UPDATE rows SET \(change) WHERE id = 5").map(\.row)
        #expect(rows.contains(5))
        #expect(rows.allSatisfy { $0 == 5 || $0 == 6 })
    }

    /// A row that an index does not have is there, and no query by that index shows it.
    @Test(arguments: AuditSchema.indexes.map { ($0.0, $0.1) })
    func aRowThatAnIndexHasLostIsFound(_ index: String, _ column: String) throws {
        let isPartial = ["target", "decision"].contains(column)
        let condition = ["target": "target IS NOT NULL", "decision": "decision <> 'allow'"][column] ?? "TRUE"
        let columns = column == "time" ? "time" : "\(column), time"
        let create = "CREATE INDEX \(index) ON rows (\(columns))"
        let whole = create + (isPartial ? " WHERE " + condition : "")
        let found = try problems(
            after: """
                DROP INDEX \(index); \(create) WHERE \(condition) AND id <> 5;
                PRAGMA writable_schema = ON;
                UPDATE sqlite_schema SET sql = '\(whole.replacingOccurrences(of: "'", with: "''"))'
                WHERE name = '\(index)';
                """, allows: false)
        #expect(found.map(\.row) == [5])
        #expect(found.first?.reason.contains(index) == true)
    }

    @Test(arguments: AuditChainTests.falsifications)
    func aMissingOrAddedRowIsFound(_ statement: String, _ row: Int64) throws {
        #expect(try problems(after: statement).map(\.row).contains(row))
    }

    private static let falsifications: [(String, Int64)] = [
        ("DELETE FROM rows WHERE id = 9", 10), ("DELETE FROM rows WHERE id BETWEEN 3 AND 7", 8),
        ("DELETE FROM rows WHERE id > 15", 15), ("DELETE FROM rows WHERE id = 1", 2), ("DELETE FROM rows", 0),
        ("UPDATE rows SET id = 100 WHERE id = 20", 100),
        (
            "INSERT INTO rows SELECT 21, time, app, uid, pid, process, view, operation, path, target, decision, errno, "
                + "reason, bytes, count, hash FROM rows WHERE id = 20", 21
        ),
        (
            "INSERT INTO rows SELECT 0, time, app, uid, pid, process, view, operation, path, target, decision, errno, "
                + "reason, bytes, count, hash FROM rows WHERE id = 20", 0
        ),
        ("DELETE FROM chain", 20),
        // In retention's name: nothing in the chain says that it deleted these.
        ("DELETE FROM rows WHERE id <= 5; INSERT INTO chain SELECT 'anchor', 5, x'00'", 5),
        ("INSERT INTO chain SELECT 'anchor', 5, hash FROM rows WHERE id = 5; DELETE FROM rows WHERE id <= 5", 5),
        ("INSERT INTO chain SELECT 'anchor', 20, hash FROM rows WHERE id = 20; DELETE FROM rows", 20),
    ]

    @Test func twoRowsThatChangedPlacesAreFound() throws {
        let swap = """
            UPDATE rows SET id = 99 WHERE id = 5; UPDATE rows SET id = 5 WHERE id = 6; \
            UPDATE rows SET id = 6 WHERE id = 99
            """
        #expect(try problems(after: swap).map(\.row).starts(with: [5, 6]))
    }

    @Test func theLogGoesOnBehindWhatIsBroken() throws {
        try AuditFixture.with { t throws in
            for number in 0..<20 { t.record("f\(number)") }
            t.log.barrier()
            try t.sql("UPDATE chain SET id = 5 WHERE name = 'head'; UPDATE rows SET app = 'x' WHERE id = 7")
            t.record("later")
            #expect(try t.paths().last == "later")
            #expect(try t.problems().map(\.row).contains(7))
            #expect(t.log.lost.load(ordering: .relaxed) == 0)
        }
    }

    @Test func theHeadIsNamedForWhoKeepsItElsewhere() throws {
        try AuditFixture.with { t throws in
            for number in 0..<3 { t.record("f\(number)") }
            let first = try t.log.verify { _, _ in }.head
            #expect(first.row == 3)
            #expect(first.hash.count == 64)
            t.record("x")
            #expect(try t.log.verify { _, _ in }.head.hash != first.hash)
        }
    }

    @Test func progressTellsHowFarItIs() throws {
        try AuditFixture.with { t throws in
            for number in 0..<12_000 { t.record("f\(number)") }
            var steps: [Int64] = []
            let found = try t.log.verify { done, total in
                #expect(done <= total)
                steps.append(done)
            }
            #expect(found.rows == 12_000)
            #expect(steps == [5_000, 10_000, 12_000])
        }
    }

    @Test func aCrashIsNotedAtTheNextStart() throws {
        try withTemporaryDirectory { root throws in
            let first = try AuditFixture(root)
            first.log.noteCrash()
            first.record("", operation: "start")
            first.record("x")
            first.log.close()
            let second = try AuditFixture(root)
            second.log.noteCrash()
            #expect(try second.log.verify { _, _ in }.crashes.map(\.lastRow) == [2])
            second.record("", time: AuditEvent.now, operation: "stop")
            second.log.close()
            let third = try AuditFixture(root)
            defer { third.log.close() }
            third.log.noteCrash()
            #expect(try third.log.verify { _, _ in }.crashes.count == 1)
            #expect(try third.problems().isEmpty)
        }
    }

    /// What a kill at any moment leaves behind is a copy of the files as they are at that moment.
    @Test func whateverMomentItEndsAtTheChainIsWhole() throws {
        try AuditFixture.with { t throws in
            try withTemporaryDirectory { copies throws in
                for round in 0..<8 {
                    for number in 0..<2_000 { t.record("\(round)/\(number)") }
                    let copy = "\(copies)/\(round)"
                    try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: false)
                    // The database first: a checkpoint in between takes nothing out of the log that was copied after it.
                    let copied = try Program.run(["cp", t.path, t.path + "-wal", copy])
                    #expect(copied == 0)
                    let restarted = try AuditFixture(copy)
                    defer { restarted.log.close() }
                    restarted.log.noteCrash()
                    let found = try restarted.log.verify { _, _ in }
                    #expect(found.problems.isEmpty)
                    #expect(found.crashes.count == (found.rows == 0 ? 0 : 1))
                    #expect(found.crashes.allSatisfy { $0.lastRow == found.rows - 1 })
                }
            }
        }
    }
}
