import ArgumentParser
import Control
import Foundation
import SystemPackage

struct PolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "Write and read apps, grants and views as TOML.",
        discussion: "Example: mediaveilctl policy export > policy.toml",
        subcommands: [Export.self, Import.self])

    struct Export: ServiceCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print apps, grants and views as TOML, for backup and review.",
            discussion: "Example: mediaveilctl policy export > policy.toml")

        @OptionGroup var globals: Globals

        func run(_ client: ControlClient, _ output: Output) throws {
            let reply = try client.call(ExportPolicyRequest())
            if output.asJSON { return output.json(reply) }
            if !output.isQuiet { Output.write(Array(reply.toml.utf8), to: 1) }
        }
    }

    struct Import: ServiceCommand {
        static let configuration = CommandConfiguration(
            abstract: "Replace apps, grants and views by those of a TOML file, all or nothing, and show what changes.",
            discussion: """
                Example: mediaveilctl policy import policy.toml --dry-run
                Example: mediaveilctl policy export | ssh other mediaveilctl policy import -
                """)

        @Argument(
            help: "The file; - for standard input.", completion: .file(extensions: ["toml"]),
            transform: LocalPath.parse)
        var file: LocalPath
        @Flag(help: "Change nothing, and show what would change.")
        var dryRun = false
        @OptionGroup var globals: Globals

        func run(_ client: ControlClient, _ output: Output) throws {
            let text = try Self.text(of: file)
            let reply = try client.call(ImportPolicyRequest(toml: text, dryRun: dryRun), waitsForEver: true)
            if output.asJSON { return output.json(reply) }
            for change in reply.changes { output.line(Escaping.line(change)) }
            if reply.changes.isEmpty { output.line("nothing changes: this is the policy already") }
            if !reply.applied { output.line("(nothing was changed)") }
        }

        static func text(of file: LocalPath) throws -> String {
            // Quotes and line ends take twice the place on their way.
            let limit = ControlInterface.longestRequest / 4 * 3
            let bytes =
                file.bytes == [UInt8(ascii: "-")]
                ? try LocalFile(descriptor: 0, name: "standard input").contents(limit: limit)
                : try LocalFile.open(file).contents(limit: limit)
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw Failure(.usage, "\(file.shown) is not UTF-8 text", remedy: "name a file that policy export wrote")
            }
            return text
        }
    }
}
