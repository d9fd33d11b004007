import ArgumentParser
import Control

struct StatusCommand: ServiceCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show what runs: mounts, how bytes travel, counters, the access log.",
        discussion: """
            Example: mediaveilctl status
            Example: mediaveilctl status --openmetrics > /var/lib/node_exporter/mediaveil.prom
            """)

    @Flag(help: "Print the counters as OpenMetrics text, for monitoring.")
    var openmetrics = false
    @OptionGroup var globals: Globals

    func run(_ client: ControlClient, _ output: Output) throws {
        let status = try client.call(StatusRequest())
        if openmetrics { return OpenMetrics.lines(status).forEach(output.line) }
        if output.asJSON { return output.json(status) }
        let uptime = TimeText.now.microseconds - status.started.microseconds
        Sheet(output).show([
            ("Service", "mediaveild \(status.version), process \(status.pid), up \(Self.span(uptime / 1_000_000))"),
            ("Library", status.library),
            ("State", status.stateDirectory),
            ("Passthrough", status.passthrough ? "yes" : "no: the router serves everything"),
            ("Snapshots", status.snapshots ? "yes" : "no: redacted files go through the router"),
            ("Policy", "\(Words.count(Int64(status.apps), "app")), \(Words.count(Int64(status.grants), "grant"))"),
            ("Opens", Self.opens(status.dataPaths)),
            ("Access log", Self.audit(status.audit)),
        ])
        output.line("")
        output.items(status.mounts, Self.mounts)
        if !status.counters.isEmpty {
            output.line("")
            Sheet(output).show(
                (status.counters.merging(status.gauges) { first, _ in first }).sorted { $0.key < $1.key }
                    .map { ($0.key, "\($0.value)") })
        }
        for notice in status.notices {
            output.line("")
            output.line(output.style.yellow("! ") + Escaping.line(notice))
        }
    }

    private static func opens(_ paths: DataPathCounts) -> String {
        "\(paths.passthrough) passthrough, \(paths.snapshot) snapshot, \(paths.router) router, \(paths.daemon) daemon"
    }

    private static func audit(_ audit: AuditState) -> String {
        var text = "\(Words.count(audit.rows, "row")), \(Words.size(audit.bytes))"
        if audit.pending > 0 { text += ", \(audit.pending) waiting" }
        if audit.lost > 0 { text += ", \(audit.lost) LOST since the start" }
        return text
    }

    /// Seconds in two units.
    static func span(_ seconds: Int64) -> String {
        switch seconds {
        case ..<60: "\(max(0, seconds)) s"
        case ..<3600: "\(seconds / 60) min"
        case ..<86_400: "\(seconds / 3600) h \(seconds / 60 % 60) min"
        default: "\(seconds / 86_400) d \(seconds / 3600 % 24) h"
        }
    }

    static func mounts(_ mounts: [MountRecord]) -> Table {
        var table = Table([
            .init(heading: "VIEW"), .init(heading: "APP"), .init(heading: "MOUNTED AT", isFlexible: true),
            .init(heading: "PASSTHROUGH"), .init(heading: "NODES", isNumber: true),
            .init(heading: "OPEN", isNumber: true),
        ])
        for mount in mounts {
            table.add([
                mount.view, mount.app, mount.path, Words.yes(mount.passthrough), "\(mount.nodes)", "\(mount.handles)",
            ])
        }
        return table
    }
}

struct DoctorCommand: ServiceCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Say what this machine supports, why it matters, and what to do about what it lacks.",
        discussion: "Exits with 1 if something has failed.\n\nExample: mediaveilctl doctor")

    @OptionGroup var globals: Globals

    func run(_ client: ControlClient, _ output: Output) throws {
        let checks = try client.call(DoctorRequest()).checks
        for check in checks {
            if output.asJSON {
                output.json(check)
            } else if output.isTerminal {
                let state = output.style.judged(check.state.rawValue)
                output.line(
                    "\(state)  \(output.style.bold(Escaping.line(check.name))): \(Escaping.line(check.finding))")
                if check.state != .ok {
                    output.line("    why it matters: \(Escaping.line(check.why))")
                    if let remedy = check.remedy { output.line("    what to do: \(Escaping.line(remedy))") }
                }
            } else {
                let cells = [check.state.rawValue, check.name, check.finding, check.why, check.remedy ?? "-"]
                output.line(cells.map(Escaping.line).joined(separator: "\t"))
            }
        }
        if checks.contains(where: { $0.state == .failed }) {
            output.flush()
            throw Answer(status: .no)
        }
    }
}

struct ReloadCommand: ServiceCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload",
        abstract: "Have the service read its configuration again, all of it or nothing, and show what changed.",
        discussion: "Example: mediaveilctl reload")

    @OptionGroup var globals: Globals

    func run(_ client: ControlClient, _ output: Output) throws {
        let reply = try client.call(ReloadRequest())
        show(reply, reply.changes.isEmpty ? ["nothing changed"] : reply.changes, output)
    }
}
