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

    private static func fail(_ message: String, code: Int32) -> ExitCode {
        let line = Array("mediaveild: \(message)\n".utf8)
        _ = write(STDERR_FILENO, line, line.count)
        return ExitCode(code)
    }
}
