import CLinux
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// Serves the control interface on a Unix socket.
///
/// One event loop moves bytes; handlers run on threads of their own, administrators' calls apart from everybody
/// else's and streams apart from both, so that no caller can make the others wait. An idle connection costs a
/// descriptor and no thread.
public final class ControlServer: Sendable {
    /// What callers can take for themselves.
    public struct Limits: Sendable, Hashable {
        /// Connections at once; a quarter of them is for administrators only.
        public var connections = 4096
        /// Connections at once of one user who is no administrator.
        public var connectionsOfOneUser = 128
        /// Calls that run with a stream of replies.
        public var streams = 16
        /// Bytes of a request of an administrator, and of anybody else.
        public var request = ControlInterface.longestRequest
        public var requestOfOthers = 64 << 10
        /// Requests of one connection that wait for the one that runs.
        public var waitingRequests = 16
        /// Seconds in which a request that has begun must be complete.
        public var requestSeconds: Int64 = 10
        /// Seconds in which a caller must take a reply.
        public var replySeconds: Int64 = 30
        /// Seconds for which a caller may pause a stream of replies.
        public var pauseSeconds: Int64 = 600

        public init() {}
    }

    public struct StartError: Error, Sendable, CustomStringConvertible {
        public let description: String
    }

    private let listener: any Channel
    private let loops: MultiThreadedEventLoopGroup
    private let workers: Workers
    private let path: String
    private let context: ServerContext

    private init(
        listener: any Channel, loops: MultiThreadedEventLoopGroup, workers: Workers, path: String,
        context: ServerContext
    ) {
        self.listener = listener
        self.loops = loops
        self.workers = workers
        self.path = path
        self.context = context
    }

    /// Listens at `path`, whose directory must exist. A socket that nobody listens on any more is replaced.
    ///
    /// - Parameters:
    ///   - version: of the service, for introspection.
    ///   - administratorGroup: the gid whose members may do everything, besides root.
    /// - Throws: ``StartError`` if the path is taken or cannot be made.
    public static func start(
        path: String, version: String, administratorGroup: UInt32?, handler: any ControlHandler,
        limits: Limits = Limits(), logger: Logger
    ) throws -> ControlServer {
        try SocketPath.removeStale(path)
        let routes = Routes(handler: handler, version: version)
        // The service waits for its signals on threads that it chooses: none is delivered to ours.
        let (loops, workers) = withSignalsBlocked {
            (MultiThreadedEventLoopGroup(numberOfThreads: 1), Workers(limits: limits))
        }
        let context = ServerContext(
            routes: routes, limits: limits, workers: workers, logger: logger, administratorGroup: administratorGroup)
        let bootstrap = ServerBootstrap(group: loops)
            .serverChannelOption(.backlog, value: 1024)
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Connection(context: context))
                }
            }
        do {
            return ControlServer(
                listener: try SocketPath.listen(bootstrap, at: path), loops: loops, workers: workers, path: path,
                context: context)
        } catch {
            workers.stop()
            try? loops.syncShutdownGracefully()
            throw error
        }
    }

    /// From now on members of another group are administrators; connections that exist keep what they are.
    public func setAdministratorGroup(_ group: UInt32?) {
        context.administratorGroup.withLock { $0 = group }
    }

    /// Connections at this moment.
    public var connectionCount: Int { context.admission.withLock { $0.total } }

    /// Closes the socket and every connection, and waits for handlers that still run. Call once, not from a handler.
    public func stop() {
        context.isStopping.store(true, ordering: .sequentiallyConsistent)
        try? listener.close().wait()
        unlink(path)
        let channels = context.channels.withLock { $0 }
        for channel in channels.values { channel.close(promise: nil) }
        workers.stop()
        try? loops.syncShutdownGracefully()
    }
}

/// What all connections share.
final class ServerContext: Sendable {
    let routes: Routes
    let limits: ControlServer.Limits
    let workers: Workers
    let logger: Logger
    let administratorGroup: Mutex<UInt32?>
    let admission: Mutex<Admission>
    let channels = Mutex<[ObjectIdentifier: any Channel]>([:])
    let isStopping = Atomic(false)
    /// A connection holds a long request in memory.
    let hasLongRequest = Atomic(false)

    init(
        routes: Routes, limits: ControlServer.Limits, workers: Workers, logger: Logger, administratorGroup: UInt32?
    ) {
        self.routes = routes
        self.limits = limits
        self.workers = workers
        self.logger = logger
        self.administratorGroup = Mutex(administratorGroup)
        admission = Mutex(Admission(limits: limits))
    }
}

/// Threads for handlers.
final class Workers: Sendable {
    private let administrators = NIOThreadPool(numberOfThreads: 4)
    private let others = NIOThreadPool(numberOfThreads: 2)
    private let streams: NIOThreadPool
    private let limit: Int
    private let runningStreams = Atomic(0)

    init(limits: ControlServer.Limits) {
        limit = max(1, limits.streams)
        streams = NIOThreadPool(numberOfThreads: limit)
        administrators.start()
        others.start()
        streams.start()
    }

    /// Runs `work`, in the order of calls; it is dropped when the server stops.
    func run(for peer: Peer, _ work: @escaping @Sendable () -> Void) {
        (peer.isAdministrator ? administrators : others).submit { if $0 == .active { work() } }
    }

    /// Runs `work` on a thread that it may keep; `false` if there is none.
    func runStream(_ work: @escaping @Sendable () -> Void) -> Bool {
        let before = runningStreams.wrappingAdd(1, ordering: .relaxed).oldValue
        guard before < limit else {
            runningStreams.wrappingSubtract(1, ordering: .relaxed)
            return false
        }
        streams.submit { state in
            if state == .active { work() }
            self.runningStreams.wrappingSubtract(1, ordering: .relaxed)
        }
        return true
    }

    func stop() {
        try? administrators.syncShutdownGracefully()
        try? others.syncShutdownGracefully()
        try? streams.syncShutdownGracefully()
    }
}

/// Runs `body` with all signals blocked, for threads that it starts to inherit.
func withSignalsBlocked<T>(_ body: () -> T) -> T {
    var all = sigset_t()
    var before = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    return body()
}
