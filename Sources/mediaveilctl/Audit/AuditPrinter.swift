import Control
import Foundation

/// Prints rows of the access log as they come.
struct AuditPrinter {
    private let output: Output
    private let format: AuditFormat
    private var waiting: [AuditRecord] = []
    private var hasHeading = false

    init(_ output: Output, _ format: AuditFormat) {
        self.output = output
        self.format = format
    }

    mutating func add(_ rows: [AuditRecord]) {
        switch format {
        case .json: rows.forEach(output.json)
        case .csv:
            if !hasHeading { output.line(CSV.line(Self.names)) }
            hasHeading = true
            for row in rows { output.line(CSV.line(Self.values(row))) }
        case .table:
            waiting += rows
            // Columns are fitted to a few hundred rows at a time, so that memory stays small.
            if waiting.count >= 512 { printTable() }
        }
    }

    /// Prints rows at once: columns cannot wait for the last one.
    mutating func follow(_ rows: [AuditRecord]) {
        guard format == .table, output.isTerminal else {
            add(rows)
            return finish()
        }
        for row in rows {
            let cells = Self.cells(of: row)
            let decision = output.style.judged(row.decision)
            let who = [cells[1], cells[3]].compactMap(\.self).joined(separator: " ")
            let rest = [cells[6], cells[7].map { "(\($0))" }].compactMap(\.self).joined(separator: "  ")
            output.line("\(cells[0] ?? "")  \(decision)  \(cells[4] ?? "")  \(who)  \(rest)")
        }
    }

    mutating func finish() {
        if format == .csv && !hasHeading { output.line(CSV.line(Self.names)) }
        hasHeading = true
        if format == .table { printTable() }
    }

    private mutating func printTable() {
        guard !waiting.isEmpty else { return }
        output.items(waiting, Self.table)
        waiting = []
    }

    static func table(_ rows: [AuditRecord]) -> Table {
        var table = Table([
            .init(heading: "TIME"), .init(heading: "APP", isFlexible: true), .init(heading: "UID", isNumber: true),
            .init(heading: "PROCESS", isFlexible: true), .init(heading: "OPERATION"),
            .init(heading: "DECISION", isJudgement: true), .init(heading: "PATH", isFlexible: true),
            .init(heading: "WHY", isFlexible: true),
        ])
        for row in rows { table.addEscaped(cells(of: row)) }
        return table
    }

    /// A row for people, escaped: time, app, uid, process, operation, decision, path, why.
    private static func cells(of row: AuditRecord) -> [String?] {
        var path = Words.path(row.path, row.pathBase64)
        if let target = Words.path(row.target, row.targetBase64) { path = "\(path ?? "") → \(target)" }
        var why = row.reason.map(Escaping.line)
        if let errno = row.errno, errno != 0 { why = "\(why ?? "") (\(ErrorName.of(errno)))" }
        if row.count > 1 { why = "\(why ?? "") ×\(row.count)" }
        let process = row.process.map { Escaping.line($0) + (row.pid.map { "[\($0)]" } ?? "") }
        return [
            Words.exactTime(row.time), row.app.map(Escaping.line), row.uid.map(String.init), process,
            Escaping.line(row.operation), Escaping.line(row.decision), path, why,
        ]
    }

    private static let names = [
        "id", "time", "app", "uid", "pid", "process", "view", "operation", "path", "path_base64", "target",
        "target_base64", "decision", "errno", "reason", "bytes", "count",
    ]

    private static func values(_ row: AuditRecord) -> [String] {
        [
            "\(row.id)", row.time.description, row.app ?? "", row.uid.map(String.init) ?? "",
            row.pid.map(String.init) ?? "", row.process ?? "", row.view ?? "", row.operation, row.path ?? "",
            row.pathBase64 ?? "", row.target ?? "", row.targetBase64 ?? "", row.decision,
            row.errno.map(String.init) ?? "", row.reason ?? "", row.bytes.map(String.init) ?? "", "\(row.count)",
        ]
    }
}

/// Lines of comma-separated values (RFC 4180) that are safe to open in a spreadsheet.
enum CSV {
    static func line(_ cells: [String]) -> String { cells.map(cell).joined(separator: ",") }

    private static func cell(_ value: String) -> String {
        var text = Escaping.line(value)
        // A spreadsheet would take these for formulas; the apostrophe makes them text.
        if let first = text.first, "=+-@".contains(first) { text = "'" + text }
        guard text.contains(where: { $0 == "," || $0 == "\"" || $0 == "'" }) else { return text }
        return "\"" + text.replacingOccurrences(of: "\"", with: "\"\"") + "\""
    }
}

/// The symbols of errnos, which the manuals of the calls are written in.
enum ErrorName {
    private static let names: [Int32: String] = [
        EPERM: "EPERM", ENOENT: "ENOENT", EIO: "EIO", EACCES: "EACCES", EBUSY: "EBUSY", EEXIST: "EEXIST",
        EXDEV: "EXDEV", ENOTDIR: "ENOTDIR", EISDIR: "EISDIR", EINVAL: "EINVAL", EFBIG: "EFBIG", ENOSPC: "ENOSPC",
        EROFS: "EROFS", ENAMETOOLONG: "ENAMETOOLONG", ENOTEMPTY: "ENOTEMPTY", ELOOP: "ELOOP", ESTALE: "ESTALE",
        EDQUOT: "EDQUOT", EOPNOTSUPP: "EOPNOTSUPP", EMFILE: "EMFILE", ENFILE: "ENFILE", ETXTBSY: "ETXTBSY",
    ]

    static func of(_ code: Int32) -> String { names[code] ?? "error \(code)" }
}
