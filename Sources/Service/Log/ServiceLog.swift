import CLinux
import Configuration
import Glibc
import LinuxSystem
import Logging
import Store
import Synchronization

/// The service's log: to the journal with its fields where systemd starts the service, else as lines on standard error.
///
/// Names of files and folders are their owner's secret: messages of ``Logger/Level/info`` and above have none.
public final class ServiceLog: Sendable {
    private let sink: any LogSink
    private let limit = Mutex(RepeatLimit())
    /// A place in the order of the levels: opens ask for it, and must not wait for each other.
    private let threshold: Atomic<Int>
    private let clock: @Sendable () -> UInt64

    /// Logs to where this process's standard error leads.
    public convenience init(_ level: Configuration.LogLevel) {
        self.init(
            level: level.loggerLevel,
            sink: LogSinks.suitable(stream: getenv("JOURNAL_STREAM").map { String(cString: $0) }))
    }

    init(level: Logger.Level, sink: any LogSink, clock: @escaping @Sendable () -> UInt64 = ServiceLog.monotonic) {
        threshold = Atomic(ServiceLog.place(of: level))
        self.sink = sink
        self.clock = clock
    }

    /// What is less urgent is not told; loggers that were made before follow.
    public var level: Logger.Level {
        get { Logger.Level.allCases[threshold.load(ordering: .relaxed)] }
        set { threshold.store(ServiceLog.place(of: newValue), ordering: .relaxed) }
    }

    private static func place(of level: Logger.Level) -> Int { Logger.Level.allCases.firstIndex(of: level) ?? 0 }

    static let monotonic: @Sendable () -> UInt64 = {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
    }

    public func logger() -> Logger {
        Logger(label: ServiceLog.label) { Handler(log: self, label: $0) }
    }

    /// Tells how many messages were left out; `all`: in the last moments too.
    public func tellLeftOut(all: Bool = false) {
        let now = clock()
        tell(limit.withLock { $0.ended(at: now, all: all) })
    }

    private func tell(_ left: [RepeatLimit.LeftOut]) {
        for one in left {
            sink.write(
                LogEntry(
                    time: AuditEvent.now, level: one.message.level, label: ServiceLog.label,
                    message: "\(one.message.text): left out \(one.count) more like this",
                    metadata: ["left_out": "\(one.count)"]))
        }
    }

    static let label = "mediaveild"

    private func write(_ event: LogEvent, _ label: String, _ metadata: Logger.Metadata) {
        let message = RepeatLimit.Message(level: event.level, text: event.message.description)
        let now = clock()
        let (isTold, before) = limit.withLock { $0.admits(message, at: now) }
        tell(before)
        guard isTold else { return }
        var all = metadata
        if let own = event.metadata { all.merge(own) { $1 } }
        if let error = event.error { all["error"] = "\(error)" }
        sink.write(
            LogEntry(time: AuditEvent.now, level: event.level, label: label, message: message.text, metadata: all))
    }

    private struct Handler: LogHandler {
        let log: ServiceLog
        let label: String
        var metadata: Logger.Metadata = [:]
        private var ownLevel: Logger.Level?

        init(log: ServiceLog, label: String) {
            self.log = log
            self.label = label
        }

        var logLevel: Logger.Level {
            get { ownLevel ?? log.level }
            set { ownLevel = newValue }
        }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { log.write(event, label, metadata) }
    }
}

extension Configuration.LogLevel {
    var loggerLevel: Logger.Level { Logger.Level(rawValue: rawValue) ?? .info }
}
