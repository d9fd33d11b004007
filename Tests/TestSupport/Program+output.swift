import CLinux
import Glibc
import SystemPackage

extension Program {
    /// What a program left behind.
    public struct Outcome: Sendable {
        /// Exit status; 128 and the signal's number if a signal ended it.
        public let status: Int32
        public let output: String
        public let errors: String
    }

    /// Runs a program to its end and collects what it writes.
    ///
    /// - Parameters:
    ///   - uid: another user to be, with the gid of the same number and no further groups.
    ///   - seconds: after which it is killed.
    public static func output(_ arguments: [String], uid: UInt32? = nil, seconds: Int = 60) throws -> Outcome {
        let files = try (0..<2).map { _ -> Int32 in
            let raw = memfd_create("output", 0)
            guard raw >= 0 else { throw Errno(rawValue: errno) }
            return raw
        }
        defer { for file in files { close(file) } }
        let user = uid.map { ["setpriv", "--reuid", String($0), "--regid", String($0), "--clear-groups"] } ?? []
        let child = try start(user + arguments, output: files[0], errors: files[1])
        let status = try wait(for: child, seconds: seconds)
        return Outcome(status: status, output: text(files[0]), errors: text(files[1]))
    }

    /// Waits for a child; kills it after `seconds`.
    public static func wait(for child: pid_t, seconds: Int) throws -> Int32 {
        var status: Int32 = 0
        for _ in 0..<(seconds * 100) {
            let done = waitpid(child, &status, WNOHANG)
            if done == child { return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + (status & 0x7F) }
            if done < 0, errno != EINTR { throw Errno(rawValue: errno) }
            usleep(10_000)
        }
        kill(child, SIGKILL)
        waitpid(child, &status, 0)
        return 128 + SIGKILL
    }

    private static func text(_ file: Int32) -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        lseek(file, 0, SEEK_SET)
        while true {
            let count = read(file, &buffer, buffer.count)
            if count <= 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += buffer[..<count]
        }
    }
}
