import ArgumentParser
import Control

/// The command line of MediaVeil: composes the commands.
struct Mediaveilctl: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mediaveilctl",
        abstract: "See and change who may see what in a media library, and look at what was seen.",
        discussion: """
            Example: mediaveilctl grant gallery media.read.images --under DCIM --for 2h

            Exit status: 0 done; 1 the answer is no; 2 wrong usage; 3 the service cannot be reached; \
            4 not permitted; 5 not found; 6 conflict; 70 internal error.
            """,
        version: "mediaveilctl \(Product.version)",
        groupedSubcommands: [
            CommandGroup(
                name: "Service", subcommands: [StatusCommand.self, DoctorCommand.self, ReloadCommand.self]),
            CommandGroup(
                name: "Policy",
                subcommands: [
                    AppCommand.self, GrantCommand.self, RevokeCommand.self, GrantsCommand.self, CheckCommand.self,
                    ViewCommand.self, RunCommand.self, PolicyCommand.self,
                ]),
            CommandGroup(name: "Access log", subcommands: [AuditCommand.self]),
            CommandGroup(
                name: "Offline",
                subcommands: [InspectCommand.self, RedactCommand.self, ScanCommand.self]),
            CommandGroup(name: "Shell", subcommands: [CompletionCommand.self]),
        ])

    // Accepted before the command as well as behind it.
    @OptionGroup var globals: Globals

    /// Parses and runs; the exit status of the process.
    static func run(_ arguments: [String]) -> Int32 {
        do {
            var command = try parseAsRoot(Globals.movedBehindCommand(arguments))
            try command.run()
            return ExitStatus.done.rawValue
        } catch {
            return Failure.report(
                error, asJSON: arguments.prefix { $0 != "--" }.contains("--json"), arguments: arguments)
        }
    }
}
