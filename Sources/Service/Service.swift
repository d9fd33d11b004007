import CLinux
import Configuration
import Control
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

/// The rooms, wired into one running service.
public final class Service: Sendable {
    let configuration: Mutex<Configuration>
    private let configurationPath: String
    let store: PolicyStore
    let ownership: OwnershipStore
    let audit: AuditLog
    let views: Views
    let library: Library
    let started = AuditEvent.now
    let logger: Logger
    /// Whether the library's filesystem can clone, as it was tried last.
    let clones = CloneAnswer()
    private let log: ServiceLog
    private let directory: StateDirectory
    private let server = Mutex<ControlServer?>(nil)
    private let metrics = Mutex<MetricsServer?>(nil)

    /// Opens everything, mounts the views and begins to listen.
    ///
    /// - Throws: an error whose description is one line for the administrator; nothing is changed then.
    public init(configurationPath: String, configuration: Configuration, log: ServiceLog) throws {
        self.configurationPath = configurationPath
        self.configuration = Mutex(configuration)
        self.log = log
        logger = log.logger()
        DescriptorBudget.raise()
        library = try Service.openLibrary(configuration)
        directory = try StateDirectory(path: configuration.stateDirectory)
        store = try PolicyStore(
            directory: directory, folders: try Service.folders(configuration),
            callers: Service.callers(configuration))
        ownership = try OwnershipStore(store)
        audit = try AuditLog(path: configuration.stateDirectory + "/audit.db", logger: logger)
        let filters = FilterContext(keeper: store.keeper, ownership: ownership, audit: audit, logger: logger)
        views = try Views(library: library, filters: filters, configuration: configuration, logger: logger)
        do { try start(configuration) } catch {
            views.stop()
            audit.close()
            throw error
        }
    }

    private func start(_ configuration: Configuration) throws {
        try Service.makeRuntimeDirectory(configuration.runtimeDirectory)
        audit.noteCrash()
        record("start", reason: "version \(MediaVeil.version)")
        if let mount = configuration.sharedViewMount { try views.mount(name: "shared", app: nil, at: mount) }
        for view in try store.views() {
            do { try views.mount(name: view.name, app: view.app, at: view.path) } catch {
                logger.error("a view is not restored", metadata: ["view": "\(view.name)", "error": "\(error)"])
            }
        }
        store.keeper.onChange { [views] _, _ in views.policyChanged() }
        try listen(configuration)
    }

    private func listen(_ configuration: Configuration) throws {
        let handler = ServiceHandler(self)
        let group = Service.groupID(configuration.adminGroup)
        let listening = try ControlServer.start(
            path: configuration.socket, version: MediaVeil.version, administratorGroup: group, handler: handler,
            logger: logger)
        server.withLock { $0 = listening }
        guard let path = configuration.metricsSocket else { return }
        do {
            let serving = try MetricsServer.start(path: path, administratorGroup: group, logger: logger) {
                OpenMetrics.text(handler.status())
            }
            metrics.withLock { $0 = serving }
        } catch {
            listening.stop()
            throw error
        }
    }

    /// Serves until SIGTERM or SIGINT; SIGHUP reads the configuration again.
    public func run(signals: StopSignals) {
        Notifier.ready()
        logger.info("ready", metadata: ["version": "\(MediaVeil.version)", "views": "\(views.all.count)"])
        let housekeeping = Housekeeping { [self] in housekeep() }
        while signals.wait() == .reload {
            Notifier.reloading()
            do {
                for change in try reload() {
                    logger.notice("the configuration has changed", metadata: ["change": "\(change)"])
                }
            } catch {
                logger.error("the configuration is not applied", metadata: ["error": "\(error)"])
            }
            Notifier.ready()
        }
        Notifier.stopping()
        housekeeping.stop()
        stop()
    }

    /// Unmounts, flushes and closes; clients that hold files do not hold it up.
    public func stop() {
        metrics.withLock { metrics in
            metrics?.stop()
            metrics = nil
        }
        server.withLock { server in
            server?.stop()
            server = nil
        }
        views.stop()
        ownership.flush()
        store.close()
        record("stop", reason: "orderly")
        audit.close()
        logger.info("stopped")
        log.tellLeftOut(all: true)
    }

    private func housekeep() {
        log.tellLeftOut()
        views.housekeep()
        let (age, size) = configuration.withLock { ($0.auditRetention, $0.auditMaxSize) }
        audit.prune(age: age, bytes: size)
    }

    /// A row about the service itself.
    func record(_ operation: String, app: String? = nil, uid: UInt32? = nil, path: [UInt8] = [], reason: String) {
        audit.record(
            AuditEvent(
                time: AuditEvent.now, app: app, uid: uid, pid: uid == nil ? getpid() : nil, view: "",
                operation: operation, path: path, decision: .allow, reason: reason))
    }

