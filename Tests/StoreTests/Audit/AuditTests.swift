import Foundation
import Logging
import Synchronization
import TestSupport
import Testing

@testable import Store

/// What is recorded is found: at once, whole, and byte for byte.
@Suite(.timeLimit(.minutes(10))) struct AuditTests {
    @Test func aQuerySeesEverythingThatWasRecordedBefore() throws {
        try AuditFixture.with { t throws in
            for number in 0..<1_000 {
                t.record("f\(number)")
                if number % 100 == 0 { #expect(try t.rows().count == number + 1) }
            }
        }
    }

    @Test func everyColumnIsKept() throws {
        try AuditFixture.with { t throws in
            let full = AuditEvent(
                time: 1_234_567_890_123_456, app: "org.app", uid: .max, pid: .max, process: "a\nb", view: "shared",
                operation: "rename", path: [0xff, 0x0a, 0x2f, 0xc3], target: [0x80], decision: .deny, errno: 13,
                reason: "rule; more", bytes: 1 << 40)
            let empty = AuditEvent(time: 0, view: "", operation: "start", path: [], decision: .allow)
            t.log.record(full)
            t.log.record(empty)
            #expect(try t.rows().map(\.event) == [empty, full])
        }
    }

    @Test func manyThreadsLoseNothing() throws {
        try AuditFixture.with { t throws in
            DispatchQueue.concurrentPerform(iterations: 8) { thread in
                for number in 0..<5_000 { t.record("\(thread)/\(number)") }
            }
            #expect(try t.rows().count == 40_000)
            #expect(try t.problems().isEmpty)
            #expect(t.log.pending == 0)
        }
    }

    @Test func whatFindsNoRoomIsCountedInTheLogItself() throws {
        try AuditFixture.with(capacity: 16) { t throws in
            for number in 0..<20_000 { t.record("f\(number)") }
            let kept = try t.rows { $0.operation = "open" }.count
            let told = try t.rows { $0.operation = "audit-lost" }.reduce(0) { $0 + $1.count }
            #expect(told > 0)
            #expect(kept + told == 20_000)
            #expect(try t.log.verify { _, _ in }.lost == Int64(told))
            #expect(t.log.lost.load(ordering: .relaxed) == UInt64(told))
        }
    }

    @Test func identicalRefusalsOfOneCallerAreOneRowWithACount() throws {
        try AuditFixture.with { t throws in
            for number in 0..<50 {
                var probe = AuditFixture.event("x", .hide)
                probe.pid = Int32(number)
                probe.process = "thread \(number)"
                t.log.record(probe)
            }
            for _ in 0..<50 { t.record("x", .hide, uid: 6) }
            for _ in 0..<50 { t.record("y", .hide) }
            for _ in 0..<50 { t.record("y", .deny) }
            for _ in 0..<50 { t.record("y", .allow) }
            let rows = try t.rows()
            #expect(rows.filter { $0.event.decision != .allow }.map(\.count) == [50, 50, 50, 50])
            #expect(rows.filter { $0.event.decision == .allow }.map(\.count) == Array(repeating: 1, count: 50))
        }
    }

    @Test func aWindowOfRefusalsEndsByItself() throws {
        try AuditFixture.with(foldingWindow: 1_000_000) { t throws in
            t.record("x", .hide)
            #expect(waitUntil { t.log.newest.load(ordering: .acquiring) == 1 })
            t.record("x", .hide)
            #expect(waitUntil { t.log.newest.load(ordering: .acquiring) == 2 })
        }
    }

    @Test func theNameOfTheProcessIsFound() throws {
        try AuditFixture.with { t throws in
            let child = try Program.start(["sleep", "60"])
            defer {
                kill(child, SIGKILL)
                _ = try? Program.wait(for: child, seconds: 60)
            }
            // Between fork and exec it has the parent's name.
            #expect(waitUntil { (try? String(contentsOfFile: "/proc/\(child)/comm", encoding: .utf8)) == "sleep\n" })
            var event = AuditFixture.event("x")
            event.process = nil
            event.pid = child
            t.log.record(event)
            event.pid = .max
            t.log.record(event)
            #expect(try t.rows().map(\.event.process) == ["sleep", nil])
        }
    }

    @Test func followingSeesWhatIsWrittenAndNothingTwice() throws {
        try AuditFixture.with { t throws in
            t.record("before")
            t.log.barrier()
            var last = t.log.newest.load(ordering: .acquiring)
            var query = AuditQuery()
            query.app = "a"
            for number in 0..<25 { t.record("f\(number)", app: number % 2 == 0 ? "a" : "b") }
            t.log.barrier()
            var seen: [String] = []
            while true {
                let rows = try t.log.rows(after: &last, query, limit: 5)
                if rows.isEmpty { break }
                seen += rows.map { String(decoding: $0.event.path, as: UTF8.self) }
            }
            #expect(seen == stride(from: 0, to: 25, by: 2).map { "f\($0)" })
            #expect(last == 26)
        }
    }

    @Test func closingWritesEverything() throws {
        try withTemporaryDirectory { root throws in
            let first = try AuditFixture(root)
            for number in 0..<3_000 { first.record("f\(number)") }
            first.record("x", .hide)
            first.log.close()
            // A closed log does not hold up who asks for a barrier.
            first.log.barrier()
            let waiting = try? FileManager.default.attributesOfItem(atPath: root + "/audit.db-wal")[.size] as? Int
            #expect(waiting ?? 0 == 0)
            let second = try AuditFixture(root)
            defer { second.log.close() }
            #expect(try second.rows().count == 3_001)
        }
    }
}
