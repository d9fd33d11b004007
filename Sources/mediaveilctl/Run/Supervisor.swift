import CLinux
import Glibc

/// Runs a command among processes of its own.
///
/// /proc/PID/root of a process outside leads to the real library for every process of the same user; among processes
/// of its own the command sees none of them. The first process of such a group gets no default signals, so it is not
/// the command but this program, which waits for all that the command leaves behind.
enum Supervisor {
    /// The caller has made the namespace (CLONE_NEWPID) that the next child begins.
    ///
    /// - Parameter prepare: called in the last child, before the command.
    /// - Returns: the command's exit status, 128 and the signal's number if one ended it.
    static func run(_ prepare: () throws(Failure) -> Launch) throws(Failure) -> Int32 {
        let signals = blockedSignals()
        return try child(signals, isFirst: true) { () throws(Failure) -> Int32 in
            // Without us nobody would wait for the command.
            try step("watch its parent") { mv_prctl(PR_SET_PDEATHSIG, UInt(SIGKILL)) }
            let flags = UInt(MS_NOSUID | MS_NODEV | MS_NOEXEC)
            try step("show its processes in /proc") { mount("proc", "/proc", "proc", flags, nil) }
            return try child(signals, isFirst: false) { () throws(Failure) -> Int32 in
                try prepare().perform()
            }
        }
    }

    /// Runs `body` in a child, passes signals on to it, and waits for it (and as the first process for all orphans).
    private static func child(
        _ signals: sigset_t, isFirst: Bool, _ body: () throws(Failure) -> Int32
    ) throws(Failure) -> Int32 {
        let pid = mv_fork()
        guard pid >= 0 else {
            throw Failure(.internal, "cannot start a process: \(String(cString: strerror(mv_errno())))")
        }
        if pid == 0 {
            do throws(Failure) {
                _exit(try body())
            } catch {
                _exit(Failure.report(error, asJSON: false))
            }
        }
        var wanted = signals
        while true {
            var status: Int32 = 0
            let ended = waitpid(-1, &status, WNOHANG)
            if ended == pid { return mv_exit_status(status) }
            if ended > 0 { continue }
            var information = siginfo_t()
            let number = sigwaitinfo(&wanted, &information)
            // What the terminal sends it sends to the command as well.
            let isFromTerminal = information.si_code == kernelSent
            if number > 0, number != SIGCHLD, !isFromTerminal { kill(pid, number) }
        }
    }

    private static func blockedSignals() -> sigset_t {
        var signals = sigset_t()
        sigemptyset(&signals)
        // Who ignores it gets no children to wait for.
        signal(SIGCHLD, SIG_DFL)
        for number in [SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH] {
            sigaddset(&signals, number)
        }
        sigprocmask(SIG_BLOCK, &signals, nil)
        return signals
    }
}

/// SI_KERNEL of asm-generic/siginfo.h.
private let kernelSent: Int32 = 0x80
