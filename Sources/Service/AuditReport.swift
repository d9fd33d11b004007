import Control
import Foundation
import Policy
import Store

/// The access log as one self-contained page: no network, no other file; readable without its script.
///
/// Names in it come from apps: each is escaped, for HTML by ``escaped(_:)`` and for the data of the script by JSON with
/// `<` escaped, so that no name can end the element. Only the style and the script that bear the page's own nonce count.
struct AuditReport {
    let summary: AuditSummary
    let grants: [Grant]
    private let nonce = (0..<2).map { _ in String(UInt64.random(in: .min ... .max), radix: 36) }.joined()

    init(_ summary: AuditSummary, grants: [Grant]) {
        self.summary = summary
        self.grants = grants
    }

    var page: String {
        """
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8"><title>MediaVeil access report</title>
        <meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'nonce-\(nonce)'; \
        script-src 'nonce-\(nonce)'">
        <style nonce="\(nonce)">\(AuditReport.style)</style></head><body>
        <header><h1>MediaVeil access report</h1>
        <p class="note" id="span">\(AuditReport.escaped(span))</p></header>
        <main>\(warning)\(filters)
        <p class="note" id="shown" role="status"></p>
        <ul class="tiles">\(tiles)</ul>
        \(chart)
        \(section("apps", "Apps that asked most", AuditReport.appHeads, appLines))
        <div class="two">\(section("redacted", "Files most often redacted", AuditReport.fileHeads, top(.redact),
            "They were read without their location."))
        \(section("denied", "Denied", AuditReport.fileHeads, top(.deny), "They were seen, and the access was refused."))
        \(section("hidden", "Hidden probes", AuditReport.fileHeads, top(.hide),
            "Names that an app asked for and that do not exist for it."))
        \(section("grants", "Grants in force", ["App", "Permission", "Under", "Until"], grantLines,
            "When the report was made."))</div>
        \(section("events", "Service and policy", ["Time (UTC)", "What", "App", "By uid", "Details"], eventLines, eventNote))
        <noscript><p class="note">The chart and the filters need this page's script.</p></noscript></main>
        <script type="application/json" id="data">\(data)</script>
        <script nonce="\(nonce)">\(AuditReport.script)</script></body></html>

        """
    }

    private static let appHeads = ["App", "Allowed", "Redacted", "Hidden", "Denied", "Accesses"]
    private static let fileHeads = ["Name", "Asked by", "Times"]

    private var filters: String {
        """
        <form class="filters" aria-label="Filters"><label>App <select id="app"><option value="">all</option>\(options)</select></label>
        <label>From <input id="since" type="datetime-local" step="1"></label>
        <label>to <input id="until" type="datetime-local" step="1"> UTC</label>
        <button type="reset">Show all</button></form>
        """
    }

    private var chart: String {
        """
        <section><div class="line"><h2>Accesses over time</h2><label class="by">by <select id="by"><option>decision</option><option>app</option></select></label></div>
        <div class="chart"><span id="top"></span><span id="half"></span><div id="time" role="img" aria-label="Accesses over time, as bars; the numbers follow"></div>
        <div class="axis" id="axis"></div></div><p class="legend" id="legend"></p>
        <p class="note" id="step"></p><details><summary>The chart's numbers</summary><div class="scroll"><table id="bins"><thead></thead><tbody></tbody></table></div></details></section>
        """
    }

    private var tiles: String {
        let sums = AuditReport.decisions.map { decision in
            summary.counts.reduce(0) { $0 + ($1.key.decision == decision.value ? $1.value : 0) }
        }
        let all = "<li><b id=\"total\">\(AuditReport.grouped(summary.total))</b> accesses</li>"
        return all
            + zip(AuditReport.decisions, sums).map { decision, sum in
                let name = decision.value.rawValue
                return
                    "<li class=\"\(name)\"><b id=\"sum-\(name)\">\(AuditReport.grouped(sum))</b> \(decision.word)</li>"
            }.joined()
    }

    private var span: String {
        guard let first = summary.first, let last = summary.last else { return "The log has no rows." }
        let steps =
            summary.step == 1 ? "" : " Times are told in steps of \(AuditReport.grouped(Int(summary.step))) seconds."
        return "\(AuditReport.clock(first)) to \(AuditReport.clock(last)) UTC; "
            + "\(AuditReport.grouped(summary.rows)) rows of the log.\(steps)"
    }

    private var warning: String {
        let crashes = summary.events.filter { $0.event.operation == "crash" }.count
        var sentences: [String] = []
        if summary.lost > 0 {
            sentences.append(
                "\(AuditReport.grouped(summary.lost)) rows could not be written when they came too fast: sums are too small by them."
            )
        }
        if crashes > 0 {
            sentences.append(
                "The service ended without an orderly stop \(crashes == 1 ? "once" : "\(crashes) times"); what it had not written by then is missing."
            )
        }
        return sentences.isEmpty ? "" : "<p class=\"warning\" role=\"note\">\(sentences.joined(separator: " "))</p>"
    }

    private var eventNote: String {
        let shown = min(summary.eventCount, AuditSummary.keptEvents)
        return shown == summary.eventCount
            ? "What was changed, by whom; not counted as accesses."
            : "The newest \(shown) of \(AuditReport.grouped(summary.eventCount)) changes and events; not counted as accesses."
    }

    private var options: String {
        Set(summary.counts.keys.map(\.app)).sorted().map { name in
            "<option>\(AuditReport.escaped(name))</option>"
        }.joined()
    }

    private func section(
        _ id: String, _ title: String, _ heads: [String], _ lines: [[String]], _ note: String = ""
    ) -> String {
        let body = lines.map { line in
            "<tr>" + line.map { "<td>\(AuditReport.escaped($0))</td>" }.joined() + "</tr>"
        }
        let head = heads.map { "<th scope=\"col\">\($0)</th>" }.joined()
        return """
            <section><h2 id="head-\(id)">\(title)</h2>\(note.isEmpty ? "" : "<p class=\"note\">\(note)</p>")\
            <div class="scroll"><table id="\(id)" aria-labelledby="head-\(id)"><thead><tr>\(head)</tr></thead>\
            <tbody>\(body.joined())</tbody></table></div><p class="note more" id="more-\(id)"></p></section>
            """
    }
}
