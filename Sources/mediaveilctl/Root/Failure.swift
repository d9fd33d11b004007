import ArgumentParser
import Control
import Foundation
import SystemPackage

/// What the process's end says; scripts rely on these.
enum ExitStatus: Int32 {
    case done = 0
    /// The command did its work, and the answer is no.
    case no = 1
    case usage = 2
    case unreachable = 3
    case notPermitted = 4
    case notFound = 5
    case conflict = 6
    case `internal` = 70

    /// For JSON.
    var name: String {
        switch self {
        case .notPermitted: "not_permitted"
        case .notFound: "not_found"
        default: "\(self)"
        }
    }
}

/// Why a command did not do what was asked, in words.
struct Failure: Error, Sendable, Hashable {
    let status: ExitStatus
    let reason: String
    var remedy: String?

    /// A file that cannot be opened, read or written. `action`: "read", "write"; `file`: its name as it is shown.
    init(_ action: String, _ file: String, _ code: Errno) {
        reason = "cannot \(action) \(file): \(code)"
        switch code {
        case .noSuchFileOrDirectory, .notDirectory: (status, remedy) = (.notFound, "check the name")
        case .permissionDenied, .notPermitted: (status, remedy) = (.notPermitted, "try as root, or as the file's owner")
        case .fileExists: (status, remedy) = (.conflict, "choose another name, or move the existing file away")
        case .invalidArgument: (status, remedy) = (.usage, "name a regular file")
        case .fileNameTooLong: (status, remedy) = (.usage, "a name has at most 255 bytes, and a path 4095")
        case .tooManySymbolicLinkLevels: (status, remedy) = (.usage, "its symbolic links lead in a circle")
        case .isDirectory: (status, remedy) = (.usage, "name a file, or use mediaveilctl scan for a directory")
        default: (status, remedy) = (.internal, nil)
        }
    }

    init(_ status: ExitStatus, _ reason: String, remedy: String? = nil) {
        self.status = status
        self.reason = reason
        self.remedy = remedy
    }

    init(_ error: ControlError) {
        let status: ExitStatus =
            switch error {
            case .notFound: .notFound
            case .conflict: .conflict
            case .notPermitted: .notPermitted
            case .invalidParameter: .usage
            case .busy, .failed, .expectedMore, .other: .internal
            case .interfaceNotFound, .methodNotFound: .unreachable
            }
        self.init(status, Escaping.line(error.description), remedy: error.remedy.map(Escaping.line))
    }
}

extension Failure {
    /// Says on standard error what went wrong; the exit status.
    static func report(_ error: any Error, asJSON: Bool, arguments: [String] = []) -> Int32 {
        let shown = ShownArguments(arguments)
        switch error {
        case let error as Failure: return error.say(asJSON, shown)
        case let error as ControlError: return Failure(error).say(asJSON, shown)
        case let error as ControlClient.Unreachable:
            return Failure(.unreachable, Escaping.line(error.description), remedy: error.remedy).say(asJSON, shown)
        case let error as Answer: return error.status.rawValue
        case let error as CommandEnded: return error.status
        default: return parserMessage(error, asJSON, arguments)
        }
    }

    private func say(_ asJSON: Bool, _ shown: ShownArguments) -> Int32 {
        let reason = shown.shortened(reason)
        let remedy = remedy.map(shown.shortened)
        if asJSON {
            struct Form: Encodable {
                let error: String
                let reason: String
                let remedy: String?
                let status: Int32
            }
            let form = Form(error: status.name, reason: reason, remedy: remedy, status: status.rawValue)
            Output.complain(JSONText.line(form))
        } else {
            let style = Style(descriptor: 2)
            let remedy = remedy.map { "\n  \($0)" } ?? ""
            Output.complain("\(style.red("mediaveilctl:")) \(reason)\(remedy)")
        }
        return status.rawValue
    }

    /// Help and version go to standard output; what the parser did not understand to standard error, with status 2.
    private static func parserMessage(_ error: any Error, _ asJSON: Bool, _ arguments: [String]) -> Int32 {
        let code = Mediaveilctl.exitCode(for: error)
        let message = Mediaveilctl.fullMessage(for: error)
        if code == .success {
            if !message.isEmpty { Output.print(message) }
            return ExitStatus.done.rawValue
        }
        if code == .validationFailure {
            let hint = CommandHint.hint(arguments)
            if asJSON {
                let reason = Escaping.line(Mediaveilctl.message(for: error))
                return Failure(.usage, reason, remedy: hint ?? "see mediaveilctl --help")
                    .say(true, ShownArguments(arguments))
            }
            let whole = message.hasPrefix("Error: ") ? String(message.dropFirst(7)) : message
            let text = ShownArguments(arguments).inOneLine(whole)
            var lines = Escaping.paragraphs(text).split(separator: "\n", omittingEmptySubsequences: false).map(
                String.init)
            if let hint { lines.insert("  \(hint)", at: 1) }
            Output.complain("\(Style(descriptor: 2).red("mediaveilctl:")) \(lines.joined(separator: "\n"))")
            return ExitStatus.usage.rawValue
        }
        Output.complain("mediaveilctl: \(Escaping.line("\(error)"))")
        return ExitStatus.internal.rawValue
    }
}

/// A command that has said all it had to say, and whose answer is in its exit status.
struct Answer: Error {
    let status: ExitStatus
}

/// The end of a command that was run for the user.
struct CommandEnded: Error {
    let status: Int32
}
