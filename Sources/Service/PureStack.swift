import CLinux
import FuseSession
import LinuxSystem
import Logging
import StackedFS

/// `mediaveild passthrough`: the library mounted with no filter at all.
public enum PureStack {
    /// Mounts `library` on `mountpoint` and serves it until SIGTERM or SIGINT.
    ///
    /// - Throws: when the library cannot be opened or the view cannot be mounted.
    public static func run(
        library path: String, mountpoint: String, passthrough: Bool, signals: StopSignals, logger: Logger
    ) throws {
        DescriptorBudget.raise()
        let library: Library
        do { library = try Library(path: path, redacted: RedactedContent()) } catch {
            throw ServiceError("cannot open the library “\(path)”: \(error); name a directory")
        }
        let pool = try WorkerPool(workers: 4, logger: logger)
        var options = ViewSession.Options()
        options.passthrough = passthrough
        let session = ViewSession(mountpoint: mountpoint, options: options, logger: logger)
        try session.mount { channel in
            Stack(
                library: library, view: ViewIdentity(name: "pure", app: "pure"), filters: .none,
                timeouts: Stack.Timeouts(), channel: channel)
        }
        try pool.add(session)
        logger.info("mounted", metadata: ["mountpoint": "\(mountpoint)"])
        Notifier.ready()
        _ = signals.wait()
        Notifier.stopping()
        pool.remove(session)
        session.unmount()
        pool.stop()
    }
}
