import ArgumentParser
import Control

struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Look at the access log.",
        discussion: "Example: mediaveilctl audit query --app gallery --since 7d --decision redact",
        subcommands: [AuditQuery.self, AuditFollow.self, AuditReport.self, AuditVerify.self])
}

/// Which rows are wanted, for commands that show rows.
struct AuditFilter: ParsableArguments {
    @Option(help: ArgumentHelp("Only this app's accesses.", valueName: "name"), completion: KnownNames.apps)
    var app: String?
    @Option(
        parsing: .unconditional, help: ArgumentHelp("Only this user's accesses.", valueName: "n"),
        transform: UIDArgument.parse)
    var uid: UInt32?
    @Option(help: ArgumentHelp("Only this operation: open, create, delete, rename, grant …", valueName: "operation"))
    var operation: String?
    @Option(help: ArgumentHelp("Only this decision: allow, redact, hide or deny.", valueName: "decision"))
    var decision: Decision?
    @Option(help: ArgumentHelp("Only paths like this glob, such as 'DCIM/*.jpg'.", valueName: "glob"))
    var path: String?

    enum Decision: String, ExpressibleByArgument, CaseIterable {
        case allow, redact, hide, deny
    }
}

enum AuditFormat: String, ExpressibleByArgument, CaseIterable {
    case table, json, csv
}

struct AuditQuery: ServiceCommand {
    static let configuration = CommandConfiguration(
        commandName: "query", abstract: "Show rows of the access log, oldest first.",
        discussion: """
            Times are UTC. A query sees everything that was completed before it was sent.

            Example: mediaveilctl audit query --app gallery --since 7d --decision redact
            Example: mediaveilctl audit query --path 'DCIM/Camera/*' --since 2026-11-01 --format csv > november.csv
            """)

    // The log may have many millions of rows.
    static let patience: Int32 = 600

    @OptionGroup var filter: AuditFilter
    @Option(
        parsing: .unconditional, help: ArgumentHelp("From this time on: \(TimeText.help).", valueName: "time"),
        transform: TimeText.argument)
    var since: Timestamp?
    @Option(
        parsing: .unconditional, help: ArgumentHelp("Until this time.", valueName: "time"),
        transform: TimeText.argument)
    var until: Timestamp?
    @Option(
        parsing: .unconditional, help: ArgumentHelp("Only the newest so many rows.", valueName: "n"),
        transform: CountArgument.parse)
    var limit: Int?
    @Option(help: ArgumentHelp("table, json or csv.", valueName: "format"))
    var format: AuditFormat = .table
    @OptionGroup var globals: Globals

    func validate() throws {
        if let since, let until, until < since {
            throw ValidationError("--until \(until) is before --since \(since): nothing can be found.")
        }
    }

    func run(_ client: ControlClient, _ output: Output) throws {
        let request = QueryAuditRequest(
            app: filter.app, uid: filter.uid, since: since, until: until, operation: filter.operation,
            decision: filter.decision?.rawValue, path: filter.path, limit: limit)
        var printer = AuditPrinter(output, output.asJSON ? .json : format)
        try client.call(request) { reply in
            printer.add(reply.rows)
            return true
        }
        printer.finish()
    }
}

struct AuditFollow: ServiceCommand {
    static let configuration = CommandConfiguration(
        commandName: "follow", abstract: "Show rows of the access log as they are written, until interrupted.",
        discussion: "Example: mediaveilctl audit follow --decision deny")

    @OptionGroup var filter: AuditFilter
    @OptionGroup var globals: Globals

    func run(_ client: ControlClient, _ output: Output) throws {
        let request = FollowAuditRequest(
            app: filter.app, uid: filter.uid, operation: filter.operation, decision: filter.decision?.rawValue,
            path: filter.path)
        var printer = AuditPrinter(output, output.asJSON ? .json : .table)
        try client.call(request, waitsForEver: true) { reply in
            printer.follow(reply.rows)
            output.flush()
            return true
        }
    }
}

struct AuditVerify: ServiceCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Examine the whole access log for missing and altered rows.",
        discussion: "Exits with 1 if there are any.\n\nExample: mediaveilctl audit verify")

    // The log may have many millions of rows.
    static let patience: Int32 = 600

    @OptionGroup var globals: Globals

    func run(_ client: ControlClient, _ output: Output) throws {
        var progress = ProgressBar("rows", isShown: !output.isQuiet && !output.asJSON)
        var verdict: AuditVerdict?
        try client.call(VerifyAuditRequest()) { reply in
            progress.show(reply.checked, of: reply.total)
            verdict = reply.verdict ?? verdict
            return true
        }
        progress.clear()
        guard let verdict else { throw Failure(.internal, "the service gave no verdict") }
        if output.asJSON { output.json(verdict) } else { Self.show(verdict, output) }
        if !verdict.intact {
            output.flush()
            throw Answer(status: .no)
        }
    }

    private static func show(_ verdict: AuditVerdict, _ output: Output) {
        let span = verdict.firstTime.flatMap { first in
            verdict.lastTime.map { ", \(Words.time(first)) to \(Words.time($0))" }
        }
        let rows = "\(Words.count(verdict.rows, "row"))\(span ?? "")"
        output.line(
            verdict.intact
                ? "\(output.style.green("intact")): \(rows)" : "\(output.style.red("not intact")): \(rows)")
        for problem in verdict.problems { output.line("  row \(problem.row): \(Escaping.line(problem.reason))") }
        for crash in verdict.crashes {
            let last =
                crash.lastRow.map { row in
                    "the last durable row before it is \(row)"
                        + (crash.lastTime.map { ", written \(Words.exactTime($0))" } ?? "")
                } ?? "no row is older"
            output.line("  the service ended without a stop; found \(Words.exactTime(crash.found)): \(last)")
        }
        if verdict.lost > 0 {
            output.line("  \(Words.count(verdict.lost, "row")) could not be written in time, as the log itself records")
        }
    }
}

struct AuditReport: ServiceCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Write the access log as one web page that needs no network.",
        discussion: "Example: mediaveilctl audit report --since 30d --output november.html")

    // The log may have many millions of rows.
    static let patience: Int32 = 600

    @Option(
        name: .shortAndLong, help: ArgumentHelp("The page; an existing one is replaced.", valueName: "file.html"),
        completion: .file(), transform: LocalPath.parse)
    var output: LocalPath
    @Option(
        parsing: .unconditional, help: ArgumentHelp("From this time on: \(TimeText.help).", valueName: "time"),
        transform: TimeText.argument)
    var since: Timestamp?
    @Option(
        parsing: .unconditional, help: ArgumentHelp("Until this time.", valueName: "time"),
        transform: TimeText.argument)
    var until: Timestamp?
    @OptionGroup var globals: Globals

    func run(_ client: ControlClient, _ printer: Output) throws {
        let file = try ReplacedFile(output)
        try client.call(AuditReportRequest(since: since, until: until)) { reply in
            try file.write(Array(reply.text.utf8))
            return true
        }
        try file.commit()
        struct Done: Encodable {
            let path: String
            let pathBase64: String?
            let bytes: Int64
        }
        if printer.asJSON {
            printer.json(Done(path: output.faithful.text, pathBase64: output.faithful.base64, bytes: file.size))
        } else {
            printer.line("\(output.shown): \(Words.size(file.size))")
        }
    }
}
