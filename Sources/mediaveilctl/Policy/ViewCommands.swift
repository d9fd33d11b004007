import ArgumentParser
import Control
import Foundation
import SystemPackage

struct ViewCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "view", abstract: "Mount, list and unmount app views.",
        discussion: """
            An app view is a mounted filesystem that shows the library as one app sees it, to whoever reaches it: bind \
            it into that app's container or unit.

            Example: mediaveilctl view add gallery --app gallery
            """,
        subcommands: [Add.self, List.self, Remove.self])

    struct Add: ServiceCommand {
        static let configuration = CommandConfiguration(
            abstract: "Mount an app's view, now and at every start of the service.",
            discussion: "Example: mediaveilctl view add gallery --app gallery --at /srv/gallery-media")

        @Argument(help: "The view's name.")
        var view: String
        @Option(
            help: ArgumentHelp("The app that the view shows the library to.", valueName: "name"),
            completion: KnownNames.apps)
        var app: String
        @Option(
            help: ArgumentHelp(
                "An empty directory to mount it at; otherwise one in the service's runtime directory.",
                valueName: "directory"), completion: .directory,
            transform: LocalPath.parse)
        var at: LocalPath?
        @OptionGroup var globals: Globals

        func run(_ client: ControlClient, _ output: Output) throws {
            let reply = try client.call(AddViewRequest(name: view, app: app, at: try at.map(absolute)))
            show(reply, reply.changes, output)
        }

        /// The service does not know where this command was run.
        private func absolute(_ path: LocalPath) throws -> String {
            guard let text = String(validating: path.bytes, as: UTF8.self) else {
                throw Failure(
                    .usage, "--at \(path.shown): the path of a view is UTF-8 text", remedy: "choose another directory")
            }
            let here = FilePath(FileManager.default.currentDirectoryPath)
            return text.hasPrefix("/") ? text : here.pushing(FilePath(text)).lexicallyNormalized().string
        }
    }

    struct List: ServiceCommand {
        static let configuration = CommandConfiguration(
            abstract: "List all app views.", discussion: "Example: mediaveilctl view list")

        @OptionGroup var globals: Globals

        func run(_ client: ControlClient, _ output: Output) throws {
            output.items(try client.call(ListViewsRequest()).views, ViewCommand.table)
        }
    }

    struct Remove: ServiceCommand {
        static let configuration = CommandConfiguration(
            abstract: "Unmount an app's view and forget it.", discussion: "Example: mediaveilctl view remove gallery")

        @Argument(help: "The view's name.", completion: KnownNames.views)
        var view: String
        @OptionGroup var globals: Globals

        func run(_ client: ControlClient, _ output: Output) throws {
            let reply = try client.call(RemoveViewRequest(name: view))
            show(reply, reply.changes, output)
        }
    }

    static func table(_ views: [ViewRecord]) -> Table {
        var table = Table([
            .init(heading: "VIEW", isFlexible: true), .init(heading: "APP", isFlexible: true),
            .init(heading: "MOUNTED AT", isFlexible: true), .init(heading: "STATE", isFlexible: true),
        ])
        for view in views {
            table.add([view.name, view.app, view.path, view.mounted ? "mounted" : view.problem ?? "not mounted"])
        }
        return table
    }
}
