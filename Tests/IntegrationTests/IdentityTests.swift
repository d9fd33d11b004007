import Foundation
import Glibc
import TestSupport
import Testing

private let editor = RunningService.editor
private let stranger = RunningService.stranger

/// Apps that the shared view tells by more than their uid: real programs, real processes.
@Suite(.enabled(if: Machine.canMount, "\(Machine.need)"), .timeLimit(.minutes(5)))
struct IdentityTests {
    private static let both = "[callers]\nidentify = [\"unit\", \"executable\"]"

    private func furnish(_ service: RunningService) throws {
        try Data(SamplePhoto.bytes()).write(to: URL(fileURLWithPath: service.library + "/photo.jpg"))
        chmod(service.library + "/photo.jpg", 0o666)
        _ = try Program.run(["cp", "/bin/cat", service.root + "/viewer"])
        _ = try Program.run(["cp", "/bin/cat", service.root + "/other"])
        chmod(service.root, 0o755)
    }

    /// What a program of the test reads as a uid: nil if it may not, else whether the location is in it.
    private func seesLocation(_ service: RunningService, _ program: String, _ uid: UInt32) throws -> Bool? {
        let outcome = try Program.output(
            ["sh", "-c", "'\(service.root)/\(program)' '\(service.view)/photo.jpg' | od -An -v -tx1"], uid: uid)
        let bytes = outcome.output.split(whereSeparator: \.isWhitespace).compactMap { UInt8($0, radix: 16) }
        return bytes.isEmpty ? nil : bytes.carriesLocation
    }

    private func grantViewer(_ service: RunningService) throws {
        try service.addApps()
        try service.administer("app add viewer --executable \(service.root)/viewer")
        try service.administer("grant viewer media.read.images")
        try service.administer("grant viewer media.location")
        try service.administer("grant org.editor media.read.images")
    }

    @Test func aProgramIsTheAppThatItIsNamedFor() throws {
        try withService(configuration: Self.both, prepare: furnish) { service in
            try grantViewer(service)
            #expect(try seesLocation(service, "viewer", stranger) == true)
            #expect(try seesLocation(service, "other", stranger) == false)
            let shown = try service.administer("app show viewer --json")
            #expect(shown.contains("\"executables\":[\"\(service.root)/viewer\"]"))
        }
    }

    /// An app does not become another one by starting its program; it is nobody then.
    @Test func anotherAppThatStartsItGainsNothing() throws {
        try withService(configuration: Self.both, prepare: furnish) { service in
            try grantViewer(service)
            #expect(try seesLocation(service, "viewer", editor) == false)
        }
    }

    @Test func nothingOfItCountsUnlessConfigured() throws {
        try withService(prepare: furnish) { service in
            try grantViewer(service)
            #expect(try seesLocation(service, "viewer", stranger) == false)
        }
    }

    /// The file at the path counts, not what a process says it is.
    @Test func aProgramThatWasReplacedOrMountedOverIsAnother() throws {
        try withService(configuration: Self.both, prepare: furnish) { service in
            try grantViewer(service)
            let hidden =
                "mount --bind '\(service.root)/other' '\(service.root)/viewer' && exec setpriv --reuid \(stranger) "
                + "--regid \(stranger) --clear-groups '\(service.root)/viewer' '\(service.view)/photo.jpg'"
            let outcome = try Program.output(["unshare", "--mount", "sh", "-c", hidden + " | od -An -v -tx1"])
            let bytes = outcome.output.split(whereSeparator: \.isWhitespace).compactMap { UInt8($0, radix: 16) }
            #expect(!bytes.isEmpty && !bytes.carriesLocation)
        }
    }

    /// Every request is judged by what the process is then.
    @Test func aProcessThatExecutesAnotherProgramIsAnother() throws {
        try withService(configuration: Self.both, prepare: furnish) { service in
            try grantViewer(service)
            _ = try Program.run(["cp", "/bin/sh", service.root + "/shell"])
            try service.administer("app add shell --executable \(service.root)/shell")
            let script = "exec '\(service.root)/viewer' '\(service.view)/photo.jpg'"
            let outcome = try Program.output(
                ["sh", "-c", "'\(service.root)/shell' -c \"\(script)\" | od -An -v -tx1"], uid: stranger)
            let bytes = outcome.output.split(whereSeparator: \.isWhitespace).compactMap { UInt8($0, radix: 16) }
            #expect(bytes.carriesLocation)
        }
    }

    private static let cgroups = ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"].first {
        access($0 + "/cgroup.procs", W_OK) == 0
    }

    @Test(.enabled(if: cgroups != nil, "no cgroup2 that can be written to"))
    func aUnitIsTheAppThatItIsNamedFor() throws {
        try withService(configuration: Self.both, prepare: furnish) { service in
            try service.addApps()
            let unit = "mediaveil-test-\(getpid()).service"
            let group = try #require(Self.cgroups) + "/" + unit
            try #require(mkdir(group, 0o755) == 0)
            defer { rmdir(group) }
            try service.administer("app add photos --unit \(unit)")
            try service.administer("grant photos media.read.images")
            try service.administer("grant photos media.location")
            func sees(_ uid: UInt32, inUnit: Bool) throws -> Bool {
                let read = "setpriv --reuid \(uid) --regid \(uid) --clear-groups cat '\(service.view)/photo.jpg'"
                let join = inUnit ? "echo $$ > '\(group)/cgroup.procs'; " : ""
                let outcome = try Program.output(["sh", "-c", "\(join)\(read) | od -An -v -tx1"])
                let bytes = outcome.output.split(whereSeparator: \.isWhitespace).compactMap { UInt8($0, radix: 16) }
                #expect(!bytes.isEmpty)
                return bytes.carriesLocation
            }
            #expect(try sees(stranger, inUnit: true))
            #expect(try !sees(stranger, inUnit: false))
            try service.administer("grant org.editor media.read.images")
            #expect(try !sees(editor, inUnit: true))
        }
    }

    @Test func nonsenseIsRefusedWithAReason() throws {
        try withService(configuration: Self.both, prepare: furnish) { service in
            symlink(service.root + "/viewer", service.root + "/link")
            for (words, part) in [
                ("app add a --unit photos", "name a systemd service or scope"),
                ("app add a --executable viewer", "absolute path"),
                ("app add a --executable \(service.root)/link", "leads to \(service.root)/viewer"),
            ] {
                let outcome = try service.control(words.split(separator: " ").map(String.init))
                #expect(outcome.status != 0)
                #expect(outcome.errors.contains(part), "\(words): \(outcome.errors)")
            }
            try service.administer("app add a --unit a.service --executable \(service.root)/viewer")
            for words in ["app add b --unit a.service", "app add b --executable \(service.root)/viewer"] {
                let outcome = try service.control(words.split(separator: " ").map(String.init))
                #expect(outcome.status == 6, "\(words): \(outcome.errors)")
            }
            let exported = try service.administer("policy export")
            #expect(exported.contains("units = [\"a.service\"]"))
            try service.write(service.root + "/policy.toml", exported)
            try service.administer("policy import \(service.root)/policy.toml")
            #expect(try service.administer("policy export") == exported)
        }
    }
}
