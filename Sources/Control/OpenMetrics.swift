/// The service's state as OpenMetrics text (https://openmetrics.io, version 1.0), for monitoring.
public enum OpenMetrics {
    public static func text(_ status: StatusRequest.Reply) -> String { lines(status).joined(separator: "\n") + "\n" }

    public static func lines(_ status: StatusRequest.Reply) -> [String] {
        var lines: [String] = []
        func metric(_ name: String, _ type: String, _ help: String, _ samples: [(labels: String, value: String)]) {
            lines.append("# TYPE mediaveil_\(name) \(type)")
            lines.append("# HELP mediaveil_\(name) \(help)")
            let suffix = type == "counter" ? "_total" : type == "info" ? "_info" : ""
            for sample in samples { lines.append("mediaveil_\(name)\(suffix)\(sample.labels) \(sample.value)") }
        }
        metric("build", "info", "The running service.", [("{version=\"\(escaped(status.version))\"}", "1")])
        metric(
            "start_time_seconds", "gauge", "When the service started, in seconds since 1970.",
            [("", "\(status.started.microseconds / 1_000_000)")])
        metric("apps", "gauge", "Registered apps.", [("", "\(status.apps)")])
        metric("grants", "gauge", "Grants in force.", [("", "\(status.grants)")])
        let paths = status.dataPaths
        metric(
            "opens", "counter", "Opened files by the way their bytes travel.",
            [
                ("{path=\"passthrough\"}", "\(paths.passthrough)"), ("{path=\"snapshot\"}", "\(paths.snapshot)"),
                ("{path=\"router\"}", "\(paths.router)"), ("{path=\"daemon\"}", "\(paths.daemon)"),
            ])
        metric("audit_rows", "gauge", "Rows in the access log.", [("", "\(status.audit.rows)")])
        metric("audit_bytes", "gauge", "Size of the access log.", [("", "\(status.audit.bytes)")])
        metric("audit_pending", "gauge", "Rows that wait to be written.", [("", "\(status.audit.pending)")])
        metric("audit_lost", "counter", "Rows that could not be written.", [("", "\(status.audit.lost)")])
        let views = status.mounts.map { mount in
            (labels: "{view=\"\(escaped(mount.view))\",app=\"\(escaped(mount.app ?? ""))\"}", mount: mount)
        }
        metric("view_nodes", "gauge", "Files that the kernel knows.", views.map { ($0.labels, "\($0.mount.nodes)") })
        metric("view_handles", "gauge", "Open files.", views.map { ($0.labels, "\($0.mount.handles)") })
        for (name, value) in status.counters.sorted(by: { $0.key < $1.key }) {
            metric("service_\(word(name))", "counter", "\(word(name)) since the start.", [("", "\(value)")])
        }
        for (name, value) in status.gauges.sorted(by: { $0.key < $1.key }) {
            metric("service_\(word(name))", "gauge", "\(word(name)) now.", [("", "\(value)")])
        }
        return lines + ["# EOF"]
    }

    private static func escaped(_ value: String) -> String {
        value.reduce(into: "") { result, character in
            switch character {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n", "\r\n": result += "\\n"
            default: result.append(character)
            }
        }
    }

    private static func word(_ name: String) -> String {
        String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
    }
}
