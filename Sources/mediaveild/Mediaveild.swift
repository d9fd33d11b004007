import ArgumentParser
import Configuration
import Service

/// The service's program: it composes, and does no work of its own.
@main
struct Mediaveild: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mediaveild",
        abstract: "Serve a media library so that each app sees only what it may.",
        discussion: """
            Runs in the foreground. SIGTERM and SIGINT unmount and stop it; SIGHUP reads the configuration again.

            Example: mediaveild --config /etc/mediaveil/mediaveil.toml
            """,
        version: MediaVeil.version, subcommands: [Serve.self, Passthrough.self], defaultSubcommand: Serve.self)

    static func main() {
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch {
            Program.end(error)
        }
    }
}

struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve the library that a configuration names (the default).")

    @Option(name: .long, help: ArgumentHelp("The configuration file.", valueName: "file"))
    var config: String?

    @Option(
        name: .long, help: ArgumentHelp("Check a configuration file, say what is wrong, and exit.", valueName: "file"))
    var checkConfig: String?

    func run() throws {
        guard (config == nil) != (checkConfig == nil) else {
            throw ValidationError("give either --config FILE or --check-config FILE")
        }
        if let checkConfig {
            _ = try Program.load(checkConfig)
            print("\(checkConfig): the configuration is valid")
            return
        }
        guard let config else { return }
        let signals = Program.prepare()
        let settings = try Program.load(config)
        try Program.running {
            let service = try Service(
                configurationPath: config, configuration: settings, log: ServiceLog(settings.logLevel))
            service.run(signals: signals)
        }
    }
}

struct Passthrough: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Mount a directory with no filter at all: the pure stack.",
        discussion: "Example: mediaveild passthrough /srv/media /mnt/media")

    @Argument(help: "The backing directory.") var library: String
    @Argument(help: "Where it is mounted.") var mountpoint: String
    @Flag(name: .long, help: "Read and write through the service, not the kernel.") var noPassthrough = false

    func run() throws {
        let signals = Program.prepare()
        try Program.running {
            try PureStack.run(
                library: library, mountpoint: mountpoint, passthrough: !noPassthrough, signals: signals,
                logger: ServiceLog(.info).logger())
        }
    }
}
