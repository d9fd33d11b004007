import CLinux
import Glibc
import LinuxSystem

/// A Unix datagram socket with one address to send to, which may come and go.
struct UnixDatagram: Sendable {
    private let descriptor: OwnedDescriptor
    private let address: sockaddr_un
    private let length: socklen_t

    /// - Parameter path: a path; "@" at its begin stands for the NUL of an abstract address.
    init?(to path: String) {
        var bytes = Array(path.utf8)
        guard let first = bytes.first, bytes.count < 108 else { return nil }
        if first == UInt8(ascii: "@") { bytes[0] = 0 }
        let raw = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard raw >= 0 else { return nil }
        descriptor = OwnedDescriptor(raw)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        self.address = address
        length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
        // Whoever reads slowly must not hold the service up for long.
        var patience = timeval(tv_sec: 1, tv_usec: 0)
        setsockopt(raw, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }

    /// - Returns: false if it was not taken.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor.raw, bytes, bytes.count, Int32(MSG_NOSIGNAL), $0, length) == bytes.count
            }
        }
    }
}
