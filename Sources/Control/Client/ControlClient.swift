import CLinux
import FoundationEssentials
import Glibc
import LinuxSystem

/// Calls a service's control interface over its Unix socket, one call after the other.
///
/// Synchronous; to be used by one thread at a time.
public final class ControlClient {
    /// The service cannot be reached or does not speak as agreed.
    public struct Unreachable: Error, Sendable, Hashable, CustomStringConvertible {
        public let description: String
        public let remedy: String
    }

    public let path: String
    private let socket: OwnedDescriptor
    private var decoder = FrameDecoder(limit: 64 << 20)
    private var messages: [[UInt8]] = []
    /// Milliseconds without a sign of life after which a call is given up.
    private let patience: Int32
    private var isBroken = false

    /// Connects to the socket at `path`.
    ///
    /// - Parameter patience: seconds without any byte from the service after which a call fails.
    /// - Throws: ``Unreachable``.
    public init(path: String, patience: Int32 = 60) throws(Unreachable) {
        self.path = path
        self.patience = patience.multipliedReportingOverflow(by: 1000).overflow ? -1 : patience * 1000
        switch SocketPath.connect(path) {
        case .success(let descriptor): socket = OwnedDescriptor(descriptor)
        case .failure(let failure): throw Self.unreachable(path, failure.code)
        }
    }

    private static func unreachable(_ path: String, _ code: Int32) -> Unreachable {
        switch code {
        case ENOENT, ENOTDIR:
            Unreachable(
                description: "there is no socket at \(path)",
                remedy: "start the service (systemctl start mediaveil), or name its socket with --socket")
        case ECONNREFUSED:
            Unreachable(
                description: "nobody listens at \(path)",
                remedy: "the service has ended; start it (systemctl start mediaveil) and see its log "
                    + "(journalctl -u mediaveil)")
        case ENAMETOOLONG:
            Unreachable(
                description: "the socket's path must have 1 to \(SocketPath.longest) bytes",
                remedy: "name a shorter path with --socket")
        default:
            Unreachable(
                description: "cannot connect to \(path): \(SocketPath.reason(code))",
                remedy: "see whether this is the service's socket and whether you may reach it")
        }
    }

    // MARK: Calls

    /// Makes a call and returns its one reply.
    ///
    /// - Parameters:
    ///   - request: the call.
    ///   - waitsForEver: for a call that the service may work on for minutes.
    /// - Throws: ``ControlError`` if the service refuses, ``Unreachable`` if it is not there any more.
    public func call<R: ControlRequest>(_ request: R, waitsForEver: Bool = false) throws -> R.Reply {
        try send(Call(method: R.qualifiedMethod, parameters: request, more: nil))
        return try reply(to: R.self, waitsForEver ? -1 : patience).parameters
    }

    /// Makes a call that has several replies; `take` gets each as it comes, and ends the call by returning `false`.
    /// The client is of no more use then.
    ///
    /// - Parameter waitsForEver: for calls that have replies only when something happens.
    public func call<R: ControlRequest>(
        _ request: R, waitsForEver: Bool = false, each take: (R.Reply) throws -> Bool
    ) throws {
        try send(Call(method: R.qualifiedMethod, parameters: request, more: true))
        while true {
            let form = try reply(to: R.self, waitsForEver ? -1 : patience)
            let goesOn = try take(form.parameters)
            guard form.continues ?? false else { return }
            if !goesOn {
                isBroken = true
                shutdown(socket.raw, Int32(SHUT_RDWR))
                return
            }
        }
    }

    private func reply<R: ControlRequest>(to type: R.Type, _ patience: Int32) throws -> ReplyForm<R.Reply> {
        let message = Data(try receive(patience))
        do {
            let head = try JSONDecoder().decode(ReplyHead.self, from: message)
            if head.error != nil {
                throw try Wire.decoder().decode(ErrorForm.self, from: message).controlError
            }
            return try Wire.decoder().decode(ReplyForm<R.Reply>.self, from: message)
        } catch let error as ControlError {
            throw error
        } catch {
            isBroken = true
            throw Unreachable(
                description: "the service's reply to \(R.method) cannot be understood",
                remedy: "use a mediaveilctl of the same version as the service")
        }
    }

    // MARK: Bytes

    private func send(_ call: some Encodable) throws {
        let frame = try Wire.frame(call)
        guard frame.count - 1 <= ControlInterface.longestRequest else {
            throw ControlError.invalidParameter(
                parameter: "parameters", reason: "a request has at most 32 MiB, this one \(frame.count - 1) bytes",
                remedy: "ask for less at once")
        }
        guard !isBroken else { throw gone() }
        var sent = 0
        while sent < frame.count {
            let count = frame.withUnsafeBytes { bytes in
                CLinux.send(
                    socket.raw, UnsafeRawBufferPointer(rebasing: bytes[sent...]).baseAddress, frame.count - sent,
                    Int32(MSG_NOSIGNAL))
            }
            if count < 0 && mv_errno() == EINTR { continue }
            guard count > 0 else { break }
            sent += count
        }
        // A service that refuses a caller may have said why before it hung up: look for the reply in any case.
        if sent < frame.count { isBroken = true }
    }

    private func receive(_ patience: Int32) throws -> [UInt8] {
        while messages.isEmpty {
            try wait(patience)
            var buffer = [UInt8](repeating: 0, count: 64 << 10)
            let count = recv(socket.raw, &buffer, buffer.count, 0)
            if count < 0 && mv_errno() == EINTR { continue }
            guard count > 0 else {
                isBroken = true
                throw gone()
            }
            do {
                messages = try buffer.withUnsafeBytes { bytes in
                    try decoder.append(UnsafeRawBufferPointer(rebasing: bytes[..<count]))
                }
            } catch {
                isBroken = true
                throw Unreachable(
                    description: "the service's reply is too long", remedy: "ask for less, for example with --limit")
            }
        }
        return messages.removeFirst()
    }

    private func wait(_ patience: Int32) throws(Unreachable) {
        var wanted = pollfd(fd: socket.raw, events: Int16(POLLIN), revents: 0)
        while true {
            let ready = poll(&wanted, 1, patience)
            if ready > 0 { return }
            if ready < 0 && mv_errno() == EINTR { continue }
            isBroken = true
            throw Unreachable(
                description: "the service at \(path) did not answer within \(patience / 1000) s",
                remedy: "see its log (journalctl -u mediaveil)")
        }
    }

    private func gone() -> Unreachable {
        Unreachable(
            description: "the service at \(path) closed the connection",
            remedy: "it may be stopping, or have too many connections; try again, and see its log "
                + "(journalctl -u mediaveil)")
    }
}
