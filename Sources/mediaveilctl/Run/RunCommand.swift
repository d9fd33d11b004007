import ArgumentParser
import CLinux
import Control

struct RunCommand: ServiceCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run a command that sees the library's place as an app sees it.",
        discussion: """
            The command gets its own mounts, where the app's view lies over the library and over every other place \
            that the library can be reached by, and its own processes. It cannot gain privileges. The exit status is \
            the command's; 126 and 127 if it cannot be started.

            Example: sudo mediaveilctl run --app gallery --user anna -- gthumb /srv/media
            """)

    @Option(help: ArgumentHelp("The app whose view the command sees.", valueName: "name"), completion: KnownNames.apps)
    var app: String
    @Option(help: ArgumentHelp("The user that the command runs as; otherwise root.", valueName: "user"))
    var user: String?
    @Argument(
        parsing: .postTerminator, help: "The command and its arguments, behind --.")
    var command: [String] = []
    @OptionGroup var globals: Globals

    func validate() throws {
        if command.isEmpty {
            throw ValidationError("There is no command; write it behind --, as in: run --app gallery -- ls /srv/media")
        }
    }

    func run(_ client: ControlClient, _ output: Output) throws {
        // Who may not mount would only learn so from an errno.
        guard geteuid() == 0 else {
            throw Failure(.notPermitted, "only root can give a command its own mounts", remedy: "use sudo")
        }
        let identity = try user.map(Identity.named)
        let preparation = try client.call(PrepareRunRequest(app: app))
        let words = command.map(RawArgument.bytes)
        let status = try Confinement(preparation).run(as: identity, words)
        throw CommandEnded(status: status)
    }
}
