import CLinux
import Glibc
import LinuxSystem

/// The last steps before a command: give up what could lead around the view, and exec.
struct Launch {
    let identity: Identity?
    let words: [[UInt8]]

    /// Capabilities by which root could look behind the view: handles of any file, raw devices, device nodes, other
    /// processes' roots, mounts, kernel modules.
    private static let tooMuch: [(name: String, number: UInt64)] = [
        ("CAP_DAC_READ_SEARCH", 2), ("CAP_SYS_MODULE", 16), ("CAP_SYS_RAWIO", 17), ("CAP_SYS_CHROOT", 18),
        ("CAP_SYS_PTRACE", 19), ("CAP_SYS_ADMIN", 21), ("CAP_MKNOD", 27), ("CAP_MAC_OVERRIDE", 32), ("CAP_BPF", 39),
        ("CAP_CHECKPOINT_RESTORE", 40),
    ]

    /// Never returns but to say why it failed.
    func perform() throws(Failure) -> Never {
        // Descriptors that this program has could lead to the real library.
        _ = close_range(3, .max, closeOnExecFlag)
        try dropBounds()
        if let identity {
            try identity.assume()
            try clearCapabilities(keeping: 0)
        } else {
            try clearCapabilities(keeping: ~Self.tooMuch.reduce(0) { $0 | 1 << $1.number })
        }
        try step("give up new privileges") { mv_prctl(PR_SET_NO_NEW_PRIVS, 1) }
        var none = sigset_t()
        sigemptyset(&none)
        sigprocmask(SIG_SETMASK, &none, nil)
        throw execute()
    }

    /// What is not in the bounding set cannot come back by running a program.
    private func dropBounds() throws(Failure) {
        let all = identity != nil
        for number in UInt64(0)...63 where all || Self.tooMuch.contains(where: { $0.number == number }) {
            // The first number that the kernel does not know ends the list.
            guard mv_prctl(PR_CAPBSET_READ, UInt(number)) >= 0 else { break }
            try step("give up capabilities") { mv_prctl(PR_CAPBSET_DROP, UInt(number)) }
        }
    }

    private func clearCapabilities(keeping mask: UInt64) throws(Failure) {
        var capabilities = mv_capabilities()
        try step("read its capabilities") { mv_thread_capabilities(&capabilities) }
        capabilities.effective &= mask
        capabilities.permitted &= mask
        capabilities.inheritable &= mask
        try step("give up capabilities") { mv_thread_set_capabilities(&capabilities) }
    }

    private func execute() -> Failure {
        let arguments = words.map { word in duplicate(word) } + [nil]
        if let program = arguments.first ?? nil { execvp(program, arguments) }
        let code = mv_errno()
        for argument in arguments { free(argument) }
        let name = Escaping.path(words.first ?? [])
        let reason = code == ENOENT ? "there is no such program" : strerror(code).map { String(cString: $0) } ?? ""
        Output.complain("mediaveilctl: cannot run \(name): \(reason)")
        _exit(code == ENOENT ? 127 : 126)
    }

    private func duplicate(_ bytes: [UInt8]) -> UnsafeMutablePointer<CChar>? {
        LocalPath(bytes: bytes).withCString { strdup($0) }
    }
}

/// CLOSE_RANGE_CLOEXEC of linux/close_range.h.
private let closeOnExecFlag: Int32 = 4
