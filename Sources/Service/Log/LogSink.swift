import CLinux
import Control
import Glibc
import LinuxSystem
import Logging

/// Where entries go.
protocol LogSink: Sendable {
    func write(_ entry: LogEntry)
}

/// Lines to a descriptor: `TIME LEVEL LABEL: MESSAGE (FIELD=VALUE …)`.
struct LineSink: LogSink {
    enum Style: Sendable {
        case timed
        /// systemd adds the time and the name, and takes the level from a prefix (sd-daemon(3)).
        case systemd
    }

    let descriptor: Int32
    let style: Style

    func write(_ entry: LogEntry) {
        let head =
            switch style {
            case .timed:
                "\(Timestamp(microseconds: entry.time).description) \(entry.level.rawValue) \(entry.label): "
            case .systemd: "<\(entry.priority)>"
            }
        var rest = Array("\(head)\(entry.line)\n".utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 { rest = rest.dropFirst(count) } else if mv_errno() != EINTR { return }
        }
    }
}

/// The journal's own protocol: a datagram for each entry, every field one of its own
/// (https://systemd.io/JOURNAL_NATIVE_PROTOCOL).
///
/// The journal's readers can then ask for `MEDIAVEIL_APP=org.camera`.
struct JournalSink: LogSink {
    static let standardPath = "/run/systemd/journal/socket"

    private let socket: UnixDatagram
    private let fallback: LineSink

    /// - Parameter fallback: takes what the journal does not.
    init?(path: String = standardPath, fallback: LineSink) {
        guard let socket = UnixDatagram(to: path) else { return nil }
        self.socket = socket
        self.fallback = fallback
    }

    func write(_ entry: LogEntry) {
        if !socket.send(JournalSink.datagram(entry)) { fallback.write(entry) }
    }

    static func datagram(_ entry: LogEntry) -> [UInt8] {
        let own = [
            "MESSAGE=\(entry.line)", "PRIORITY=\(entry.priority)", "SYSLOG_IDENTIFIER=\(entry.label)",
        ]
        let fields = entry.fields.map { "\(name(of: $0))=\($0.value)" }
        // No value has a line break in it: entries are safe to print on one line.
        return Array((own + fields).map { $0 + "\n" }.joined().utf8)
    }

    /// Names of fields have capital letters, digits and underscores.
    private static func name(of field: LogEntry.Field) -> String {
        let word = field.name.uppercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" }
        return "MEDIAVEIL_" + String(word.prefix(40))
    }
}

enum LogSinks {
    /// What suits this process: the journal if standard error leads there, else lines on standard error.
    ///
    /// - Parameter stream: the value of `JOURNAL_STREAM`, by which systemd tells device and inode of the stream it made.
    static func suitable(stream: String?, journal: String = JournalSink.standardPath) -> any LogSink {
        guard let stream, stream == identity(of: STDERR_FILENO) else {
            return LineSink(descriptor: STDERR_FILENO, style: .timed)
        }
        let lines = LineSink(descriptor: STDERR_FILENO, style: .systemd)
        return JournalSink(path: journal, fallback: lines) ?? lines
    }

    /// `DEVICE:INODE` of an open file.
    static func identity(of descriptor: Int32) -> String? {
        var found = stat()
        guard fstat(descriptor, &found) == 0 else { return nil }
        return "\(found.st_dev):\(found.st_ino)"
    }
}
