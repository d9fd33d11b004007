import CLinux
import Foundation
import Glibc

/// Standard output: buffered, and silent or in JSON if the user wants it so.
final class Output {
    let asJSON: Bool
    let isQuiet: Bool
    let isTerminal: Bool
    let style: Style
    private var buffer: [UInt8] = []

    init(asJSON: Bool, isQuiet: Bool) {
        self.asJSON = asJSON
        self.isQuiet = isQuiet
        isTerminal = isatty(1) == 1
        style = Style(descriptor: 1)
    }

    deinit { flush() }

    /// Prints a line of text, whatever the user wants otherwise.
    func line(_ text: String) {
        guard !isQuiet else { return }
        buffer += text.utf8
        buffer.append(UInt8(ascii: "\n"))
        if buffer.count >= 1 << 16 { flush() }
    }

    func json(_ value: some Encodable) { line(JSONText.line(value)) }

    /// One object a line, or a table.
    func items<Item: Encodable>(_ items: [Item], _ table: ([Item]) -> Table) {
        if asJSON { return items.forEach(json) }
        for row in table(items).lines(width: isTerminal ? Terminal.width : nil, style) { line(row) }
    }

    func flush() {
        Output.write(buffer, to: 1)
        buffer = []
    }

    static func print(_ text: String) { write(Array((text + "\n").utf8), to: 1) }
    static func complain(_ text: String) { write(Array((text + "\n").utf8), to: 2) }

    /// Writes everything. A reader that has gone away ends the process by SIGPIPE, as it should.
    static func write(_ bytes: [UInt8], to descriptor: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && mv_errno() == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}

enum Terminal {
    /// Columns of the terminal; 80 if it does not say.
    static var width: Int {
        var size = winsize()
        if mv_ioctl_pointer(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return Int(size.ws_col) }
        return ProcessInfo.processInfo.environment["COLUMNS"].flatMap(Int.init).flatMap { $0 > 0 ? $0 : nil } ?? 80
    }
}
