import CLinux
import Foundation

/// Colours, for a terminal that wants them.
struct Style {
    let isOn: Bool

    /// For what is written to `descriptor`: colours only on a terminal, and not with NO_COLOR (https://no-color.org).
    init(descriptor: Int32) {
        let environment = ProcessInfo.processInfo.environment
        isOn =
            isatty(descriptor) == 1 && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
    }

    init(isOn: Bool) { self.isOn = isOn }

    func red(_ text: String) -> String { painted(text, 31) }
    func green(_ text: String) -> String { painted(text, 32) }
    func yellow(_ text: String) -> String { painted(text, 33) }
    func bold(_ text: String) -> String { painted(text, 1) }
    func faint(_ text: String) -> String { painted(text, 2) }

    private func painted(_ text: String, _ code: Int) -> String { isOn ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text }

    /// A decision of the access log, or the state of a check.
    func judged(_ word: String) -> String {
        switch word {
        case "allow", "ok", "original", "yes": green(word)
        case "redact", "redacted", "redacted-writable", "warning": yellow(word)
        case "hide", "deny", "failed", "no", "hidden": red(word)
        default: word
        }
    }
}
