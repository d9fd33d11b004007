/// Names and values under each other.
struct Sheet {
    private let output: Output

    init(_ output: Output) { self.output = output }

    func show(_ lines: [(name: String, value: String)]) {
        let width = lines.reduce(0) { max($0, Cells.width($1.name)) }
        for line in lines {
            let value = Escaping.line(line.value)
            if output.isTerminal {
                let space = String(repeating: " ", count: width - Cells.width(line.name) + 2)
                output.line(output.style.faint(line.name) + space + value)
            } else {
                output.line("\(line.name)\t\(value)")
            }
        }
    }
}
