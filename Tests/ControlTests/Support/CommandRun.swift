import CLinux
import Foundation
import Glibc
import LinuxSystem
import TestSupport
import Testing

/// What mediaveilctl, run as a process of its own, said and how it ended.
struct CommandRun: CustomStringConvertible {
    let status: Int32
    let output: String
    let errors: String

    var lines: [String] { output.split(separator: "\n").map(String.init) }
    var description: String { "status \(status)\n\(output)\n\(errors)" }

    /// The program that was built beside the tests.
    static let program = Machine.program("mediaveilctl")

    /// Arguments as bytes, for those that are not UTF-8.
    static func mediaveilctl(
        _ arguments: [[UInt8]], environment: [String: String] = [:], input: String = ""
    ) throws -> CommandRun {
        try run([Array(program.utf8)] + arguments, environment, input)
    }

    static func mediaveilctl(
        _ arguments: String..., environment: [String: String] = [:], input: String = ""
    ) throws -> CommandRun {
        try mediaveilctl(arguments.map { Array($0.utf8) }, environment: environment, input: input)
    }

    /// On a terminal of so many columns; what it shows is in `output`.
    static func onTerminal(
        columns: Int, _ arguments: String..., environment: [String: String] = [:]
    ) throws -> CommandRun {
        let words = ([program] + arguments).map { "'" + $0 + "'" }.joined(separator: " ")
        let command = "stty cols \(columns); exec \(words)"
        let script = ["/usr/bin/script", "-qec", command, "/dev/null"].map { Array($0.utf8) }
        let result = try run(script, ["TERM": "xterm"].merging(environment) { $1 }, "")
        return CommandRun(
            status: result.status, output: result.output.replacingOccurrences(of: "\r\n", with: "\n"),
            errors: result.errors)
    }

    static func run(_ arguments: [[UInt8]], _ environment: [String: String], _ input: String) throws -> CommandRun {
        let files = try (0..<3).map { number in
            let descriptor = mv_memory_file("stream-\(number)")
            guard descriptor >= 0 else { throw POSIXError(.EMFILE) }
            return OwnedDescriptor(descriptor)
        }
        let bytes = Array(input.utf8)
        _ = bytes.withUnsafeBytes { pwrite(files[0].raw, $0.baseAddress, $0.count, 0) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (number, file) in files.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, file.raw, Int32(number))
        }
        // Threads of Swift's pool block nearly all signals, and a child would inherit that.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        let path = ["PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
        let variables = path.merging(environment) { $1 }.map { Array("\($0)=\($1)".utf8) }
        var child: pid_t = 0
        let code = withStrings(arguments) { words in
            withStrings(variables) { variables -> Int32 in
                guard let program = words[0] else { return EINVAL }
                return posix_spawn(&child, program, &actions, &attributes, words, variables)
            }
        }
        guard code == 0 else { throw POSIXError(POSIXErrorCode(rawValue: code) ?? .EIO) }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0 && errno == EINTR {}
        return CommandRun(
            status: mv_exit_status(status), output: contents(files[1].raw), errors: contents(files[2].raw))
    }

    private static func withStrings<T>(
        _ strings: [[UInt8]], _ body: ([UnsafeMutablePointer<CChar>?]) -> T
    ) -> T {
        let pointers = strings.map { string -> UnsafeMutablePointer<CChar>? in
            let copy = UnsafeMutablePointer<CChar>.allocate(capacity: string.count + 1)
            for (index, byte) in string.enumerated() { copy[index] = CChar(bitPattern: byte) }
            copy[string.count] = 0
            return copy
        }
        defer { for pointer in pointers { pointer?.deallocate() } }
        return body(pointers + [nil])
    }

    private static func contents(_ descriptor: Int32) -> String {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = pread(descriptor, &chunk, chunk.count, off_t(bytes.count))
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += chunk[..<count]
        }
    }
}
