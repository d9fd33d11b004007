import Logging
import Store

/// One message on its way out, every text of it safe to print on one line.
struct LogEntry: Sendable, Hashable {
    struct Field: Sendable, Hashable {
        let name: String
        let value: String
    }

    /// Microseconds since 1970.
    let time: Int64
    let level: Logger.Level
    let label: String
    let message: String
    let fields: [Field]

    /// The fields that people look for, in the order of a sentence; others follow by name.
    private static let order = ["app", "view", "operation", "decision"]
    /// Characters of one text: clients have a hand in some.
    private static let longest = 2_000

    init(time: Int64, level: Logger.Level, label: String, message: String, metadata: Logger.Metadata) {
        func rank(_ name: String) -> Int { LogEntry.order.firstIndex(of: name) ?? LogEntry.order.count }
        self.time = time
        self.level = level
        self.label = label
        self.message = LogEntry.safe(message)
        fields = metadata.sorted { (rank($0.key), $0.key) < (rank($1.key), $1.key) }.map { name, value in
            Field(name: LogEntry.safe(name), value: LogEntry.safe("\(value)"))
        }
    }

    /// The message with its fields behind it: `not served (app=org.camera view=shared)`.
    var line: String {
        guard !fields.isEmpty else { return message }
        return message + " (" + fields.map { "\($0.name)=\(LogEntry.quoted($0.value))" }.joined(separator: " ") + ")"
    }

    private static func safe(_ text: String) -> String {
        PrintablePath.text(text.count > longest ? text.prefix(longest) + "…" : text)
    }

    /// In quotes where a reader could not tell the end.
    private static func quoted(_ value: String) -> String {
        let isPlain = !value.isEmpty && !value.contains { $0 == " " || $0 == "\"" || $0 == ")" || $0 == "=" }
        return isPlain
            ? value
            : "\""
                + value.split(separator: "\"", omittingEmptySubsequences: false)
                .joined(separator: "\\\"") + "\""
    }

    /// As syslog(3) numbers it.
    var priority: Int {
        switch level {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}
