import ArgumentParser
import Configuration
import Glibc
import Service

/// Beginning and end of the program: signals, log, errors as one line and an exit code.
enum Program {
    /// EX_CONFIG of sysexits.h.
    static let wrongConfiguration: Int32 = 78

    /// Must run before the first thread starts.
    static func prepare() -> StopSignals { StopSignals() }

    static func load(_ path: String) throws -> Configuration {
        do { return try Configuration.load(path) } catch { throw fail("\(error)", code: wrongConfiguration) }
    }

    static func running(_ body: () throws -> Void) throws {
        do { try body() } catch { throw fail("\(error)", code: 1) }
    }

    /// Ends the process: with help or the version, with a code that has been explained already, or with what is wrong with
    /// the arguments, as one program says it and in one line of its own.
    static func end(_ error: any Error) -> Never {
        let code = Mediaveild.exitCode(for: error)
        guard code == .validationFailure else { Mediaveild.exit(withError: error) }
        let text = Mediaveild.fullMessage(for: error)
        let message = text.hasPrefix("Error: ") ? String(text.dropFirst(7)) : text
        // Nothing in an argument can act on the terminal.
        let harmless = message.unicodeScalars.map {
            $0 == "\n" || $0.value >= 0x20 && $0.value != 0x7F ? String($0) : "?"
        }
        _ = fail(harmless.joined(), code: code.rawValue)
        exit(code.rawValue)
    }

    private static func fail(_ message: String, code: Int32) -> ExitCode {
        // A name of thousands of letters would bury what is said about it.
        let words = message.split(separator: " ", omittingEmptySubsequences: false)
            .map { $0.utf8.count > 400 ? "\($0.prefix(60))… (\($0.utf8.count) bytes)" : String($0) }
        let line = Array("mediaveild: \(words.joined(separator: " "))\n".utf8)
        _ = write(STDERR_FILENO, line, line.count)
        return ExitCode(code)
    }
}
