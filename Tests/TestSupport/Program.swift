import CLinux
import Glibc
import SystemPackage

/// Another process.
public enum Program {
    /// Runs a program found in PATH to its end, without input, its output thrown away.
    ///
    /// - Returns: its exit status; 128 and the signal's number if a signal ended it.
    public static func run(_ arguments: [String]) throws -> Int32 {
        var status: Int32 = 0
        let child = try start(arguments)
        while waitpid(child, &status, 0) < 0 {
            guard errno == EINTR else { throw Errno(rawValue: errno) }
        }
        return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + (status & 0x7F)
    }

    /// All of a child's environment: the same whatever shell runs the tests.
    private static let searchPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// Starts a program found in PATH; the caller waits for it with waitpid(2).
    ///
    /// - Parameters:
    ///   - output: where its standard output goes; nowhere if nil. `errors` likewise.
    public static func start(_ arguments: [String], output: Int32? = nil, errors: Int32? = nil) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        for (number, descriptor) in [(1 as Int32, output), (2, errors)] {
            if let descriptor {
                posix_spawn_file_actions_adddup2(&actions, descriptor, number)
            } else {
                posix_spawn_file_actions_addopen(&actions, number, "/dev/null", O_WRONLY, 0)
            }
        }
        // Threads of Swift's pool block nearly all signals, SIGCHLD too, and a child would inherit that.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var raw: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
        raw.append(nil)
        defer { for argument in raw { free(argument) } }
        var environment: [UnsafeMutablePointer<CChar>?] = [strdup(searchPath), nil]
        defer { free(environment[0]) }
        var child: pid_t = 0
        let code = posix_spawnp(&child, arguments[0], &actions, &attributes, raw, &environment)
        guard code == 0 else { throw Errno(rawValue: code) }
        return child
    }
}
