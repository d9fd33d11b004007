import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import LinuxSystem

/// What a process is beside its uid.
@Suite(.timeLimit(.minutes(10)))
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
        ProcessIdentity.of(thread: pid, unit: false, executable: { _ in true })?.executable
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
        #expect(ProcessIdentity.of(thread: child, unit: true, executable: { _ in true }) == nil)
        #expect(ProcessIdentity.of(thread: 0, unit: true, executable: { _ in true }) == ProcessIdentity())
        #expect(ProcessIdentity.of(thread: -1, unit: true, executable: { _ in true }) == nil)
    }

    /// Starts a program under a pid that was another process's a moment ago: clone3(2) with set_tid.
    private static let successor = """
        import ctypes, os, sys
        libc = ctypes.CDLL(None, use_errno=True)
        tid = ctypes.c_int(int(sys.argv[1]))
        # struct clone_args: exit_signal is the fifth word, set_tid and set_tid_size the ninth and tenth.
        words = (ctypes.c_uint64 * 11)(0, 0, 0, 0, 17, 0, 0, 0, ctypes.addressof(tid), 1, 0)
        child = libc.syscall(435, words, ctypes.sizeof(words))
        if child == 0: os.execv(sys.argv[2], [sys.argv[2], "60"])
        sys.exit(os.waitpid(child, 0)[1] and 1 if child > 0 else 2)
        """

    @Test(.enabled(if: getuid() == 0, "a pid can be chosen by root only"))
    func whoGetsAPidDoesNotInheritWhatItWas() throws {
        try withTemporaryDirectory { root throws in
            let program = root + "/viewer"
            #expect(try Program.run(["cp", "/bin/sleep", program]) == 0)
            let child = try Program.start(["/bin/sleep", "60"])
            let held = try HeldTask(thread: child)
            #expect(try held.identity(unit: false, executable: { _ in true }).executable != nil)
            kill(child, SIGKILL)
            waitpid(child, nil, 0)
            let parent = try Program.start(["python3", "-c", Self.successor, "\(child)", program])
            defer {
                if executable(child) == program { kill(child, SIGKILL) }
                waitpid(parent, nil, 0)
            }
            // A new question is answered for the process that has the number now, an old one never.
            try #require(waitUntil(within: 20) { executable(child) == program })
            #expect(throws: Errno.noSuchProcess) { try held.identity(unit: true, executable: nil) }
            // The file of a process that is gone is no file at all.
            #expect((try? held.identity(unit: false, executable: { _ in true }))?.executable == nil)
        }
    }

    @Test func aProgramThatNobodyWantsIsNotTold() throws {
        #expect(ProcessIdentity.of(thread: getpid(), unit: false, executable: { _ in false })?.executable == nil)
        #expect(ProcessIdentity.of(thread: getpid(), unit: false)?.executable == nil)
    }
}
