import CLinux
import Glibc
import LinuxSystem

/// Tells systemd how the service is doing (sd_notify(3)): one datagram to the socket that NOTIFY_SOCKET names.
public enum Notifier {
    public static func ready() { send("READY=1") }
    public static func stopping() { send("STOPPING=1") }
    public static func status(_ text: String) { send("STATUS=\(text)") }
    public static func reloading() {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        send("RELOADING=1\nMONOTONIC_USEC=\(now.tv_sec * 1_000_000 + now.tv_nsec / 1_000)")
    }

    private static func send(_ message: String) {
        guard let value = getenv("NOTIFY_SOCKET") else { return }
        var path = Array(String(cString: value).utf8)
        guard let first = path.first, path.count < 108 else { return }
        // "@" stands for the leading NUL of an abstract address.
        if first == UInt8(ascii: "@") { path[0] = 0 }
        let raw = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard raw >= 0 else { return }
        let descriptor = OwnedDescriptor(raw)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + path.count)
        let text = Array(message.utf8)
        _ = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor.raw, text, text.count, Int32(MSG_NOSIGNAL), $0, length)
            }
        }
    }
}
