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
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
        <style>\(AuditReport.style)</style></head><body>
        <h1>MediaVeil access report</h1>
        <p class="note">\(AuditReport.escaped(span)) · <span id="total">\(summary.total)</span> accesses in \(summary.rows) rows\(precision)</p>
        <form class="filters"><label>App <select id="app"><option value="">all</option>\(options)</select></label>
        <label>From <input id="since" type="datetime-local" step="1"></label>
        <label>To <input id="until" type="datetime-local" step="1"></label></form>
        <section><h2>Over time</h2><div id="time" role="img" aria-label="accesses over time by decision"></div>
        <p class="legend"><i class="allow"></i>allow <i class="redact"></i>redact <i class="hide"></i>hide <i class="deny"></i>deny</p></section>
        <section><h2>Apps that asked most</h2>\(table("apps", ["App", "Accesses"], top { $0.app }))</section>
        <section><h2>Files most often redacted</h2>\(table("redacted", ["File", "Times"], top(.redact)))</section>
        <section><h2>Denied</h2>\(table("denied", ["File", "Times"], top(.deny)))</section>
        <section><h2>Hidden probes</h2>\(table("hidden", ["Name", "Times"], top(.hide)))</section>
        <section><h2>Grants in force</h2>\(table("grants", ["Grant", "App"], grants.map { ($0.permission.rawValue + ($0.under.isEmpty ? "" : " under " + $0.under), $0.app) }))</section>
        <script>const rows = \(data);\n\(AuditReport.script)</script></body></html>

        """
    }

    private var span: String {
        guard let first = summary.first, let last = summary.last else { return "no rows" }
        return "\(Timestamp(microseconds: first)) to \(Timestamp(microseconds: last))"
    }

    private var precision: String { summary.step == 1 ? "" : " · times in steps of \(summary.step) seconds" }

    private var options: String {
        Set(summary.counts.keys.map(\.app)).sorted().map { name in
            "<option>\(AuditReport.escaped(name))</option>"
        }.joined()
    }

    private func top(_ name: (AuditSummary.Key) -> String?) -> [(String, String)] {
        var counts: [String: Int] = [:]
        for (key, count) in summary.counts { if let name = name(key) { counts[name, default: 0] += count } }
        return counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(20).map { ($0.key, String($0.value)) }
    }

    private func top(_ decision: AuditEvent.Decision) -> [(String, String)] {
        top { $0.decision == decision ? AuditReport.printable($0.path) : nil }
    }

    private func table(_ id: String, _ heads: [String], _ lines: [(String, String)]) -> String {
        let body = lines.map { "<tr><td>\(AuditReport.escaped($0.0))</td><td>\(AuditReport.escaped($0.1))</td></tr>" }
        let head = heads.map { "<th>\($0)</th>" }.joined()
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

    private static let style = """
        :root{color-scheme:light dark;--allow:#4a7;--redact:#48c;--hide:#a8a;--deny:#c54}
        body{font:15px/1.45 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
        h1{font-size:1.5rem}h2{font-size:1.1rem;margin:1.6rem 0 .4rem}.note,.legend{opacity:.75}
        table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.25rem .5rem;border-bottom:1px solid #8884}
        td{overflow-wrap:anywhere}td:last-child,th:last-child{text-align:right;width:9rem}
        .filters{display:flex;gap:1rem;flex-wrap:wrap;margin:1rem 0}
        #time{display:flex;align-items:flex-end;height:9rem;gap:2px;border-bottom:1px solid #8886}
        #time div{flex:1;display:flex;flex-direction:column-reverse;min-width:2px}
        .allow{background:var(--allow)}.redact{background:var(--redact)}.hide{background:var(--hide)}.deny{background:var(--deny)}
        .legend i{display:inline-block;width:.8em;height:.8em;margin:0 .3em 0 1em}
        @media print{.filters{display:none}body{margin:0;max-width:none}section{break-inside:avoid}}
        """

    private static let script = """
        const kinds = ["allow", "redact", "hide", "deny"];
        const by = (list, key) => { const m = new Map(); for (const r of list) { const k = key(r); if (k !== null) m.set(k, (m.get(k) || 0) + +r[4]); } return [...m].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, 20); };
        function fill(id, lines) { const body = document.querySelector("#" + id + " tbody"); body.textContent = ""; for (const line of lines) { const tr = body.insertRow(); for (const text of line) tr.insertCell().textContent = text; } }
        function draw() {
          const app = document.getElementById("app").value, at = id => { const v = document.getElementById(id).value; return v ? new Date(v).getTime() / 1000 : null; };
          const since = at("since"), until = at("until");
          const list = rows.filter(r => (!app || r[1] === app) && (since === null || +r[0] >= since) && (until === null || +r[0] <= until));
          document.getElementById("total").textContent = list.reduce((n, r) => n + +r[4], 0);
          fill("apps", by(list, r => r[1]));
          for (const [id, kind] of [["redacted", "redact"], ["denied", "deny"], ["hidden", "hide"]]) fill(id, by(list, r => r[2] === kind ? r[3] : null));
          const box = document.getElementById("time"); box.textContent = "";
          if (!list.length) return;
          const first = Math.min(...[list[0], list[list.length - 1]].map(r => +r[0])), last = Math.max(...[list[0], list[list.length - 1]].map(r => +r[0]));
          const n = 60, step = Math.max(1, (last - first + 1) / n), bins = Array.from({ length: n }, () => [0, 0, 0, 0]);
          for (const r of list) bins[Math.min(n - 1, Math.max(0, Math.floor((+r[0] - first) / step)))][kinds.indexOf(r[2])] += +r[4];
          const top = Math.max(...bins.map(b => b[0] + b[1] + b[2] + b[3]));
          for (const [i, b] of bins.entries()) { const bar = document.createElement("div"); bar.title = new Date((first + i * step) * 1000).toLocaleString() + ": " + kinds.map((k, j) => k + " " + b[j]).join(", "); b.forEach((v, j) => { const part = document.createElement("span"); part.className = kinds[j]; part.style.height = (v / top * 9) + "rem"; bar.append(part); }); box.append(bar); }
        }
        for (const id of ["app", "since", "until"]) document.getElementById(id).addEventListener("input", draw);
        draw();
        """
}
