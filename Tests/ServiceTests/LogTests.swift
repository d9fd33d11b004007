import CLinux
import Configuration
import Foundation
import Glibc
import Logging
import Synchronization
import TestSupport
import Testing

@testable import Service

/// Keeps what it gets.
private final class Memory: LogSink {
    private let kept = Mutex<[LogEntry]>([])
    func write(_ entry: LogEntry) { kept.withLock { $0.append(entry) } }
    var entries: [LogEntry] { kept.withLock { $0 } }
    var messages: [String] { entries.map(\.message) }
}

/// A clock that stands still until it is told otherwise.
private final class Time: Sendable {
    private let seconds = Atomic<UInt64>(1_000)
    func pass(_ more: UInt64) { seconds.add(more, ordering: .relaxed) }
    var clock: @Sendable () -> UInt64 { { self.seconds.load(ordering: .relaxed) * 1_000_000_000 } }
}

@Suite
struct LogTests {
    private let memory = Memory()
    private let time = Time()

    private func log(_ level: Logger.Level = .info) -> ServiceLog {
        ServiceLog(level: level, sink: memory, clock: time.clock)
    }

    private func entry(_ message: String, _ metadata: Logger.Metadata = [:], level: Logger.Level = .warning) -> LogEntry
    {
        LogEntry(time: 1_000_000, level: level, label: "mediaveild", message: message, metadata: metadata)
    }

    // MARK: repeated messages

    @Test func aRepeatedMessageIsToldATimeOrTwoAndThenCounted() {
        let log = log()
        let logger = log.logger()
        for number in 0..<1_000 { logger.error("it failed", metadata: ["try": "\(number)"]) }
        logger.error("something else")
        #expect(memory.messages == Array(repeating: "it failed", count: RepeatLimit.burst) + ["something else"])
        time.pass(61)
        logger.error("it failed")
        let last = memory.entries.suffix(2)
        #expect(last.map(\.message) == ["it failed: left out 990 more like this", "it failed"])
        #expect(last.first?.fields == [LogEntry.Field(name: "left_out", value: "990")])
        #expect(last.first?.level == .error)
    }

    @Test func whatWasLeftOutIsToldThoughNothingFollows() {
        let log = log()
        for _ in 0..<15 { log.logger().notice("again") }
        log.tellLeftOut()
        #expect(memory.entries.count == RepeatLimit.burst, "the period still runs")
        time.pass(61)
        log.tellLeftOut()
        #expect(memory.messages.last == "again: left out 5 more like this")
        log.tellLeftOut()
        #expect(memory.entries.count == RepeatLimit.burst + 1)
        for _ in 0..<12 { log.logger().notice("again") }
        log.tellLeftOut(all: true)
        #expect(memory.messages.last == "again: left out 2 more like this")
    }

    @Test func manyDifferentMessagesShareAPlaceAndBoundedMemory() {
        let log = log()
        for number in 0..<10_000 { log.logger().warning("message \(number)") }
        #expect(memory.entries.count == RepeatLimit.capacity + RepeatLimit.burst)
        log.tellLeftOut(all: true)
        let left = 10_000 - RepeatLimit.capacity - RepeatLimit.burst
        #expect(memory.messages.last == "\(RepeatLimit.others): left out \(left) more like this")
    }

    @Test func whoAsksForDetailsGetsAll() {
        let log = log(.trace)
        for _ in 0..<100 { log.logger().debug("access") }
        #expect(memory.entries.count == 100)
    }

    // MARK: levels and fields

    @Test func loggersFollowTheLevel() {
        let log = log(.warning)
        var logger = log.logger()
        logger.info("1")
        log.level = .debug
        logger.debug("2")
        logger.trace("3")
        logger.logLevel = .error
        logger.warning("4")
        log.logger().warning("5")
        #expect(memory.messages == ["2", "5"])
        for level in Configuration.LogLevel.allCases { #expect(level.loggerLevel.rawValue == level.rawValue) }
    }

    @Test func fieldsStandInTheOrderOfASentence() {
        var logger = log().logger()
        logger[metadataKey: "view"] = "shared"
        logger.info(
            "x", metadata: ["uid": "7", "decision": "deny", "app": "org.camera", "operation": "open", "a": "b"])
        #expect(memory.entries.first?.fields.map(\.name) == ["app", "view", "operation", "decision", "a", "uid"])
        #expect(
            memory.entries.first?.line == "x (app=org.camera view=shared operation=open decision=deny a=b uid=7)")
    }

