import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing

/// Whatever moment the service dies at: what it acknowledged is kept, and the log tells of the death.
@Suite(.enabled(if: Machine.canMount, "\(Machine.need)"), .timeLimit(.minutes(10)))
struct CrashTests {
    private struct Verdict: Decodable {
        struct Crash: Decodable {
            let found: String
            let lastRow: Int64?
            let lastTime: String?
        }
        let intact: Bool
        let crashes: [Crash]
    }

    /// Grants one subtree after the other until the service is gone, and keeps which were acknowledged.
    private final class Granter: Sendable {
        private let acknowledged = Mutex<[String]>([])
        private let ended = DispatchSemaphore(value: 0)

        var all: [String] { acknowledged.withLock { $0 } }

        func begin(_ service: RunningService, round: Int) {
            let library = service.library
            let control = [Machine.program("mediaveilctl"), "--socket", service.socket]
            DispatchQueue.global().async { [self] in
                for number in 0..<100_000 {
                    let path = "DCIM/\(round)-\(number)"
                    // A grant is given under what exists.
                    try? FileManager.default.createDirectory(
                        atPath: library + "/" + path, withIntermediateDirectories: true)
                    let words = ["grant", "org.editor", "media.read.images", "--under", path]
                    guard let outcome = try? Program.output(control + words), outcome.status == 0 else { break }
                    acknowledged.withLock { $0.append(path) }
                }
                ended.signal()
            }
        }

        func waitForEnd() -> Bool { ended.wait(timeout: .now() + 120) == .success }
    }

    private func sql(_ path: String, _ statement: String) throws -> String {
        let outcome = try Program.output(["sqlite3", "-cmd", ".timeout 30000", path, statement])
        guard outcome.status == 0 else { throw RunningService.Failure(description: outcome.errors) }
        return outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private func furnish(_ service: RunningService) throws {
        _ = try Program.run(["mkdir", service.library + "/DCIM"])
        try Data(SamplePhoto.bytes()).write(to: URL(fileURLWithPath: service.library + "/DCIM/photo.jpg"))
        _ = try Program.run(["chmod", "-R", "a+rwX", service.library])
    }

    /// The kernel answers for a dead mount from what it remembers, for as long as it was told to.
    @Test func itsDeadMountsAreClearedAwayHoweverLongTheyLookAlive() throws {
        let forLong = "[timeouts]\nnames = \"1h\"\nattributes = \"1h\""
        try withService(configuration: forLong, prepare: furnish) { service in
            try service.addApps()
            try service.administer("grant org.editor media.read.images")
            try service.administer("view add editor --app org.editor --at \(service.root)/editor")
            let places = [service.view, service.root + "/editor"]
            for place in places { #expect(access(place + "/DCIM/photo.jpg", R_OK) == 0) }
            try service.crash(leavingMounts: true)
            try service.start()
            for place in places {
                let outcome = try Program.output(["cat", place + "/DCIM/photo.jpg"], uid: RunningService.editor)
                #expect(outcome.status == 0, "\(outcome.errors) \(service.logText)")
            }
        }
    }

    @Test func aKillAtAnyMomentLosesNoAcknowledgedGrant() throws {
        try withService(prepare: furnish) { service in
            try service.addApps()
            try service.administer("grant org.camera media.read.images")
            var acknowledged: [String] = []
            for round in 1...5 {
                let opens = try Program.start([
                    "setpriv", "--reuid", "\(RunningService.camera)", "--clear-groups", "sh", "-c",
                    "while cat '\(service.view)/DCIM/photo.jpg'; do :; done > /dev/null 2>&1",
                ])
                defer {
                    kill(opens, SIGKILL)
                    _ = try? Program.wait(for: opens, seconds: 60)
                }
                let granter = Granter()
                granter.begin(service, round: round)
                #expect(waitUntil(within: 60) { !granter.all.isEmpty })
                usleep(.random(in: 0...600_000))
                try service.crash()
                #expect(granter.waitForEnd())
                acknowledged += granter.all
                try expectEverything(acknowledged, crashes: round, of: service)
            }
            // An orderly stop is none.
            try service.stop()
            try service.start()
            try expectVerdict(of: service, crashes: 5, lastRow: nil)
        }
    }

    /// Starts the service again and looks at what it kept.
    private func expectEverything(_ acknowledged: [String], crashes: Int, of service: RunningService) throws {
        let (policy, audit) = (service.root + "/state/policy.db", service.root + "/state/audit.db")
        let lastRow = try #require(try Int64(sql(audit, "SELECT max(id) FROM rows")))
        for database in [policy, audit] { #expect(try sql(database, "PRAGMA integrity_check") == "ok") }
        try service.start()
        for database in [policy, audit] { #expect(try sql(database, "PRAGMA integrity_check") == "ok") }
        let grants = try service.administer("--json grants org.editor")
        let missing = acknowledged.filter { !grants.contains("\"\($0)\"") }
        #expect(missing.isEmpty)
        try expectVerdict(of: service, crashes: crashes, lastRow: lastRow)
    }

    private func expectVerdict(of service: RunningService, crashes: Int, lastRow: Int64?) throws {
        let outcome = try service.control(["--json", "audit", "verify"])
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let verdict = try decoder.decode(Verdict.self, from: Data(outcome.output.utf8))
        #expect(verdict.intact)
        #expect(verdict.crashes.count == crashes)
        let last = try #require(verdict.crashes.last)
        let lastTime = try #require(last.lastTime)
        #expect(lastTime <= last.found)
        if let lastRow { #expect(last.lastRow == lastRow) }
        let told = try service.control(["audit", "verify"]).output
        #expect(told.contains("the service ended without a stop"))
    }
}
