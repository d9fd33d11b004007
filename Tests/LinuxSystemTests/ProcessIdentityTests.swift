import Glibc
import TestSupport
import Testing

@testable import LinuxSystem

/// What a process is beside its uid.
@Suite(.timeLimit(.minutes(1)))
struct ProcessIdentityTests {
    @Test(arguments: [
        ("0::/system.slice/photos.service\n", "photos.service"),
        ("0::/system.slice/system-getty.slice/getty@tty1.service\n", "getty@tty1.service"),
        ("0::/system.slice/photos.service/evil.service\n", "photos.service"),
        ("0::/user.slice/user-1000.slice/user@1000.service/app.slice/photos.service\n", "user@1000.service"),
        ("0::/user.slice/user-1000.slice/session-3.scope\n", "session-3.scope"),
        ("9:name=systemd:/system.slice/photos.service\n0::/\n", "photos.service"),
        ("1:cpu:/system.slice/other.service\n0::/system.slice/photos.service\n", "photos.service"),
    ])
    func theUnitIsThatOfTheSystemsManager(_ text: String, _ unit: String) {
        #expect(ProcessIdentity.unitName(text) == unit)
    }

    @Test(arguments: [
        "", "0::/\n", "0::/system.slice\n", "0::/docker/abc\n", "0::/../../photos.service\n", "nonsense",
        "0::/init.scope/../photos.service\n", "5:memory:/photos.service\n0::/\n",
    ])
    func whereThereIsNoneThereIsNone(_ text: String) {
        #expect(ProcessIdentity.unitName(text) == nil)
    }

    private func executable(_ pid: pid_t) -> String? {
        ProcessIdentity.of(thread: pid, unit: false, executable: true).executable
    }

    @Test func theProgramIsTheFileAtItsPath() throws {
        try withTemporaryDirectory { root throws in
            let program = root + "/viewer"
            #expect(try Program.run(["cp", "/bin/sleep", program]) == 0)
            let child = try Program.start([program, "60"])
            defer {
                kill(child, SIGKILL)
                waitpid(child, nil, 0)
            }
            #expect(waitUntil(within: 10) { executable(child) == program })
            // Another file has taken the name: what runs is not the program that is there.
            #expect(try Program.run(["cp", "/bin/sleep", program + ".new"]) == 0)
            #expect(rename(program + ".new", program) == 0)
            #expect(executable(child) == nil)
            unlink(program)
            #expect(executable(child) == nil)
        }
    }

    @Test func ofAProcessThatIsGoneNothingIsTold() throws {
        let child = try Program.start(["/bin/true"])
        waitpid(child, nil, 0)
        #expect(ProcessIdentity.of(thread: child, unit: true, executable: true) == ProcessIdentity())
        #expect(ProcessIdentity.of(thread: 0, unit: true, executable: true) == ProcessIdentity())
        #expect(ProcessIdentity.of(thread: -1, unit: true, executable: true) == ProcessIdentity())
    }
}
