import Foundation
import TestSupport
import Testing

/// Command lines that cannot work, and what is said to them.
struct Nonsense: Sendable, CustomTestStringConvertible {
    /// As typed into bash, behind the program's name; `$long`, `$lines` and `$raw` are 5000 letters, a text with an escape
    /// character and a line end, and one that is not UTF-8.
    let command: String
    let status: Int32
    /// What the error text has: the argument, the reason, the way out.
    let says: [String]

    init(_ command: String, _ status: Int32, _ says: String...) {
        self.command = command
        self.status = status
        self.says = says
    }

    var testDescription: String { command }

    private static let words =
        #"long=$(printf 'x%.0s' {1..5000}); lines=$'a\e[31m\nb'; raw=$'a\xff\xfeb'; "#

    static func run(_ program: String, _ command: String, in directory: String) throws -> Program.Outcome {
        try Program.output(["bash", "-c", "cd '\(directory)' && \(words) exec \(program) \(command) </dev/null"])
    }

    /// Runs it, and expects that it is refused as all of them have to be.
    func expectRefusal(_ program: String, in directory: String) throws {
        let outcome = try Nonsense.run(program, command, in: directory)
        let all = "\(command): \(outcome)"
        #expect(outcome.status == status, "\(all)")
        #expect(outcome.output.isEmpty, "\(all)")
        for part in says { #expect(outcome.errors.contains(part), "“\(part)” in \(all)") }
        // Nothing acts on the terminal, fills it, or is for programmers only.
        #expect(!outcome.errors.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" }, "\(all)")
        #expect(outcome.errors.utf8.count < 2_000, "\(all)")
        for trace in ["Error:", "Fatal", "Swift.", "DecodingError", "Errno(", "NSCocoa", "errno"] {
            #expect(!outcome.errors.contains(trace), "\(all)")
        }
        let name = program.prefix { $0 != " " }.split(separator: "/").last ?? ""
        #expect(outcome.errors.hasPrefix("\(name): "), "\(all)")
    }

    /// Sends all to one service, and expects that it is the same afterwards.
    static func expectRefusals(
        of table: [Nonsense], prepare: (RunningService) throws -> Void = { _ in }
    ) throws {
        try withService { service in
            try service.addApps()
            for path in ["DCIM", "work/deep"] {
                try FileManager.default.createDirectory(
                    atPath: service.library + "/" + path, withIntermediateDirectories: true)
            }
            try Data("x".utf8).write(to: URL(fileURLWithPath: service.library + "/DCIM/a.txt"))
            try prepare(service)
            func state() throws -> String {
                try service.administer("policy export") + service.administer("view list")
                    + Program.output([
                        "sh", "-c", "cd '\(service.root)' && find . -path ./state -prune -o -print | sort",
                    ]).output
            }
            let before = try state()
            let program = "\(Machine.program("mediaveilctl")) --socket '\(service.socket)'"
            for nonsense in table {
                let command = nonsense.command.replacingOccurrences(of: "ROOT", with: service.root)
                let says = nonsense.says.map { $0.replacingOccurrences(of: "ROOT", with: service.root) }
                try Nonsense(command, nonsense.status, says).expectRefusal(program, in: service.library + "/work")
            }
            #expect(try state() == before)
        }
    }

    private init(_ command: String, _ status: Int32, _ says: [String]) {
        self.command = command
        self.status = status
        self.says = says
    }
}
