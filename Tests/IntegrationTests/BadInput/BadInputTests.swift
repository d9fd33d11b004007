import Foundation
import Glibc
import TestSupport
import Testing

/// What cannot work is refused in one line that names the thing, and changes nothing.
@Suite(.enabled(if: Machine.canMount, "\(Machine.need)"), .timeLimit(.minutes(10)))
struct BadInputTests {
    @Test func aWrongConfigurationNamesFileLineAndKey() throws {
        try withTemporaryDirectory { root in
            let service = try RunningService(root, configuration: "colour = \"red\"")
            let outcome = try service.startExpectingFailure()
            #expect(outcome.status == 78)
            #expect(outcome.errors.contains("mediaveil.toml:9: service.colour"))
        }
    }

    @Test func aMissingLibraryIsNamed() throws {
        try withTemporaryDirectory { root in
            let service = try RunningService(root)
            rmdir(service.library)
            let outcome = try service.startExpectingFailure()
            #expect(outcome.status == 1)
            #expect(outcome.errors.contains(service.library))
            #expect(outcome.errors.split(separator: "\n").count == 1)
        }
    }

    @Test func aMountpointInUseIsLeftAlone() throws {
        try withTemporaryDirectory { root in
            let service = try RunningService(root)
            #expect(try Program.run(["mount", "-t", "tmpfs", "none", service.view]) == 0)
            let outcome = try service.startExpectingFailure()
            #expect(outcome.status == 1)
            #expect(outcome.errors.contains("in use"))
        }
    }

    @Test func aSecondServiceOnTheSameStateIsRefused() throws {
        try withService { service in
            let outcome = try service.startExpectingFailure()
            #expect(outcome.status == 1)
            #expect(outcome.errors.contains("another mediaveild"))
            try service.administer("status")
        }
    }

    @Test func whatIsMissingIsCalledByItsName() throws {
        try withService { service in
            try service.addApps()
            let revoked = try service.control(["revoke", "org.camera", "media.location", "--under", "DCIM"])
            #expect(revoked.status == 5)
            #expect(revoked.errors.contains("no grant “media.location under DCIM of org.camera”"))
            let report = try service.control(["audit", "report", "--output", service.root + "/none/report.html"])
            #expect(report.status == 5)
            #expect(report.errors.contains(service.root + "/none/report.html: No such file or directory"))
        }
    }

    @Test func aDatabaseFromANewerVersionIsRefused() throws {
        try withService { service in
            try service.stop()
            let newer = "INSERT INTO grdb_migrations VALUES ('999-later')"
            #expect(try Program.run(["sqlite3", service.root + "/state/policy.db", newer]) == 0)
            let outcome = try service.startExpectingFailure()
            #expect(outcome.status == 1)
            #expect(outcome.errors.contains("newer"))
        }
    }

    @Test func aDamagedPolicyKeepsTheServiceFromRunning() throws {
        try withService { service in
            try service.addApps()
            try service.stop()
            let path = service.root + "/state/policy.db"
            // What the write-ahead log still holds would stand in for the damaged pages.
            #expect(try Program.run(["sqlite3", path, "PRAGMA wal_checkpoint(TRUNCATE)"]) == 0)
            var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
            for index in 4_096..<min(bytes.count, 12_288) { bytes[index] = 0xa5 }
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            let outcome = try service.startExpectingFailure()
            #expect(outcome.status == 1)
            #expect(outcome.errors.contains("policy.db.backup"))
            #expect(try Program.run(["cp", path + ".backup", path]) == 0)
            try service.start()
            #expect(try service.administer("app list").contains("org.camera"))
        }
    }

    @Test func aFullDiskRefusesChangesAndKeepsTheOldOnes() throws {
        try withTemporaryDirectory { root in
            let service = try RunningService(root)
            #expect(try Program.run(["mount", "-t", "tmpfs", "-o", "size=400k", "none", root + "/state"]) == 0)
            try service.start()
            try service.administer("app add org.kept --uid 61104")
            #expect(try Program.run(["sh", "-c", "cat /dev/zero > '\(root)/state/filler' 2>/dev/null"]) != 0)
            var refusal: Program.Outcome?
            for number in 0..<400 where refusal == nil {
                let outcome = try service.control(["app", "add", "org.app\(number)", "--uid", "\(70_000 + number)"])
                if outcome.status != 0 { refusal = outcome }
            }
            let seen = try #require(refusal)
            #expect(seen.status == 70)
            #expect(seen.errors.contains("full"))
            #expect(try service.administer("app list").contains("org.kept"))
            try service.stop()
            #expect(try Program.run(["rm", root + "/state/filler"]) == 0)
            try service.start()
            #expect(try service.administer("app list").contains("org.kept"))
            try service.stop()
        }
    }

    @Test func aDamagedPhotoHarmsNobody() throws {
        try withService { service in
            let sample = SamplePhoto.bytes()
            for (index, length) in stride(from: 2, to: sample.count, by: 37).enumerated() {
                try Data(sample.prefix(length)).write(
                    to: URL(fileURLWithPath: service.library + "/\(index).jpg"))
            }
            _ = try Program.run(["chmod", "-R", "a+rX", service.library])
            let outcome = try service.shell(RunningService.stranger, "cat *.jpg | wc -c")
            #expect(outcome.status == 0)
            try service.administer("status")
        }
    }
}