    /// A change of the policy that somebody has made: a row, and a message without the names of folders.
    func note(_ operation: String, app: String?, _ peer: Peer, detail: String) {
        audit.record(
            AuditEvent(
                time: AuditEvent.now, app: app, uid: peer.uid, pid: peer.pid, view: "", operation: operation, path: [],
                decision: .allow, reason: detail))
        var fields: Logger.Metadata = ["operation": "\(operation)", "decision": "allow", "uid": "\(peer.uid)"]
        fields["app"] = app.map { "\($0)" }
        if logger.logLevel <= .debug { fields["detail"] = "\(detail)" }
        logger.info("the policy has changed", metadata: fields)
    }

    // MARK: reload

    /// Reads the configuration again and applies it: all of it, or nothing.
    ///
    /// - Returns: what changed, a sentence each.
    func reload() throws -> [String] {
        let new = try Configuration.load(configurationPath)
        let old = configuration.withLock { $0 }
        if let key = Service.fixedKey(old, new) {
            throw ServiceError("\(key) cannot change while the service runs; restart it. Nothing was applied")
        }
        try store.setRules(folders: try Service.folders(new), callers: Service.callers(new))
        configuration.withLock { $0 = new }
        log.level = new.logLevel.loggerLevel
        let group = Service.groupID(new.adminGroup)
        server.withLock { $0?.setAdministratorGroup(group) }
        metrics.withLock { $0?.setAdministratorGroup(group) }
        let changes = Service.differences(old, new)
        record("reload", reason: changes.isEmpty ? "nothing changed" : changes.joined(separator: "; "))
        return changes
    }

    private static func fixedKey(_ old: Configuration, _ new: Configuration) -> String? {
        let pairs: [(String, Bool)] = [
            ("library.path", old.libraryPath == new.libraryPath),
            ("shared_view.mount", old.sharedViewMount == new.sharedViewMount),
            ("service.state_directory", old.stateDirectory == new.stateDirectory),
            ("service.runtime_directory", old.runtimeDirectory == new.runtimeDirectory),
            ("service.socket", old.socket == new.socket),
            ("service.metrics_socket", old.metricsSocket == new.metricsSocket),
            ("files.permissions", old.permissions == new.permissions),
            ("redaction.snapshots", old.snapshots == new.snapshots),
            ("timeouts", old.nameTimeout == new.nameTimeout && old.attributeTimeout == new.attributeTimeout),
        ]
        return pairs.first { !$0.1 }?.0
    }

    private static func differences(_ old: Configuration, _ new: Configuration) -> [String] {
        func change<T: Equatable>(_ key: String, _ a: T, _ b: T) -> String? {
            a == b ? nil : "\(key) is \(b), was \(a)"
        }
        return [
            change("service.admin_group", old.adminGroup, new.adminGroup),
            change("callers.unknown", old.unknownCallers.rawValue, new.unknownCallers.rawValue),
            change("callers.trusted_uids", old.trustedUIDs.sorted(), new.trustedUIDs.sorted()),
            change(
                "callers.identify", old.identify.map(\.rawValue).sorted(), new.identify.map(\.rawValue).sorted()),
            change("app_folders.private", old.privateFolders, new.privateFolders),
            change("app_folders.shared", old.sharedFolders, new.sharedFolders),
            change("audit.retention", old.auditRetention, new.auditRetention),
            change("audit.max_size", old.auditMaxSize, new.auditMaxSize),
            change("logging.level", old.logLevel.rawValue, new.logLevel.rawValue),
        ].compactMap { $0 }
    }

    // MARK: from configuration to values

    private static func openLibrary(_ configuration: Configuration) throws -> Library {
        var options = RedactedContent.Options()
        options.snapshots = configuration.snapshots == .auto ? .auto : .off
        do {
            return try Library(path: configuration.libraryPath, redacted: RedactedContent(options: options))
        } catch {
            throw ServiceError(
                "cannot open the library \(configuration.libraryPath): \(error); create it or correct library.path")
        }
    }

    static func folders(_ configuration: Configuration) throws -> [FolderRule] {
        try configuration.privateFolders.map { try FolderRule(pattern: $0, kind: .private) }
            + configuration.sharedFolders.map { try FolderRule(pattern: $0, kind: .shared) }
    }

    static func callers(_ configuration: Configuration) -> CallerRules {
        CallerRules(
            unknown: configuration.unknownCallers == .deny ? .deny : .redactedReadonly,
            trusted: configuration.trustedUIDs, identify: configuration.identify)
    }

    private static func makeRuntimeDirectory(_ path: String) throws {
        for (directory, mode) in [(path, 0o755 as mode_t), (path + "/views", 0o700)] {
            if mkdir(directory, mode) != 0, mv_errno() != EEXIST {
                throw ServiceError("cannot make \(directory): \(Errno(rawValue: mv_errno()))")
            }
            chmod(directory, mode)
        }
    }

    /// The gid of a group; nil if there is none of this name.
    static func groupID(_ name: String) -> UInt32? { getgrnam(name)?.pointee.gr_gid }
}
