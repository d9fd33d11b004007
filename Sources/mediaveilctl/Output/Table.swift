/// Rows under headings. On a terminal columns are aligned and fit its width; in a pipe they are divided by tabs, whole,
/// without headings. Cells are escaped here, once.
struct Table {
    struct Column {
        let heading: String
        var isNumber = false
        /// A column that gives way when the terminal is narrow.
        var isFlexible = false
        var isJudgement = false
    }

    private let columns: [Column]
    private var rows: [[String]] = []

    init(_ columns: [Column]) { self.columns = columns }

    /// Adds a row; `nil` is shown as "-".
    mutating func add(_ cells: [String?]) {
        rows.append(cells.map { cell in cell.map { $0.isEmpty ? "-" : Escaping.line($0) } ?? "-" })
    }

    /// Adds a row whose cells are escaped already.
    mutating func addEscaped(_ cells: [String?]) {
        rows.append(cells.map { cell in cell.map { $0.isEmpty ? "-" : $0 } ?? "-" })
    }

    /// - Parameter width: columns of the terminal; `nil` in a pipe.
    func lines(width: Int?, _ style: Style) -> [String] {
        guard let width else { return rows.map { $0.joined(separator: "\t") } }
        guard !rows.isEmpty else { return [] }
        let widths = fitted(width)
        let heading = zip(columns, widths).map { padded(shortened($0.heading, $1), $1, isNumber: $0.isNumber) }
        var lines = [style.bold(trimmed(heading))]
        for row in rows {
            var cells: [String] = []
            for (index, column) in columns.enumerated() {
                let text = shortened(row[index], widths[index])
                let whole = padded(text, widths[index], isNumber: column.isNumber)
                cells.append(column.isJudgement ? style.judged(text) + whole.dropFirst(text.count) : whole)
            }
            lines.append(trimmed(cells))
        }
        return lines
    }

    private func trimmed(_ cells: [String]) -> String {
        var line = cells.joined(separator: "  ")
        while line.last == " " { line.removeLast() }
        return line
    }

    /// What every column gets: as much as it needs, and flexible ones share what is left.
    private func fitted(_ width: Int) -> [Int] {
        var widths = columns.enumerated().map { index, column in
            rows.reduce(Cells.width(column.heading)) { max($0, Cells.width($1[index])) }
        }
        var excess = widths.reduce(0, +) + 2 * (columns.count - 1) - width
        // The widest of those that may give way loses one cell at a time, down to 8; if that is not enough, down to 4;
        // on a terminal that is narrower still all columns give way.
        for (least, onlyFlexible) in [(8, true), (4, true), (4, false), (1, false)] {
            while excess > 0 {
                let candidates = columns.indices.filter {
                    (columns[$0].isFlexible || !onlyFlexible) && widths[$0] > least
                }
                guard let widest = candidates.max(by: { widths[$0] < widths[$1] }) else { break }
                widths[widest] -= 1
                excess -= 1
            }
        }
        return widths
    }

    private func padded(_ text: String, _ width: Int, isNumber: Bool) -> String {
        let space = String(repeating: " ", count: max(0, width - Cells.width(text)))
        return isNumber ? space + text : text + space
    }

    /// Cut in the middle: the beginning and the end of a path say most.
    private func shortened(_ text: String, _ width: Int) -> String {
        guard Cells.width(text) > width else { return text }
        guard width > 1 else { return "…" }
        var head: [Character] = []
        var tail: [Character] = []
        var left = width - 1
        var rest = Array(text)[...]
        while let next = head.count > tail.count ? rest.last : rest.first {
            let cost = Cells.width(next)
            guard cost <= left else { break }
            left -= cost
            if head.count > tail.count { tail.append(rest.removeLast()) } else { head.append(rest.removeFirst()) }
        }
        return String(head) + "…" + String(tail.reversed())
    }
}

/// How many cells of a terminal text takes.
enum Cells {
    static func width(_ text: some StringProtocol) -> Int { text.reduce(0) { $0 + width($1) } }

    /// Two for East Asian wide characters and emoji, as terminals do it, near enough.
    static func width(_ character: Character) -> Int {
        guard let scalar = character.unicodeScalars.first else { return 0 }
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
            0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1FAFF,
            0x20000...0x3FFFD:
            return 2
        default: return scalar.properties.generalCategory == .nonspacingMark ? 0 : 1
        }
    }
}
