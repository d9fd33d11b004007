import Control
import Foundation
import Policy
import Store

/// The access log as one self-contained page: no network, no other file; readable without its script.
///
/// Names in it come from apps: each is escaped, for HTML by ``escaped(_:)`` and for the data of the script by JSON with
/// `<` escaped, so that no name can end the script element.
struct AuditReport {
    private let summary: AuditSummary
    private let grants: [Grant]

    init(_ summary: AuditSummary, grants: [Grant]) {
        self.summary = summary
        self.grants = grants
    }

    var page: String {
        """
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8"><title>MediaVeil access report</title>
        <meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
        <style>\(AuditReport.style)</style></head><body>
        <header><h1>MediaVeil access report</h1>
        <p class="note" id="span">\(AuditReport.escaped(span)), \(summary.rows) rows\(precision)</p></header>
        <form class="filters"><label>App <select id="app"><option value="">all</option>\(options)</select></label>
        <label>From <input id="since" type="datetime-local" step="1"></label>
        <label>To <input id="until" type="datetime-local" step="1"></label>
        <button type="reset">Show all</button></form>
        <ul class="tiles">\(tiles)</ul>
        <section><div class="line"><h2>Accesses over time</h2><label class="by">by <select id="by"><option>decision</option><option>app</option></select></label></div>
        <div class="chart"><span id="top"></span><div id="time" role="img" aria-label="Accesses over time, as bars; the tables below have the numbers"></div>
        <div class="axis" id="axis"></div></div><p class="legend" id="legend"></p></section>
        <section><h2>Apps that asked most</h2>\(table("apps", ["App", "Allowed", "Redacted", "Hidden", "Denied", "Accesses"], appLines))</section>
        <div class="two"><section><h2>Files most often redacted</h2>\(table("redacted", ["File", "Times"], top(.redact)))</section>
        <section><h2>Denied</h2>\(table("denied", ["File", "Times"], top(.deny)))</section>
        <section><h2>Hidden probes</h2><p class="note">Names that somebody asked for and that do not exist for him.</p>\(table("hidden", ["Name", "Times"], top(.hide)))</section>
        <section><h2>Grants in force</h2>\(table("grants", ["Permission", "App"], grantLines))</section></div>
        <noscript><p class="note">The chart and the filters need this page's script.</p></noscript>
        <script>const rows = \(data);\n\(AuditReport.script)</script></body></html>

        """
    }

    private var tiles: String {
        let sums = AuditReport.decisions.map { decision in
            summary.counts.reduce(0) { $0 + ($1.key.decision == decision.value ? $1.value : 0) }
        }
        let all = "<li><b id=\"total\">\(summary.total)</b> accesses</li>"
        return all
            + zip(AuditReport.decisions, sums).map { decision, sum in
                let name = decision.value.rawValue
                return "<li class=\"\(name)\"><b id=\"sum-\(name)\">\(sum)</b> \(decision.word)</li>"
            }.joined()
    }

    private static let decisions: [(value: AuditEvent.Decision, word: String)] = [
        (.allow, "allowed"), (.redact, "redacted"), (.hide, "hidden"), (.deny, "denied"),
    ]

    private var appLines: [[String]] {
        var apps: [String: [Int]] = [:]
        for (key, count) in summary.counts {
            guard let place = AuditReport.decisions.firstIndex(where: { $0.value == key.decision }) else { continue }
            apps[key.app, default: [0, 0, 0, 0]][place] += count
        }
        let sums = apps.mapValues { $0.reduce(0, +) }
        let names = apps.keys.sorted { (sums[$1] ?? 0, $0) < (sums[$0] ?? 0, $1) }
        return names.prefix(20).map { name in
            [name] + (apps[name] ?? []).map(String.init) + [String(sums[name] ?? 0)]
        }
    }

    private var grantLines: [[String]] {
        grants.map { grant in
            let under = grant.under.isEmpty ? "" : " under \(PrintablePath.text(Array(grant.under.utf8)))"
            let until = grant.expires.flatMap { Int64(exactly: $0) }.map {
                " until \(Timestamp(microseconds: $0.multipliedReportingOverflow(by: 1_000_000).partialValue))"
            }
            return [grant.permission.rawValue + under + (until ?? ""), grant.app]
        }
    }

    private var span: String {
        guard let first = summary.first, let last = summary.last else { return "no rows" }
        // To the second: "2026-11-27T14:51:42.976270Z".
        func words(_ time: Int64) -> String {
            Timestamp(microseconds: time).description.prefix(19).replacingOccurrences(of: "T", with: " ")
        }
        return "\(words(first)) to \(words(last)) UTC"
    }

    private var precision: String { summary.step == 1 ? "" : " · times in steps of \(summary.step) seconds" }

    private var options: String {
        Set(summary.counts.keys.map(\.app)).sorted().map { name in
            "<option>\(AuditReport.escaped(name))</option>"
        }.joined()
    }

    private func top(_ decision: AuditEvent.Decision) -> [[String]] {
        var counts: [String: Int] = [:]
        for (key, count) in summary.counts where key.decision == decision {
            counts[AuditReport.printable(key.path), default: 0] += count
        }
        return counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(20).map { [$0.key, String($0.value)] }
    }

    private func table(_ id: String, _ heads: [String], _ lines: [[String]]) -> String {
        let body = lines.map { line in
            "<tr>" + line.map { "<td>\(AuditReport.escaped($0))</td>" }.joined() + "</tr>"
        }
        let head = heads.map { "<th scope=\"col\">\($0)</th>" }.joined()
        return "<table id=\"\(id)\"><thead><tr>\(head)</tr></thead><tbody>\(body.joined())</tbody></table>"
    }

    /// Rows for the script: seconds, app, decision, path, count.
    private var data: String {
        let items = summary.counts.sorted { $0.key.time < $1.key.time }.map { key, count -> [String] in
            [
                String(key.time), key.app, key.decision.rawValue,
                key.path.isEmpty ? "" : AuditReport.printable(key.path),
                String(count),
            ]
        }
        let json = (try? JSONEncoder().encode(items)).map { String(decoding: $0, as: UTF8.self) } ?? "[]"
        return json.replacingOccurrences(of: "<", with: "\\u003c").replacingOccurrences(of: "\u{2028}", with: "\\u2028")
            .replacingOccurrences(of: "\u{2029}", with: "\\u2029")
    }

    private static func printable(_ path: [UInt8]) -> String {
        path.isEmpty ? "(library)" : PrintablePath.text(path)
    }

    static func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.append(character)
            }
        }
        return result
    }
}
