import TestSupport
import Testing

@testable import Store

/// Queries find what was asked for, by every column, whatever the names.
@Suite(.timeLimit(.minutes(10))) struct AuditQueryTests {
    @Test func everyColumnCanBeAskedFor() throws {
        try AuditFixture.with { t throws in
            t.record("DCIM/a.jpg", app: "a", time: 10, .redact)
            t.record("DCIM/b.jpg", app: "b", time: 20, .allow, uid: 6)
            t.record("Movies/c.mp4", app: "b", time: 30, .deny, operation: "create")
            #expect(try t.paths { $0.app = "b" } == ["DCIM/b.jpg", "Movies/c.mp4"])
            #expect(try t.paths { $0.uid = 6 } == ["DCIM/b.jpg"])
            #expect(try t.paths { $0.since = 20 } == ["DCIM/b.jpg", "Movies/c.mp4"])
            #expect(try t.paths { $0.until = 10 } == ["DCIM/a.jpg"])
            for decision in [AuditEvent.Decision.redact, .allow, .deny] {
                #expect(try t.paths { $0.decision = decision }.count == 1)
            }
            #expect(try t.paths { $0.decision = .hide } == [])
            #expect(try t.paths { $0.operation = "create" } == ["Movies/c.mp4"])
            #expect(
                try t.paths {
                    $0.app = "b"
                    $0.uid = 6
                    $0.decision = .allow
                    $0.since = 1
                    $0.until = 99
                    $0.path = .under(Array("DCIM".utf8))
                } == ["DCIM/b.jpg"])
        }
    }

    @Test(arguments: [
        ("DCIM/a.jpg", ["DCIM/a.jpg"]), ("DCIM/*", ["DCIM/a.jpg", "DCIM/Camera/b.jpg"]),
        ("DCIM/", ["DCIM", "DCIM/a.jpg", "DCIM/Camera/b.jpg"]), ("DCIM", ["DCIM"]),
        ("*.jpg", ["DCIM/a.jpg", "DCIM/Camera/b.jpg", "DCIM2/c.jpg"]),
        ("DCIM/?.jpg", ["DCIM/a.jpg"]), ("DCIM/[ab].jpg", ["DCIM/a.jpg"]), ("dcim/*", []), ("%", []), ("DCIM_/*", []),
        ("new.png", ["old.png"]), ("new*", ["old.png"]), ("old.png", ["old.png"]),
        ("/", ["DCIM", "DCIM/a.jpg", "DCIM/Camera/b.jpg", "DCIM2/c.jpg", "old.png"]),
    ])
    func pathsAreAskedForByGlobDirectoryOrName(_ pattern: String, _ expected: [String]) throws {
        try AuditFixture.with { t throws in
            for path in ["DCIM", "DCIM/a.jpg", "DCIM/Camera/b.jpg", "DCIM2/c.jpg"] { t.record(path) }
            t.record("old.png", operation: "rename", target: "new.png")
            #expect(try t.paths { $0.path = PathPattern(pattern) } == expected)
            #expect(
                try t.paths {
                    $0.path = PathPattern(pattern)
                    $0.order = .newestFirst
                } == expected.reversed())
        }
    }

    @Test func namesThatAreNotUTF8AreFound() throws {
        try AuditFixture.with { t throws in
            let names: [[UInt8]] = [[0xff, 0x2f, 0x0a], [0xff, 0x2f, 0xff], [0xff], [0xfe]]
            for name in names {
                var event = AuditFixture.event("")
                event.path = name
                t.log.record(event)
            }
            #expect(try t.rows { $0.path = .exact([0xff]) }.map(\.event.path) == [[0xff]])
            #expect(try t.rows { $0.path = .under([0xff]) }.count == 3)
            #expect(try t.rows { $0.path = .glob([0xff, 0x2f, 0x2a]) }.count == 2)
        }
    }

    @Test func theLimitKeepsTheNewestInEitherOrder() throws {
        try AuditFixture.with { t throws in
            // Time and order of arrival differ.
            for number in (0..<50).reversed() { t.record("f/\(number)", time: Int64(number)) }
            for pattern in [nil, PathPattern("f/*")] {
                for limit in [1, 7, 50, 99] {
                    let newest = (max(0, 50 - limit)..<50).map { "f/\($0)" }
                    #expect(
                        try t.paths {
                            $0.path = pattern
                            $0.limit = limit
                        } == newest)
                    #expect(
                        try t.paths {
                            $0.path = pattern
                            $0.limit = limit
                            $0.order = .newestFirst
                        } == newest.reversed())
                }
                #expect(
                    try t.paths {
                        $0.path = pattern
                        $0.limit = 0
                    } == [])
            }
        }
    }

    @Test func pagesAreAllTheRowsOnceEachWhereTimesAreEqual() throws {
        try AuditFixture.with { t throws in
            for number in 0..<100 { t.record("f/\(number)", time: Int64(number / 30)) }
            for pattern in [nil, PathPattern("f/*")] {
                for order in [AuditQuery.Order.oldestFirst, .newestFirst] {
                    var query = AuditQuery()
                    query.path = pattern
                    query.order = order
                    var rows: [AuditRow] = []
                    try t.log.forEachPage(of: query, pageSize: 7) { page in
                        #expect(page.count <= 7)
                        rows += page
                        return true
                    }
                    let ids = rows.map(\.id)
                    #expect(ids == (order == .oldestFirst ? Array(1...100) : Array((1...100).reversed())))
                }
            }
        }
    }

    @Test func whoReadsMayStopAndSeesNothingNewer() throws {
        try AuditFixture.with { t throws in
            for number in 0..<20 { t.record("f\(number)", time: 1) }
            var pages = 0
            try t.log.forEachPage(of: AuditQuery(), pageSize: 5) { _ in
                pages += 1
                return pages < 2
            }
            #expect(pages == 2)
            var seen = 0
            try t.log.forEachPage(of: AuditQuery(), pageSize: 5) { page in
                seen += page.count
                t.record("later", time: 2)
                t.log.barrier()
                return true
            }
            #expect(seen == 20)
        }
    }
}
