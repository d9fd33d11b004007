import Foundation
import Logging
import Synchronization
import TestSupport
import Testing

@testable import Control

/// The metrics' own socket: HTTP for collectors.
@Suite(.timeLimit(.minutes(10)))
struct MetricsServerTests {
    private func withServer(
        group: UInt32? = nil, text: @escaping @Sendable () throws -> String = Self.emptyText,
        _ body: (_ socket: String) throws -> Void
    ) throws {
        try withTemporaryDirectory { root throws in
            chmod(root, 0o755)
            let server = try MetricsServer.start(
                path: root + "/metrics.sock", administratorGroup: group, logger: Logger(label: "test"), text: text)
            defer { server.stop() }
            try body(root + "/metrics.sock")
        }
    }

    private static let emptyText: @Sendable () throws -> String = { "# EOF\n" }

    /// All that comes until the server hangs up.
    private static func ask(_ socket: String, _ request: String) throws -> String {
        let connection = try RawConnection(socket)
        connection.send(request)
        return connection.receiveAll()
    }

    private static func request(_ line: String) -> String { line + " HTTP/1.1\r\nHost: mediaveil\r\n\r\n" }

    @Test func theTextIsServedAsOpenMetrics() throws {
        let text: @Sendable () throws -> String = { "# TYPE mediaveil_apps gauge\nmediaveil_apps 3\n# EOF\n" }
        try withServer(text: text) { socket throws in
            let answer = try Self.ask(socket, Self.request("GET /metrics"))
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(answer.contains("Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n"))
            #expect(answer.hasSuffix("\r\n\r\n# TYPE mediaveil_apps gauge\nmediaveil_apps 3\n# EOF\n"))
            let head = try Self.ask(socket, Self.request("HEAD /metrics"))
            #expect(head.hasPrefix("HTTP/1.1 200 OK\r\n") && head.hasSuffix("\r\n\r\n"))
        }
    }

    @Test(arguments: [
        ("GET /", "404"), ("GET /metrics/x", "404"), ("POST /metrics", "405"), ("DELETE /metrics", "405"),
    ])
    func nothingElseIsThere(_ line: String, _ status: String) throws {
        try withServer { socket throws in
            #expect(try Self.ask(socket, Self.request(line)).hasPrefix("HTTP/1.1 \(status) "))
        }
    }

    @Test(.enabled(if: canActAsOtherUsers)) func onlyAdministratorsAreAnswered() throws {
        try withServer(group: 61_777) { socket throws in
            let stranger = try asUser(61_204) { try Self.ask(socket, Self.request("GET /metrics")) }
            #expect(stranger.hasPrefix("HTTP/1.1 403 ") && !stranger.contains("# EOF"))
            let member = try asUser(61_204, groups: [61_777]) { try Self.ask(socket, Self.request("GET /metrics")) }
            #expect(member.hasPrefix("HTTP/1.1 200 "))
        }
    }

    @Test(arguments: [
        "\r\n\r\n", "nonsense\r\n\r\n", "GET /metrics HTTP/9.9\r\n\r\n", String(repeating: "x", count: 200_000),
        "GET /metrics HTTP/1.1\r\nX: " + String(repeating: "y", count: 200_000) + "\r\n\r\n",
        "GET /metrics HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello",
    ])
    func whatIsNoRequestIsRefused(_ bytes: String) throws {
        try withServer { socket throws in
            #expect(!(try Self.ask(socket, bytes)).contains("200 OK"))
            #expect(try Self.ask(socket, Self.request("GET /metrics")).contains("200 OK"))
        }
    }

    /// Whoever connects and says nothing takes a place for some seconds; others are served meanwhile.
    @Test func silentClientsDoNotKeepOthersOut() throws {
        try withServer { socket throws in
            let silent = try (0..<20).map { _ in try RawConnection(socket) }
            #expect(try Self.ask(socket, Self.request("GET /metrics")).contains("200 OK"))
            #expect(silent.allSatisfy { $0.receiveAll() == "" }, "they are hung up on")
        }
    }

    @Test func theTextIsMadeOnceForManyWhoAsk() throws {
        let counter = Counter()
        let text: @Sendable () throws -> String = {
            counter.made.add(1, ordering: .relaxed)
            return "# EOF\n"
        }
        try withServer(text: text) { socket throws in
            for _ in 0..<50 { _ = try Self.ask(socket, Self.request("GET /metrics")) }
        }
        #expect(counter.made.load(ordering: .relaxed) < 50)
    }

    private final class Counter: Sendable { let made = Atomic<Int>(0) }

    @Test func aFailureIsToldWithoutDetails() throws {
        struct Failure: Error {}
        let text: @Sendable () throws -> String = { throw Failure() }
        try withServer(text: text) { socket throws in
            let answer = try Self.ask(socket, Self.request("GET /metrics"))
            #expect(answer.hasPrefix("HTTP/1.1 500 ") && !answer.contains("Failure"))
        }
    }
}
