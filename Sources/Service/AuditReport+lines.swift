import Control
import Foundation
import Policy
import Store

/// What the tables of a report say, and the same for its script.
extension AuditReport {
    static let decisions: [(value: AuditEvent.Decision, word: String)] = [
        (.allow, "allowed"), (.redact, "redacted"), (.hide, "hidden"), (.deny, "denied"),
    ]

    /// Lines that a table shows; the script does as this says.
    private static let shownLines = 20

    var appLines: [[String]] {
        var apps: [String: [Int]] = [:]
        for (key, count) in summary.counts {
            guard let place = AuditReport.place(of: key.decision) else { continue }
            apps[key.app, default: [0, 0, 0, 0]][place] += count
        }
        let lines = apps.map { (name: $0.key, counts: $0.value, sum: $0.value.reduce(0, +)) }
        return lines.sorted { ($1.sum, $0.name) < ($0.sum, $1.name) }.prefix(AuditReport.shownLines).map { line in
            [line.name] + (line.counts + [line.sum]).map(AuditReport.grouped)
        }
    }

    /// Name, who asked for it, how often.
    func top(_ decision: AuditEvent.Decision) -> [[String]] {
        var names: [String: [String: Int]] = [:]
        for (key, count) in summary.counts where key.decision == decision {
            names[AuditReport.printable(key.path), default: [:]][key.app, default: 0] += count
        }
        let lines = names.map { (name: $0.key, apps: $0.value, sum: $0.value.values.reduce(0, +)) }
        return lines.sorted { ($1.sum, $0.name) < ($0.sum, $1.name) }.prefix(AuditReport.shownLines).map { line in
            [line.name, AuditReport.askers(line.apps), AuditReport.grouped(line.sum)]
        }
    }

    /// The app that asked most, and how many more.
    private static func askers(_ apps: [String: Int]) -> String {
        let order = apps.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
        return (order.first ?? "") + (order.count > 1 ? " and \(order.count - 1) more" : "")
    }

    var grantLines: [[String]] {
        grants.map { grant in
            let until = grant.expires.map { "\(clock(seconds: $0).dropLast(3)) UTC" }
            return [
                grant.app, grant.permission.rawValue, grant.under.isEmpty ? "all" : PrintablePath.text(grant.under),
                until ?? "revoked",
            ]
        }
    }

    private func clock(seconds: UInt64) -> String {
        AuditReport.clock(Int64(clamping: seconds.multipliedReportingOverflow(by: 1_000_000).partialValue))
    }

    /// Newest first.
    var eventLines: [[String]] {
        summary.events.suffix(AuditSummary.keptEvents).reversed().map { row in
            let event = row.event
            let times = row.count > 1 ? " ×\(AuditReport.grouped(row.count))" : ""
            return [
                AuditReport.clock(event.time), event.operation + times, event.app.map { PrintablePath.text($0) } ?? "",
                event.uid.map(String.init) ?? "",
                PrintablePath.text(event.reason),
            ]
        }
    }

    /// For the script: names once each, and rows of second, app, decision, path and count.
    var data: String {
        struct Names {
            private(set) var list: [String] = []
            private var places: [String: Int] = [:]
            mutating func place(of name: String) -> Int {
                if let place = places[name] { return place }
                places[name] = list.count
                list.append(name)
                return list.count - 1
            }
        }
        struct Content: Encodable {
            let apps, paths: [String]
            let rows: [[Int]]
        }
        var apps = Names()
        var paths = Names()
        let rows = summary.counts.sorted { $0.key.time < $1.key.time }.map { key, count in
            [
                Int(key.time), apps.place(of: key.app), AuditReport.place(of: key.decision) ?? 0,
                key.decision == .allow ? -1 : paths.place(of: AuditReport.printable(key.path)), count,
            ]
        }
        let content = Content(apps: apps.list, paths: paths.list, rows: rows)
        guard let json = try? JSONEncoder().encode(content) else { return "{}" }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(json.count)
        for byte in json {
            if byte == UInt8(ascii: "<") { bytes += Array("\\u003c".utf8) } else { bytes.append(byte) }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func place(of decision: AuditEvent.Decision) -> Int? {
        decisions.firstIndex { $0.value == decision }
    }

    private static func printable(_ path: [UInt8]) -> String {
        path.isEmpty ? "(library)" : PrintablePath.text(path)
    }

    /// To the second: `2026-11-27 14:51:42`.
    static func clock(_ microseconds: Int64) -> String {
        Timestamp(microseconds: microseconds).description.prefix(19).replacingOccurrences(of: "T", with: " ")
    }

    /// `1,234,567`.
    static func grouped(_ number: Int) -> String {
        let digits = Array(String(number.magnitude))
        let groups = stride(from: digits.count, to: 0, by: -3).map { end in String(digits[max(0, end - 3)..<end]) }
        return (number < 0 ? "-" : "") + groups.reversed().joined(separator: ",")
    }

    /// By scalars: a combining mark behind a `<` must not hide it.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
