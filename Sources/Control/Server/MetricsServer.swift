import CLinux
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// Serves the OpenMetrics text over HTTP/1.1 on a Unix socket of its own: `GET /metrics`, for collectors that scrape.
///
/// Root and the members of the administrators' group are served, everybody else gets 403. A connection is for one
/// request, which must be there within seconds. The text is made at most once a second, whoever asks how often.
public final class MetricsServer: Sendable {
    private let listener: any Channel
    private let loops: MultiThreadedEventLoopGroup
    private let path: String
    private let context: MetricsContext

    private init(
        listener: any Channel, loops: MultiThreadedEventLoopGroup, path: String, context: MetricsContext
    ) {
        self.listener = listener
        self.loops = loops
        self.path = path
        self.context = context
    }

    /// Listens at `path`, whose directory must exist. A socket that nobody listens on any more is replaced.
    ///
    /// - Parameters:
    ///   - administratorGroup: the gid whose members may ask, besides root.
    ///   - text: makes the OpenMetrics text; called on a thread where it may block.
    /// - Throws: ``ControlServer/StartError`` if the path is taken or cannot be made.
    public static func start(
        path: String, administratorGroup: UInt32?, logger: Logger, text: @escaping @Sendable () throws -> String
    ) throws -> MetricsServer {
        try SocketPath.removeStale(path)
        let (loops, worker) = withSignalsBlocked {
            let worker = NIOThreadPool(numberOfThreads: 1)
            worker.start()
            return (MultiThreadedEventLoopGroup(numberOfThreads: 1), worker)
        }
        let context = MetricsContext(
            worker: worker, administratorGroup: administratorGroup, logger: logger, text: text)
        let bootstrap = ServerBootstrap(group: loops)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.configureHTTPServerPipeline(withPipeliningAssistance: false, withErrorHandling: true)
                    try pipeline.addHandler(MetricsConnection(context: context))
                }
            }
        do {
            return MetricsServer(
                listener: try SocketPath.listen(bootstrap, at: path), loops: loops, path: path, context: context)
        } catch {
            try? worker.syncShutdownGracefully()
            try? loops.syncShutdownGracefully()
            throw error
        }
    }

    /// From now on members of another group may ask.
    public func setAdministratorGroup(_ group: UInt32?) {
        context.administratorGroup.withLock { $0 = group }
    }

    /// Closes the socket and every connection. Call once.
    public func stop() {
        try? listener.close().wait()
        unlink(path)
        try? loops.syncShutdownGracefully()
        try? context.worker.syncShutdownGracefully()
    }
}

/// What all connections share.
private final class MetricsContext: Sendable {
    let worker: NIOThreadPool
    let administratorGroup: Mutex<UInt32?>
    let admission: Mutex<Admission>
    private let logger: Logger
    private let text: @Sendable () throws -> String
    /// The text that was made last, and when.
    private let latest = Mutex<(text: String, made: NIODeadline)?>(nil)

    init(
        worker: NIOThreadPool, administratorGroup: UInt32?, logger: Logger,
        text: @escaping @Sendable () throws -> String
    ) {
        var limits = ControlServer.Limits()
        limits.connections = 64
        limits.connectionsOfOneUser = 4
        self.worker = worker
        self.administratorGroup = Mutex(administratorGroup)
        self.logger = logger
        self.text = text
        admission = Mutex(Admission(limits: limits))
    }

    /// The text, on the worker's thread; nil if it cannot be made.
    func metrics() -> String? {
        let now = NIODeadline.now()
        if let latest = latest.withLock({ $0 }), now - latest.made < .seconds(1) { return latest.text }
        do {
            let made = try text()
            latest.withLock { $0 = (made, now) }
            return made
        } catch {
            logger.error("the metrics cannot be made", metadata: ["error": "\(error)"])
            return nil
        }
    }
}

/// One connection, for one request. Runs on its event loop only.
private final class MetricsConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let context: MetricsContext
    private var peer: Peer?
    private var head: HTTPRequestHead?
    private var isAnswered = false

    init(context: MetricsContext) { self.context = context }

    func channelActive(context channel: ChannelHandlerContext) {
        let group = context.administratorGroup.withLock { $0 }
        let peer = try? channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(
            of: NIOBSDSocket.Handle.self
        ) { Peer(socket: $0, administratorGroup: group) }
        guard let peer = peer ?? nil, context.admission.withLock({ $0.admit(peer) }) else {
            return channel.close(promise: nil)
        }
        self.peer = peer
        // Whoever has not asked and taken the answer by then does neither any more.
        let bound = NIOLoopBound(channel, eventLoop: channel.eventLoop)
        channel.eventLoop.scheduleTask(in: .seconds(10)) { bound.value.close(promise: nil) }
    }

    func channelInactive(context channel: ChannelHandlerContext) {
        if let peer { context.admission.withLock { $0.leave(peer) } }
        peer = nil
    }

    func errorCaught(context channel: ChannelHandlerContext, error: any Error) { channel.close(promise: nil) }

    func channelRead(context channel: ChannelHandlerContext, data: NIOAny) {
        guard !isAnswered else { return }
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        // Nothing that is asked here has a body.
        case .body: channel.close(promise: nil)
        case .end: answer(channel)
        }
    }

    private func answer(_ channel: ChannelHandlerContext) {
        guard let head, let peer else { return channel.close(promise: nil) }
        isAnswered = true
        guard peer.isAdministrator else {
            return reply(channel, .forbidden, "root and the members of the service's admin_group may ask\n")
        }
        guard head.uri.split(separator: "?").first == "/metrics" else {
            return reply(channel, .notFound, "there is only /metrics\n")
        }
        guard head.method == .GET || head.method == .HEAD else {
            return reply(channel, .methodNotAllowed, "ask with GET\n")
        }
        let bound = NIOLoopBound((self, channel), eventLoop: channel.eventLoop)
        let loop = channel.eventLoop
        context.worker.submit { [context] state in
            let text = state == .active ? context.metrics() : nil
            loop.execute {
                let (connection, channel) = bound.value
                if let text {
                    connection.reply(
                        channel, .ok, text, type: "application/openmetrics-text; version=1.0.0; charset=utf-8",
                        withBody: head.method == .GET)
                } else {
                    connection.reply(channel, .internalServerError, "look into the service's log for the reason\n")
                }
            }
        }
    }

    private func reply(
        _ channel: ChannelHandlerContext, _ status: HTTPResponseStatus, _ text: String,
        type: String = "text/plain; charset=utf-8", withBody: Bool = true
    ) {
        guard channel.channel.isActive else { return }
        var headers = HTTPHeaders([("Content-Type", type), ("Connection", "close")])
        headers.add(name: "Content-Length", value: "\(text.utf8.count)")
        if status == .methodNotAllowed { headers.add(name: "Allow", value: "GET, HEAD") }
        let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
        channel.write(wrapOutboundOut(.head(head)), promise: nil)
        if withBody { channel.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil) }
        let bound = NIOLoopBound(channel, eventLoop: channel.eventLoop)
        channel.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in bound.value.close(promise: nil) }
    }
}
