import ArgumentParser
import Control

struct AppCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "app", abstract: "Register, list, show and remove apps.",
        discussion: "Example: mediaveilctl app add gallery --uid 1001",
        subcommands: [Add.self, List.self, Show.self, Remove.self])

    struct Add: ServiceCommand {
        static let configuration = CommandConfiguration(
            abstract: "Register an app, and what tells its processes.",
            discussion: """
                An app without grants sees directories, its own folders and what it owns, and nothing else. Units and \
                executables count in the shared view, where the configuration's callers.identify says so.

                Example: mediaveilctl app add gallery --uid 1001 --uid 1002
                """)

        @Argument(help: "The app's name, as in its folders: letters, digits, '.', '_' and '-'.")
        var name: String
        @Option(
            parsing: .unconditionalSingleValue,
            help: ArgumentHelp("A uid that is this app; can be repeated.", valueName: "n"),
            transform: UIDArgument.parse)
        var uid: [UInt32] = []
        @Option(
            help: ArgumentHelp("A systemd service or scope whose processes are this app.", valueName: "unit"))
        var unit: [String] = []
        @Option(
            help: ArgumentHelp("The absolute path of a program whose processes are this app.", valueName: "path"),
            completion: .file())
        var executable: [String] = []
        @OptionGroup var globals: Globals

        func validate() throws {
            if uid.contains(.max) { throw ValidationError("--uid 4294967295 is no user, it stands for “none”.") }
        }

        func run(_ client: ControlClient, _ output: Output) throws {
            let reply = try client.call(
                AddAppRequest(
                    name: name, uids: uid, units: unit.isEmpty ? nil : unit,
                    executables: executable.isEmpty ? nil : executable))
            show(reply, reply.changes, output)
        }
    }

    struct List: ServiceCommand {
        static let configuration = CommandConfiguration(
            abstract: "List all apps.", discussion: "Example: mediaveilctl app list --json")

        @OptionGroup var globals: Globals

        func run(_ client: ControlClient, _ output: Output) throws {
            output.items(try client.call(ListAppsRequest()).apps) { apps in
                var table = Table([
                    .init(heading: "APP", isFlexible: true), .init(heading: "UIDS", isFlexible: true),
                    .init(heading: "GRANTS", isNumber: true), .init(heading: "VIEWS", isFlexible: true),
                    .init(heading: "SINCE"),
                ])
                for app in apps {
                    table.add([
                        app.name, app.uids.map(String.init).joined(separator: ","), "\(app.grants)",
                        app.views.joined(separator: ","), Words.time(app.created),
                    ])
                }
                return table
            }
        }
    }

    struct Show: ServiceCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one app with its grants, views and folders.",
            discussion: "An app's own user may ask this too.\n\nExample: mediaveilctl app show gallery")

        @Argument(help: "The app's name.", completion: KnownNames.apps)
        var name: String
        @OptionGroup var globals: Globals

        func run(_ client: ControlClient, _ output: Output) throws {
            let reply = try client.call(ShowAppRequest(app: name))
            if output.asJSON { return output.json(reply) }
            Sheet(output).show([
                ("App", reply.app.name),
                ("Uids", reply.app.uids.map(String.init).joined(separator: ", ")),
                ("Units", reply.app.units.joined(separator: ", ")),
                ("Programs", reply.app.executables.joined(separator: ", ")),
                ("Since", Words.time(reply.app.created)),
                ("Owns", Words.count(Int64(reply.ownedFiles), "file")),
                ("Folders", reply.folders.joined(separator: ", ")),
            ])
            if !reply.grants.isEmpty {
                output.line("")
                output.items(reply.grants, GrantsCommand.table)
            }
            if !reply.views.isEmpty {
                output.line("")
                output.items(reply.views, ViewCommand.table)
            }
        }
    }

    struct Remove: ServiceCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove an app with its grants and views; its files stay.",
            discussion: "Example: mediaveilctl app remove gallery")

        @Argument(help: "The app's name.", completion: KnownNames.apps)
        var name: String
        @OptionGroup var globals: Globals

        func run(_ client: ControlClient, _ output: Output) throws {
            let reply = try client.call(RemoveAppRequest(app: name))
            show(reply, reply.changes, output)
        }
    }
}
