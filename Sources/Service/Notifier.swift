import CLinux
import Glibc

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
        UnixDatagram(to: String(cString: value))?.send(Array(message.utf8))
    }
}
