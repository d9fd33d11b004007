import CLinux
import Glibc

/// How many requests a service's control socket answers a second, while a thousand connections are open and idle.
enum ControlRequests {
    private static let idle = 1_000
    private static let busy = 4
    private static let seconds = 2.0
    private static let rounds = 5

    static func measure(socket path: String) {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let connections = (0..<(idle + busy)).compactMap { _ in connect(path) }
        defer { for connection in connections { close(connection) } }
        guard connections.count == idle + busy else {
            return Bench.report("control: only \(connections.count) connections to \(path)")
        }
        let used = Array(connections.suffix(busy))
        for (name, request) in requests {
            let rates = (0..<rounds).map { _ in rate(Array((request + "\0").utf8), used) }
            Bench.report(
                "control, \(name): \(Int(Bench.median(rates))) requests a second by \(busy) callers, \(idle) idle")
        }
    }

    private static let requests = [
        ("ListViews", #"{"method":"org.mediaveil.Control.ListViews"}"#),
        ("Check", #"{"method":"org.mediaveil.Control.Check","parameters":{"app":"reader","path":"DCIM/a.jpg"}}"#),
    ]

    /// Every caller asks, and then every caller waits for its answer.
    private static func rate(_ request: [UInt8], _ callers: [Int32]) -> Double {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        var answered = 0
        let start = now()
        while now() - start < seconds {
            for caller in callers { send(caller, request, request.count, Int32(MSG_NOSIGNAL)) }
            for caller in callers {
                var count = 0
                repeat { count = recv(caller, &buffer, buffer.count, 0) } while count > 0 && buffer[count - 1] != 0
                guard count > 0 else { return .nan }
                answered += 1
            }
        }
        return Double(answered) / (now() - start)
    }

    private static func connect(_ path: String) -> Int32? {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix(107)) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else {
            close(descriptor)
            return nil
        }
        return descriptor
    }
}
