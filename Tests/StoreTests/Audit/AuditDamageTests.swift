import Foundation
import GRDB
import Logging
import Synchronization
import TestSupport
import Testing

@testable import Store

/// A log that cannot be read or written never keeps the service from working, and never is lost silently.
@Suite(.timeLimit(.minutes(10))) struct AuditDamageTests {
    /// A closed log of some rows, damaged by `damage`, opened again.
    private func reopened(_ damage: (String) throws -> Void, _ body: (AuditFixture) throws -> Void) throws {
        try withTemporaryDirectory { root throws in
            let first = try AuditFixture(root)
            for number in 0..<5_000 { first.record("f\(number)", operation: number == 0 ? "start" : "open") }
            first.log.close()
            try damage(first.path)
            let second = try AuditFixture(root)
            defer { second.log.close() }
            try body(second)
        }
    }

    private func overwrite(_ path: String, at offset: UInt64, _ count: Int) throws {
        let file = try #require(FileHandle(forWritingAtPath: path))
        try file.seek(toOffset: offset)
        try file.write(contentsOf: Data(repeating: 0xA5, count: count))
        try file.close()
    }

    private func expectNewLog(_ t: AuditFixture) throws {
        t.log.noteCrash()
        t.record("works")
        let rows = try t.rows()
        #expect(Set(rows.map(\.event.operation)) == ["audit-damaged", "open"])
        let damaged = try #require(rows.first { $0.event.operation == "audit-damaged" })
        let aside = try #require(
            FileManager.default.contentsOfDirectory(atPath: t.directory).first {
                $0.hasPrefix("audit.db.damaged-") && $0.hasSuffix("Z")
            })
        #expect(damaged.event.reason.contains(aside))
        #expect(try t.problems().isEmpty)
    }

    @Test func aFileThatIsNoDatabaseIsSetAside() throws {
        try reopened(
            { try Data("no database at all, but long enough to be one".utf8).write(to: URL(fileURLWithPath: $0)) },
            expectNewLog)
    }

    @Test func aDatabaseWithABrokenBeginningIsSetAside() throws {
        try reopened({ try overwrite($0, at: 100, 3_000) }, expectNewLog)
    }

    @Test func aTruncatedDatabaseIsSetAside() throws {
        try reopened({ #expect(truncate($0, 40_000) == 0) }, expectNewLog)
    }

    @Test func aDatabaseOfSomebodyElseIsSetAside() throws {
        try reopened(
            { path in
                try FileManager.default.removeItem(atPath: path)
                let made = try Program.run(["sqlite3", path, "CREATE TABLE rows (x); CREATE TABLE chain (y)"])
                #expect(made == 0)
            }, expectNewLog)
    }

    @Test func damageWithinIsFoundByTheExamination() throws {
        // A page of rows, which a start does not look at.
        let leaf = "SELECT pageno FROM dbstat WHERE name = 'rows' AND pagetype = 'leaf' LIMIT 1 OFFSET 20"
        func damage(_ path: String) throws {
            let page = try Program.output(["sqlite3", path, leaf]).output
            let number = try #require(UInt64(page.filter(\.isNumber)))
            try overwrite(path, at: (number - 1) * 4_096, 4_096)
        }
        try reopened(damage) { t throws in
            t.record("works")
            let problems = try t.problems()
            #expect(!problems.isEmpty)
        }
    }

    @Test func aDatabaseOfANewerVersionIsRefused() throws {
        try withTemporaryDirectory { root throws in
            let first = try AuditFixture(root)
            first.log.barrier()
            try first.sql("INSERT INTO grdb_migrations VALUES ('999-future')")
            first.log.close()
            let error = #expect(throws: StoreError.self) { try AuditFixture(root) }
            #expect(error?.kind == .newer)
            #expect(FileManager.default.fileExists(atPath: first.path))
        }
    }

    @Test func aDirectoryInItsPlaceIsAClearError() throws {
        try withTemporaryDirectory { root throws in
            try FileManager.default.createDirectory(
                atPath: root + "/audit.db", withIntermediateDirectories: false)
            let error = #expect(throws: StoreError.self) { try AuditFixture(root) }
            #expect(error?.kind == .unreadable)
            #expect(error?.description.contains(root + "/audit.db") == true)
        }
    }

    @Test func whatAFullDiskDoesNotTakeIsCounted() throws {
        try AuditFixture.with { t throws in
            t.record("before")
            t.log.barrier()
            // As a full disk: the database may not grow. The limit is the connection's own.
            try t.log.database.pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA max_page_count = 1") }
            for number in 0..<3_000 { t.record("lost\(number)") }
            t.record("hidden", .hide)
            t.record("hidden", .hide)
            t.log.barrier()
            let kept = try t.rows { $0.operation = "open" }.reduce(0) { $0 + $1.count }
            try t.log.database.pool.writeWithoutTransaction {
                try $0.execute(sql: "PRAGMA max_page_count = 1073741823")
            }
            t.record("after")
            let told = try t.rows { $0.operation = "audit-lost" }.reduce(0) { $0 + $1.count }
            #expect(kept + told == 3_003)
            #expect(told > 2_000)
            #expect(try t.paths().last != "lost2999")
            #expect(try t.problems().isEmpty)
        }
    }

    @Test func aBusyDatabaseIsWaitedFor() throws {
        try AuditFixture.with { t throws in
            t.record("before")
            t.log.barrier()
            let holder = try Program.start(
                ["sqlite3", "-cmd", ".timeout 30000", t.path, "BEGIN IMMEDIATE", ".shell sleep 1", "COMMIT"])
            for number in 0..<100 { t.record("f\(number)") }
            #expect(try t.rows().count == 101)
            #expect(try Program.wait(for: holder, seconds: 60) == 0)
            #expect(t.log.lost.load(ordering: .relaxed) == 0)
        }
    }
}
