import ArgumentParser
import Control
import Foundation

/// The options that every command understands.
struct Globals: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The service's control socket; otherwise MEDIAVEIL_SOCKET, otherwise \(Product.defaultSocket).",
            valueName: "path"),
        completion: .file())
    var socket: String?

    @Flag(help: "Print one JSON object a line.")
    var json = false

    @Flag(help: "Print nothing but errors.")
    var quiet = false

    var socketPath: String {
        if let socket { return socket }
        let environment = ProcessInfo.processInfo.environment["MEDIAVEIL_SOCKET"] ?? ""
        return environment.isEmpty ? Product.defaultSocket : environment
    }

    func connect(patience: Int32 = 60) throws -> ControlClient {
        try ControlClient(path: socketPath, patience: patience)
    }

    func output() -> Output { Output(asJSON: json, isQuiet: quiet) }

    /// The parser knows options behind a command only: moves those that stand before it to just behind it.
    static func movedBehindCommand(_ arguments: [String]) -> [String] {
        var options: [String] = []
        var rest = arguments[...]
        while let first = rest.first {
            if first == "--json" || first == "--quiet" || first.hasPrefix("--socket=") {
                options.append(String(rest.removeFirst()))
            } else if first == "--socket", rest.count >= 2 {
                options += rest.prefix(2)
                rest = rest.dropFirst(2)
            } else {
                break
            }
        }
        guard !options.isEmpty else { return arguments }
        // A command has at most two words, and groups have none of the options.
        let groups = Set(["app", "view", "policy", "audit"])
        let words = rest.first.map(groups.contains) == true ? 2 : 1
        let command = rest.prefix(words).prefix { !$0.hasPrefix("-") }
        guard command.count == words else { return Array(rest) + options }
        return command + options + rest.dropFirst(words)
    }
}
