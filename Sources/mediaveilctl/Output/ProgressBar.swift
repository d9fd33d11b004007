import CLinux
import Foundation
import Glibc

/// A bar with the time that is left, on standard error if that is a terminal.
struct ProgressBar {
    private let unit: String
    private let isShown: Bool
    private let start = ContinuousClock.now
    private var lastShown: ContinuousClock.Instant?

    init(_ unit: String, isShown: Bool) {
        self.unit = unit
        self.isShown = isShown && isatty(2) == 1
    }

    /// Shows progress, ten times a second at most.
    mutating func show(_ done: Int64, of total: Int64) {
        guard isShown, total > 0 else { return }
        let now = ContinuousClock.now
        if let lastShown, now - lastShown < .milliseconds(100) { return }
        lastShown = now
        Output.write(Array("\r\(Self.line(done, of: total, unit, elapsed: now - start))\u{1B}[K".utf8), to: 2)
    }

    mutating func clear() {
        guard lastShown != nil else { return }
        lastShown = nil
        Output.write(Array("\r\u{1B}[K".utf8), to: 2)
    }

    static func line(_ done: Int64, of total: Int64, _ unit: String, elapsed: Duration) -> String {
        let share = min(1, max(0, Double(done) / Double(max(total, 1))))
        let filled = Int(share * 24)
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 24 - filled)
        let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
        var text = "\(bar) \(Int(share * 100)) %  \(done) of \(total) \(unit)"
        if share > 0.01, share < 1, seconds > 1 {
            text += ", \(StatusCommand.span(Int64((seconds / share - seconds).rounded(.up)))) left"
        }
        return text
    }
}
