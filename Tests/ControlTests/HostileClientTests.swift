import CLinux
import Control
import Foundation
import Synchronization
import TestSupport
import Testing

/// Nothing that a client does harms another one.
@Suite(.timeLimit(.minutes(10)))
struct HostileClientTests {
    /// The service still answers somebody else.
    private func expectService(_ socket: String, location: SourceLocation = #_sourceLocation) {
        let views = try? ControlClient(path: socket).call(ListViewsRequest()).views
        #expect(views == [], sourceLocation: location)
    }

    @Test(arguments: [
        "\0", "x\0", "{}\0", "[]\0", "null\0", "{\"method\":7}\0", "{\"method\":\"x\"\0", "GET / HTTP/1.1\r\n\r\n\0",
        "{\"method\":\"org.mediaveil.Control.Status\",\"more\":3}\0", "\u{FEFF}{}\0",
        String(repeating: "[", count: 100_000) + "\0", "{\"method\":" + String(repeating: "[", count: 50_000) + "\0",
    ])
    func whatIsNoRequestEndsTheConnection(bytes: String) throws {
        try withService { socket, _, _ in
            let connection = try RawConnection(socket)
            connection.send(bytes)
            #expect(connection.receive() == nil)
            expectService(socket)
        }
    }

    @Test func randomBytesHarmNobody() throws {
        try withService { socket, _, _ in
            var random = SystemRandomNumberGenerator()
            let valid = Array((RawConnection.request("Check", #"{"app":"gallery","path":"x"}"#) + "\0").utf8)
            for round in 0..<400 {
                let connection = try RawConnection(socket)
                var bytes =
                    round % 2 == 0
                    ? valid : (0..<Int.random(in: 1...300, using: &random)).map { _ in UInt8.random(in: 0...255) }
                for _ in 0..<Int.random(in: 0...4, using: &random) {
                    bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
                }
                connection.send(bytes)
                connection.send([0])
                connection.finishSending()
                // A typed answer, or none; and then the end.
                while let reply = connection.receive() { #expect(reply.hasPrefix("{")) }
            }
            expectService(socket)
        }
    }

    @Test func aRequestOfTheLimitIsAnsweredAndALongerOneIsNot() throws {
        try withService { socket, _, _ in
            let start = #"{"method":"org.mediaveil.Control.ImportPolicy","parameters":{"toml":""#
            let end = #""}}"#
            let room = ControlInterface.longestRequest - start.utf8.count - end.utf8.count
            let fits = try RawConnection(socket)
            #expect(
                fits.call(start + String(repeating: "a", count: room) + end)?.contains("\(room) bytes read") == true)
            let tooLong = try RawConnection(socket)
            tooLong.send(start + String(repeating: "a", count: room + 1) + end + "\0")
            #expect(tooLong.receive() == nil)
            let endless = try RawConnection(socket)
            var taken = 0
            while taken < 64, endless.send([UInt8](repeating: 0x20, count: 1 << 20)) { taken += 1 }
            #expect(taken < 64)
            expectService(socket)
        }
    }

    @Test func oneLongRequestIsHeldInMemoryAtATime() throws {
        try withService { socket, _, server in
            let start = #"{"method":"org.mediaveil.Control.ImportPolicy","parameters":{"toml":""#
            let piece = start + String(repeating: "a", count: 4 << 20)
            let first = try RawConnection(socket)
            #expect(first.send(piece))
            let second = try RawConnection(socket)
            second.send(piece)
            #expect(second.receive()?.contains("org.mediaveil.Control.Busy") == true)
            #expect(second.receive() == nil)
            // The first is answered, and makes room for the next: by its end, or by hanging up.
            #expect(first.call(#""}}"#)?.contains("bytes read") == true)
            do {
                let third = try RawConnection(socket)
                #expect(third.call(piece + #""}}"#)?.contains("bytes read") == true)
                let unfinished = try RawConnection(socket)
                unfinished.send(piece)
            }
            #expect(waitUntil(within: 60) { server.connectionCount == 1 })
            #expect(try RawConnection(socket).call(piece + #""}}"#)?.contains("bytes read") == true)
        }
    }

    @Test func anUnfinishedRequestIsGivenUpAndAnIdleConnectionIsNot() throws {
        var limits = ControlServer.Limits()
        limits.requestSeconds = 1
        try withService(limits: limits) { socket, _, server in
            let idle = try RawConnection(socket)
            let slow = try RawConnection(socket)
            slow.send("{\"method\":")
            #expect(slow.receive() == nil)
            // Progress within one request does not buy more time.
            let trickling = try RawConnection(socket)
            var sent = 0
            while sent < 600, trickling.send(" ") {
                sent += 1
                usleep(100_000)
            }
            #expect(sent < 600)
            #expect(idle.call(RawConnection.request("ListViews")) != nil)
        }
    }

    @Test func aCallerThatDoesNotReadIsGivenUp() throws {
        var limits = ControlServer.Limits()
        limits.replySeconds = 1
        try withService(limits: limits) { socket, _, server in
            let deaf = try RawConnection(socket)
            let call = Array((RawConnection.request("Status") + "\0").utf8)
            var patience = timeval(tv_sec: 0, tv_usec: 100_000)
            setsockopt(deaf.descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
            // Requests until the service takes no more: it does not pile up replies.
            var accepted = 0
            while accepted < 200_000, deaf.send(call) { accepted += 1 }
            #expect(accepted < 200_000)
            #expect(waitUntil(within: 60) { server.connectionCount == 0 })
            expectService(socket)
        }
    }

    @Test func aPausedStreamHoldsUpNobodyElse() throws {
        try withService { socket, _, _ in
            let paused = try (0..<15).map { _ in
                let connection = try RawConnection(socket)
                connection.send(RawConnection.request("QueryAudit", #"{"limit":1000000}"#, #","more":true"#) + "\0")
                return connection
            }
            for _ in 0..<100 { expectService(socket) }
            for connection in paused { #expect(connection.receive()?.hasPrefix("{\"continues\":true") == true) }
        }
    }

    @Test func moreStreamsThanThereAreThreadsAreRefused() throws {
        var limits = ControlServer.Limits()
        limits.streams = 2
        try withService(limits: limits) { socket, service, _ in
            let call = RawConnection.request("FollowAudit", "{}", #","more":true"#)
            let followers = try (0..<2).map { _ in
                let connection = try RawConnection(socket)
                #expect(connection.call(call)?.contains("continues") == true)
                return connection
            }
            #expect(try RawConnection(socket).call(call)?.contains("org.mediaveil.Control.Busy") == true)
            withExtendedLifetime(followers) { expectService(socket) }
        }
    }

    @Test func aThousandIdleConnectionsCostNoThreads() throws {
        try withService { socket, _, server in
            allowManyDescriptors()
            let before = threadCount()
            let idle = try (0..<1000).map { _ in try RawConnection(socket) }
            #expect(waitUntil(within: 60) { server.connectionCount == 1000 })
            expectService(socket)
            // Other tests run beside this one and have threads too.
            #expect(threadCount() < before + 500)
            #expect(idle[500].call(RawConnection.request("ListViews")) != nil)
        }
    }

    /// Both ends of the connections are in this process, and many shells allow 1,024 descriptors only.
    private func allowManyDescriptors() {
        var limit = rlimit()
        let kind = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(kind, &limit) == 0, limit.rlim_cur < 8192 else { return }
        limit.rlim_cur = min(8192, limit.rlim_max)
        setrlimit(kind, &limit)
    }

    private func threadCount() -> Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count) ?? 0
    }

    @Test func aFloodOfRequestsDoesNotStarveOthers() throws {
        try withService { socket, _, _ in
            let isOver = Atomic(false)
            DispatchQueue.concurrentPerform(iterations: 4) { number in
                if number == 0 {
                    for _ in 0..<50 { expectService(socket) }
                    isOver.store(true, ordering: .relaxed)
                    return
                }
                let call = RawConnection.request("Check", #"{"app":"gallery","path":"x"}"#) + "\0"
                let burst = String(repeating: call, count: 100)
                while !isOver.load(ordering: .relaxed) {
                    guard let flood = try? RawConnection(socket), flood.send(burst) else { continue }
                    for _ in 0..<100 { _ = flood.receive() }
                }
            }
        }
    }
}