    @Test(arguments: [
        ("two words", "\"two words\""), ("", "\"\""), ("say \"x\"", "\"say \\\"x\\\"\""), ("a=b", "\"a=b\""),
        ("plain", "plain"), ("line\nfeed", "line\\nfeed"), ("\u{1b}[31m", "\\x1b[31m"), ("\u{202e}x", "\\u{202e}x"),
    ])
    func noValueForgesAnother(_ value: String, _ shown: String) {
        #expect(entry("m", ["f": "\(value)"]).line == "m (f=\(shown))")
    }

    @Test func textsAreBounded() {
        let long = String(repeating: "x", count: 1_000_000)
        #expect(entry(long, ["f": "\(long)"]).line.utf8.count < 5_000)
    }

    // MARK: where they go

    private func written(_ style: LineSink.Style, _ entries: [LogEntry]) -> String {
        let file = memfd_create("log", 0)
        defer { close(file) }
        for entry in entries { LineSink(descriptor: file, style: style).write(entry) }
        return (try? String(contentsOfFile: "/proc/self/fd/\(file)", encoding: .utf8)) ?? ""
    }

    @Test func linesAreForPeopleOrForSystemd() {
        let entries = [entry("a\nb", ["app": "x"]), entry("c", level: .info)]
        #expect(
            written(.timed, entries) == """
                1970-01-01T00:00:01.000000Z warning mediaveild: a\\nb (app=x)
                1970-01-01T00:00:01.000000Z info mediaveild: c

                """)
        #expect(written(.systemd, entries) == "<4>a\\nb (app=x)\n<6>c\n")
    }

    @Test func theJournalGetsFields() throws {
        try withTemporaryDirectory { root throws in
            let path = root + "/journal"
            let reader = try #require(Datagrams(path))
            let lines = memfd_create("log", 0)
            defer { close(lines) }
            let sink = try #require(
                JournalSink(path: path, fallback: LineSink(descriptor: lines, style: .systemd)))
            sink.write(entry("not\nserved", ["app": "org.camera", "view": "x=y", "left out!": "\u{0}"], level: .error))
            #expect(
                reader.next() == """
                    MESSAGE=not\\nserved (app=org.camera view="x=y" left out!=\\x00)
                    PRIORITY=3
                    SYSLOG_IDENTIFIER=mediaveild
                    MEDIAVEIL_APP=org.camera
                    MEDIAVEIL_VIEW=x=y
                    MEDIAVEIL_LEFT_OUT_=\\x00

                    """)
            // Without the journal nothing is lost.
            unlink(path)
            sink.write(entry("alone"))
            #expect(try String(contentsOfFile: "/proc/self/fd/\(lines)", encoding: .utf8) == "<4>alone\n")
        }
    }

    @Test func theJournalIsChosenOnlyIfStandardErrorLeadsThere() throws {
        let own = try #require(LogSinks.identity(of: STDERR_FILENO))
        #expect(LogSinks.suitable(stream: own) is JournalSink)
        for stream in [nil, "", "1:1", "nonsense", own + "0"] {
            #expect((LogSinks.suitable(stream: stream) as? LineSink)?.style == .timed)
        }
        let unusable = LogSinks.suitable(stream: own, journal: "/" + String(repeating: "x", count: 200))
        #expect((unusable as? LineSink)?.style == .systemd)
    }
}

/// A socket as the journal has one.
private final class Datagrams {
    private let descriptor: Int32

    init?(_ path: String) {
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard bound == 0 else { return nil }
    }

    deinit { close(descriptor) }

    func next() -> String {
        var buffer = [UInt8](repeating: 0, count: 100_000)
        let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    }
}
