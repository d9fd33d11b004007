import ArgumentParser
import Control

struct GrantCommand: ServiceCommand {
    static let configuration = CommandConfiguration(
        commandName: "grant", abstract: "Give a permission to an app.",
        discussion: """
            It holds from the app's next open on. A grant that is there already is replaced, its end included.

            Example: mediaveilctl grant gallery media.read.images --under DCIM --for 2h
            """)

    @Argument(help: "The app's name.", completion: KnownNames.apps)
    var name: String
    @Argument(
        help: "A permission, such as media.read.images or media.location.", completion: PermissionArgument.completion,
        transform: PermissionArgument.parse)
    var permission: String
    @Option(
        help: ArgumentHelp("Only for this subtree of the library.", valueName: "path"), completion: .file(),
        transform: LibraryPath.parse)
    var under: LibraryPath?
    @Option(
        name: .customLong("for"), parsing: .unconditional,
        help: ArgumentHelp("How long it holds: 30m, 2h, 90d, 1h30m.", valueName: "duration"),
        transform: DurationText.seconds)
    var duration: Int64?
    @OptionGroup var globals: Globals

    func run(_ client: ControlClient, _ output: Output) throws {
        let reply = try client.call(
            GrantRequest(
                app: name, permission: permission, under: under?.path.text, underBase64: under?.path.base64,
                seconds: duration))
        show(reply, reply.changes, output)
    }
}

struct RevokeCommand: ServiceCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Take a permission away from an app.",
        discussion: """
            It holds from the app's next open on. Files that are open already stay readable to whoever has them open; \
            with --terminate those processes are ended.

            Example: mediaveilctl revoke gallery media.location --terminate
            """)

    @Argument(help: "The app's name.", completion: KnownNames.apps)
    var name: String
    @Argument(
        help: "The permission.", completion: PermissionArgument.completion, transform: PermissionArgument.parse)
    var permission: String
    @Option(
        help: ArgumentHelp("Only the grant for this subtree of the library.", valueName: "path"), completion: .file(),
        transform: LibraryPath.parse)
    var under: LibraryPath?
    @Flag(help: "End the processes that have files open by this permission.")
    var terminate = false
    @OptionGroup var globals: Globals

    func run(_ client: ControlClient, _ output: Output) throws {
        let request = RevokeRequest(
            app: name, permission: permission, under: under?.path.text, underBase64: under?.path.base64,
            terminate: terminate)
        try client.call(request) { reply in
            if output.asJSON {
                reply.grants.forEach(output.json)
                reply.processes.forEach(output.json)
            } else {
                for change in reply.changes { output.line(Escaping.line(change)) }
                for process in reply.processes {
                    let files = Words.count(Int64(process.files), "file")
                    output.line(
                        "process \(process.pid) (\(Escaping.line(process.process)), uid \(process.uid), \(files) open): "
                            + Escaping.line(process.outcome))
                }
            }
            output.flush()
            return true
        }
    }
}

struct GrantsCommand: ServiceCommand {
    static let configuration = CommandConfiguration(
        commandName: "grants", abstract: "List the grants in force.",
        discussion: "An app's own user may ask this too.\n\nExample: mediaveilctl grants gallery")

    @Argument(help: "Only this app's.", completion: KnownNames.apps)
    var name: String?
    @OptionGroup var globals: Globals

    func run(_ client: ControlClient, _ output: Output) throws {
        output.items(try client.call(ListGrantsRequest(app: name)).grants, Self.table)
    }

    static func table(_ grants: [GrantRecord]) -> Table {
        var table = Table([
            .init(heading: "APP", isFlexible: true), .init(heading: "PERMISSION"),
            .init(heading: "UNDER", isFlexible: true), .init(heading: "UNTIL"), .init(heading: "SINCE"),
        ])
        for grant in grants {
            table.addEscaped([
                Escaping.line(grant.app), Escaping.line(grant.permission), Words.path(grant.under, grant.underBase64),
                grant.expires.map(Words.time), Words.time(grant.created),
            ])
        }
        return table
    }
}

struct CheckCommand: ServiceCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Say what an app sees at a path, and which rule decides it.",
        discussion: """
            Exits with 1 if the path is hidden from the app. An app's own user may ask this too.

            Example: mediaveilctl check gallery DCIM/Camera/1.jpg
            """)

    @Argument(help: "The app's name.", completion: KnownNames.apps)
    var name: String
    @Argument(
        help: "A path in the library; absolute ones in the library or a view are understood too.", completion: .file(),
        transform: LibraryPath.parse)
    var path: LibraryPath
    @OptionGroup var globals: Globals

    func run(_ client: ControlClient, _ output: Output) throws {
        let reply = try client.call(
            CheckRequest(app: name, path: path.path.text, pathBase64: path.path.base64))
        if output.asJSON {
            output.json(reply)
        } else {
            let path = Words.path(reply.path, reply.pathBase64) ?? ""
            let shown = path.isEmpty ? "." : path
            let variant = reply.visible ? reply.variant ?? "visible" : "hidden"
            if output.isTerminal {
                output.line("\(Escaping.line(reply.app)) at \(shown): \(output.style.judged(variant))")
                if reply.exists == false { output.line("  nothing is there; this is what would apply") }
                output.line("  read \(Words.yes(reply.read)), write \(Words.yes(reply.write))")
                output.line("  because: \(Escaping.line(reply.rule))")
            } else {
                let cells = [
                    Escaping.line(reply.app), shown, variant, Words.yes(reply.read), Words.yes(reply.write),
                    Escaping.line(reply.rule), reply.exists == false ? "nothing is there" : "-",
                ]
                output.line(cells.joined(separator: "\t"))
            }
        }
        if !reply.visible {
            output.flush()
            throw Answer(status: .no)
        }
    }
}
