import CLinux
import Configuration
import Filters
import FuseSession
import Glibc
import LinuxSystem
import Logging
import Policy
import StackedFS
import Store
import Synchronization
import SystemPackage

/// The mounted views of one library, all served by one worker pool.
final class Views: Sendable {
    /// A mounted view.
    struct Mounted: Sendable {
        let name: String
        let app: String?
        let path: String
        let session: ViewSession
    }

    let library: Library
    private let pool: WorkerPool
    private let filters: FilterSet
    private let keeper: PolicyKeeper
    private let configuration: Configuration
    private let logger: Logger
    private let mounted = Mutex<[Mounted]>([])

    init(library: Library, filters: FilterContext, configuration: Configuration, logger: Logger) throws {
        self.library = library
        self.configuration = configuration
        self.logger = logger
        keeper = filters.keeper
        self.filters = .library(filters, policyAlone: configuration.permissions == .policy)
        pool = try WorkerPool(workers: max(4, min(32, 2 * sysconf(Int32(_SC_NPROCESSORS_ONLN)))), logger: logger)
    }

    var all: [Mounted] { mounted.withLock { $0 } }

    /// Whether filters ask for the process of a caller in the shared view.
    private func tellsProcesses(_ identity: ViewIdentity) -> Bool {
        identity.app == nil && !keeper.current.identifies.isEmpty
    }

    /// Mounts a view and serves it.
    ///
    /// - Parameter app: the app that the view is pinned to; nil for the shared view.
    func mount(name: String, app: String?, at path: String) throws {
        try prepare(path)
        var options = ViewSession.Options()
        options.defaultPermissions = configuration.permissions == .posix
        options.listsWithAttributes = app != nil
        options.stackDepth = library.isStacked ? 2 : 1
        let session = ViewSession(mountpoint: path, options: options, logger: logger)
        let timeouts = Stack.Timeouts(
            names: Double(configuration.nameTimeout), attributes: Double(configuration.attributeTimeout))
        let identity = ViewIdentity(name: name, app: app)
        identity.tellsProcesses.store(tellsProcesses(identity), ordering: .relaxed)
        try session.mount { channel in
            Stack(library: library, view: identity, filters: filters, timeouts: timeouts, channel: channel)
        }
        do { try pool.add(session) } catch {
            session.unmount()
            throw ServiceError("cannot serve the view \(name): \(error)")
        }
        mounted.withLock { $0.append(Mounted(name: name, app: app, path: path, session: session)) }
        logger.info("a view is mounted", metadata: fields(name, app))
    }

    /// Unmounts a view; its clients get errors from then on.
    ///
    /// - Returns: false if there is none of this name.
    func unmount(name: String) -> Bool {
        let view = mounted.withLock { mounted -> Mounted? in
            guard let index = mounted.firstIndex(where: { $0.name == name && $0.app != nil }) else { return nil }
            return mounted.remove(at: index)
        }
        guard let view else { return false }
        end(view)
        // Ours; another one stays, and so does one in which something lies.
        if view.path.hasPrefix(configuration.runtimeDirectory + "/views/") { rmdir(view.path) }
        return true
    }

    /// Unmounts everything and ends the workers.
    func stop() {
        let views = mounted.withLock { mounted in
            defer { mounted = [] }
            return mounted
        }
        for view in views { end(view) }
        pool.stop()
    }

    private func end(_ view: Mounted) {
        pool.remove(view.session)
        view.session.unmount()
        logger.info("a view is unmounted", metadata: fields(view.name, view.app))
    }

    private func fields(_ view: String, _ app: String?) -> Logger.Metadata {
        var fields: Logger.Metadata = ["view": "\(view)"]
        fields["app"] = app.map { "\($0)" }
        return fields
    }

    /// What app views may see has changed: the kernel has to ask again. Names whose answer depends on the caller are
    /// never kept in the shared view.
    func policyChanged() {
        for view in all {
            if view.app != nil { view.session.expireAllNames() }
            guard let identity = view.session.stack?.view else { continue }
            identity.tellsProcesses.store(tellsProcesses(identity), ordering: .relaxed)
        }
    }

    func housekeep() {
        for view in all { view.session.stack?.housekeep() }
        library.redacted.housekeep()
    }

    /// Makes the mountpoint if it is missing, and clears away what a killed service left mounted there.
    private func prepare(_ path: String) throws {
        while isDead(path) {
            guard umount2(path, Int32(MNT_DETACH)) == 0 else {
                throw ServiceError(
                    "\(path) is a dead mount of an earlier service and cannot be unmounted; run: umount -l \(path)")
            }
        }
        if mkdir(path, 0o755) != 0, mv_errno() != EEXIST {
            throw ServiceError(
                "cannot make the mountpoint \(path): \(Errno(rawValue: mv_errno())); make its parent directory")
        }
        guard let here = try? FileAttributes.of(path: path), here.kind == .directory else {
            throw ServiceError("the mountpoint \(path) is not a directory")
        }
        if let above = try? FileAttributes.of(path: path + "/.."), above.device != here.device {
            throw ServiceError(
                "the mountpoint \(path) is in use: something is mounted there; unmount it or configure another")
        }
    }

    /// Whether nobody serves what is mounted there. Attributes do not tell: the kernel may still remember them. Statistics
    /// of a filesystem it always asks for.
    private func isDead(_ path: String) -> Bool {
        var statistics = CLinux.statvfs()
        return mv_statvfs(path, &statistics) != 0 && mv_errno() == ENOTCONN
    }
}
