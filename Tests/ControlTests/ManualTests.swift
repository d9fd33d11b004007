import Control
import Foundation
import TestSupport
import Testing

/// The manual pages say what the programs do.
@Suite(.timeLimit(.minutes(10)))
struct ManualTests {
    private static let root = Machine.packageRoot

    private func text(_ path: String) throws -> String {
        try String(contentsOfFile: "\(Self.root)/\(path)", encoding: .utf8)
    }

    @Test func pagesAreMadeFromTheirSources() throws {
        let result = try CommandRun.run(
            ["/bin/sh", "\(Self.root)/scripts/man", "--check"].map { Array($0.utf8) }, [:], "")
        #expect(result.status == 0, "\(result)")
    }

    @Test(
        .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/man"), "needs man"),
        arguments: ["mediaveild.8", "mediaveilctl.1", "mediaveil.toml.5"])
    func pagesAreWellFormed(page: String) throws {
        let result = try CommandRun.run(
            ["/usr/bin/man", "--warnings", "-l", "\(Self.root)/man/\(page)"].map { Array($0.utf8) },
            ["LC_ALL": "C.UTF-8", "MANPAGER": "cat"], "")
        #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
        #expect(result.output.contains("NAME"))
    }

    private struct Dump: Decodable {
        var command: Command
        struct Command: Decodable {
            var commandName: String
            var subcommands: [Command]?
            var arguments: [Argument]?
        }
        struct Argument: Decodable {
            var kind: String
            var shouldDisplay: Bool
            var preferredName: Name?
        }
        struct Name: Decodable { var name: String }
    }

    @Test func everyCommandAndOptionIsInItsPage() throws {
        let page = try text("docs/man/mediaveilctl.1.md")
        let result = try CommandRun.mediaveilctl("--experimental-dump-help")
        let dump = try JSONDecoder().decode(Dump.self, from: Data(result.output.utf8))
        func check(_ command: Dump.Command, _ path: [String]) {
            for argument in command.arguments ?? [] where argument.kind != "positional" && argument.shouldDisplay {
                guard let name = argument.preferredName?.name else { continue }
                #expect(page.contains("--\(name)"), "--\(name) of \(path)")
            }
            for subcommand in command.subcommands ?? [] where subcommand.commandName != "help" {
                check(subcommand, path + [subcommand.commandName])
            }
            if command.subcommands?.isEmpty ?? true {
                #expect(page.contains("**\(path.joined(separator: " "))"), "\(path)")
            }
        }
        check(dump.command, [])
    }

    @Test func everyKeyOfTheConfigurationIsInItsPageWithItsDefault() throws {
        let page = try text("docs/man/mediaveil.toml.5.md")
        var keys = 0
        for line in try text("config/mediaveil.toml").split(separator: "\n") {
            if line.hasPrefix("[") { #expect(page.contains("## \(line)"), "\(line)") }
            let bare = line.drop { $0 == "#" }
            guard let name = bare.split(separator: " ").first, bare.contains(" = "), !line.hasPrefix("# ") else {
                continue
            }
            keys += 1
            let isDefault = line.hasPrefix("#")
            let value = bare.dropFirst(name.count)
            #expect(page.contains("**\(name)**\(isDefault ? value : "")"), "\(line)")
        }
        #expect(keys > 10)
    }
}
