import Foundation
import Glibc
import LinuxSystem
import Synchronization
import TestSupport
import Testing

private let editor = RunningService.editor
private let stranger = RunningService.stranger

/// Apps that the shared view tells by more than their uid: real programs, real processes.
@Suite(.enabled(if: Machine.canMount, "\(Machine.need)"), .timeLimit(.minutes(10)))
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

    /// An app does not become another one by starting its program, nor an unknown caller, who may see more than it.
    @Test func anotherAppThatStartsItGainsNothing() throws {
        try withService(configuration: Self.both, prepare: furnish) { service in
            try grantViewer(service)
            #expect(try seesLocation(service, "other", editor) == false)
            #expect(try seesLocation(service, "viewer", editor) == nil)
            try service.administer("revoke org.editor media.read.images")
            #expect(try seesLocation(service, "viewer", editor) == nil)
            #expect(try seesLocation(service, "viewer", stranger) == true)
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

    /// Arguments: a photo, the needle in hex, another program. Opens the photo, becomes the other program, and prints
    /// whether the needle is in what it reads through the descriptor, through that opened again, and by the name.
    private static let becoming = """
        $^F = 100; open(F, "<", $ARGV[0]) or die; $ENV{N} = fileno(F);
        exec($ARGV[2], "-e", q{
            sub leaks { my ($mode, $file) = @_; open(G, $mode, $file) or return "refused"; local $/; my $all = <G>;
                return length($all) < 100 ? "empty" : index($all, pack("H*", $ARGV[1])) >= 0 ? "leaks" : "clean" }
            print join(" ", leaks("<&=", $ENV{N}), leaks("<", "/proc/self/fd/$ENV{N}"), leaks("<", $ARGV[0]));
        }, $ARGV[0], $ARGV[1]) or die;
        """

    /// What was opened stays as it was opened; whatever is asked anew is judged anew.
    @Test func aProcessThatOpensAndThenExecutesAnotherProgram() throws {
        try withService(configuration: Self.both, prepare: furnish) { service in
            try grantViewer(service)
            for name in ["viewer", "other"] {
                try #require(try Program.run(["cp", "/usr/bin/perl", service.root + "/" + name]) == 0)
            }
            func read(_ first: String, then second: String) throws -> [Substring] {
                let outcome = try Program.output(
                    [
                        service.root + "/" + first, "-e", Self.becoming, service.view + "/photo.jpg",
                        AttackedLibrary.needle, service.root + "/" + second,
                    ], uid: stranger)
                try #require(outcome.status == 0, "\(outcome)")
                return outcome.output.split(separator: " ")
            }
            let fallen = try read("viewer", then: "other")
            #expect(fallen.first == "leaks" && !fallen.dropFirst().contains("leaks"), "\(fallen)")
            #expect(fallen.last == "clean")
            let risen = try read("other", then: "viewer")
            #expect(risen.first == "clean" && risen.last == "leaks", "\(risen)")
        }
    }

    /// The caller serves the file that he executes himself, under the path of an app's program, and does not answer.
    @Test func aProgramWhoseFilesystemDoesNotAnswerHoldsNobodyUp() throws {
        try withTemporaryDirectory { root throws in
            let (files, mount, program) = (root + "/files", root + "/mount", root + "/viewer")
            for directory in [files, mount] { mkdir(directory, 0o755) }
            for copy in [files + "/sleep", program] { #expect(try Program.run(["cp", "/bin/sleep", copy]) == 0) }
            let server = try Program.start([Machine.program("mediaveild"), "passthrough", files, mount])
            defer {
                kill(server, SIGCONT)
                kill(server, SIGTERM)
                _ = try? Program.wait(for: server, seconds: 20)
                umount2(mount, Int32(MNT_DETACH))
            }
            try #require(waitUntil { access(mount + "/sleep", X_OK) == 0 })
            let over = "mount --bind '\(mount)/sleep' '\(program)' && exec '\(program)' 60"
            let child = try Program.start(["unshare", "--mount", "sh", "-c", over])
            defer {
                kill(child, SIGKILL)
                kill(server, SIGCONT)
                waitpid(child, nil, 0)
            }
            let inquiry = Inquiry(child, program)
            try #require(waitUntil { inquiry.ask().path == program })
            // Longer than the kernel keeps attributes: then it has to ask.
            usleep(1_500_000)
            kill(server, SIGSTOP)
            Thread.detachNewThread { inquiry.answer() }
            try #require(waitUntil(within: 10) { inquiry.answers.load(ordering: .acquiring) > 0 })
            #expect(inquiry.ask() == Inquiry.Answer(path: program, identity: ProcessIdentity()))
        }
    }

    /// Asks what a process is, also from another thread.
    private final class Inquiry: Sendable {
        struct Answer: Equatable {
            /// What the process says that it executes.
            var path = ""
            var identity: ProcessIdentity?
        }

        let answers = Atomic(0)
        private let child: pid_t
        private let program: String

        init(_ child: pid_t, _ program: String) {
            self.child = child
            self.program = program
        }

        func ask() -> Answer {
            var answer = Answer()
            answer.identity = ProcessIdentity.of(thread: child, unit: false) { path in
                answer.path = path
                return path == self.program
            }
            return answer
        }

        func answer() {
            _ = ask()
            answers.add(1, ordering: .releasing)
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
            func sees(_ uid: UInt32, inUnit: Bool) throws -> Bool? {
                let read = "setpriv --reuid \(uid) --regid \(uid) --clear-groups cat '\(service.view)/photo.jpg'"
                let join = inUnit ? "echo $$ > '\(group)/cgroup.procs'; " : ""
                let outcome = try Program.output(["sh", "-c", "\(join)\(read) | od -An -v -tx1"])
                let bytes = outcome.output.split(whereSeparator: \.isWhitespace).compactMap { UInt8($0, radix: 16) }
                return bytes.isEmpty ? nil : bytes.carriesLocation
            }
            #expect(try sees(stranger, inUnit: true) == true)
            #expect(try sees(stranger, inUnit: false) == false)
            try service.administer("grant org.editor media.read.images")
            #expect(try sees(editor, inUnit: false) == false)
            #expect(try sees(editor, inUnit: true) == nil)
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
