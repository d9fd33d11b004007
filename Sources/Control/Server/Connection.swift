import CLinux
import FoundationEssentials
import NIOCore
import Synchronization

/// One connection: bytes in, requests one after the other to the workers, replies out.
///
/// Runs on its event loop only. It asks for more bytes only while few requests wait, so what a connection holds in
/// memory is bounded by one request, what one read brings, and one reply.
final class Connection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let context: ServerContext
    private var decoder = FrameDecoder(limit: 0)
    private var peer: Peer?
    private var sink: ConnectionSink?
    private var waiting: [[UInt8]] = []
    private var waitingBytes = 0
    private var runningBytes = 0
    private var hasLongRequest = false
    private var isAnswering = false
    private var isReading = false
    private var inputEnded = false
    private var unfinished: Scheduled<Void>?

    init(context: ServerContext) { self.context = context }

    // MARK: Beginning and end

    func channelActive(context channel: ChannelHandlerContext) {
        let group = context.administratorGroup.withLock { $0 }
        let peer = try? channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(
            of: NIOBSDSocket.Handle.self
        ) { Peer(socket: $0, administratorGroup: group) }
        guard let peer = peer ?? nil, !context.isStopping.load(ordering: .sequentiallyConsistent),
            context.admission.withLock({ $0.admit(peer) })
        else {
            return channel.close(promise: nil)
        }
        self.peer = peer
        let sink = ConnectionSink(channel: channel.channel, pauseSeconds: context.limits.pauseSeconds)
        self.sink = sink
        decoder = FrameDecoder(
            limit: peer.isAdministrator ? context.limits.request : context.limits.requestOfOthers)
        context.channels.withLock { $0[ObjectIdentifier(channel.channel)] = channel.channel }
        read(channel)
    }

    func channelInactive(context channel: ChannelHandlerContext) {
        unfinished?.cancel()
        waiting = []
        sink?.close()
        giveUpLongRequest()
        context.channels.withLock { _ = $0.removeValue(forKey: ObjectIdentifier(channel.channel)) }
        if let peer { context.admission.withLock { $0.leave(peer) } }
        peer = nil
    }

    func errorCaught(context channel: ChannelHandlerContext, error: any Error) {
        channel.close(promise: nil)
    }

    // MARK: Bytes

    func channelRead(context channel: ChannelHandlerContext, data: NIOAny) {
        isReading = false
        let buffer = unwrapInboundIn(data)
        do {
            let messages = try buffer.withUnsafeReadableBytes { try decoder.append($0) }
            // An empty message is no request at all.
            guard !messages.contains([]) else { return channel.close(promise: nil) }
            waiting += messages
            waitingBytes += messages.reduce(0) { $0 + $1.count }
            guard mayHold(waitingBytes + runningBytes + decoder.pendingCount) else { return refuseLongRequest(channel) }
            watchUnfinished(channel, isNew: !messages.isEmpty)
            answerNext(channel)
        } catch {
            channel.close(promise: nil)
        }
    }

    func channelReadComplete(context channel: ChannelHandlerContext) {
        isReading = false
        read(channel)
    }

    func userInboundEventTriggered(context channel: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed {
            inputEnded = true
            if !isAnswering && waiting.isEmpty { channel.close(promise: nil) }
        } else {
            channel.fireUserInboundEventTriggered(event)
        }
    }

    /// Asks for more bytes unless enough requests wait.
    private func read(_ channel: ChannelHandlerContext) {
        guard !isReading, !inputEnded, waiting.count < context.limits.waitingRequests,
            waitingBytes < min(decoder.limit, ControlInterface.ordinaryRequests / 2)
        else { return }
        isReading = true
        channel.read()
    }

    // MARK: Long requests

    /// Whether this connection may have so many bytes of requests in memory: many only while no other has.
    private func mayHold(_ bytes: Int) -> Bool {
        guard bytes > ControlInterface.ordinaryRequests, !hasLongRequest else { return true }
        hasLongRequest = !context.hasLongRequest.exchange(true, ordering: .acquiringAndReleasing)
        return hasLongRequest
    }

    private func giveUpLongRequest() {
        guard hasLongRequest else { return }
        hasLongRequest = false
        context.hasLongRequest.store(false, ordering: .releasing)
    }

    private func refuseLongRequest(_ channel: ChannelHandlerContext) {
        let error = ControlError.busy(reason: "another long request is being read; try again when it is done")
        guard let frame = try? Wire.frame(ErrorForm(error)) else { return channel.close(promise: nil) }
        isReading = true
        channel.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: frame)), promise: nil)
        channel.close(promise: nil)
    }

    /// A request that has begun must be complete in time. Time in which we did not read does not count.
    private func watchUnfinished(_ channel: ChannelHandlerContext, isNew: Bool) {
        if !decoder.isInside || isNew {
            unfinished?.cancel()
            unfinished = nil
        }
        guard decoder.isInside, unfinished == nil else { return }
        let bound = NIOLoopBound((self, channel), eventLoop: channel.eventLoop)
        unfinished = channel.eventLoop.scheduleTask(in: .seconds(context.limits.requestSeconds)) {
            let (connection, channel) = bound.value
            connection.unfinished = nil
            if connection.isReading {
                channel.close(promise: nil)
            } else {
                connection.watchUnfinished(channel, isNew: false)
            }
        }
    }

    // MARK: Requests

    private func answerNext(_ channel: ChannelHandlerContext) {
        guard !isAnswering, let peer, let sink else { return }
        guard !waiting.isEmpty else {
            if inputEnded { channel.close(promise: nil) }
            return
        }
        isAnswering = true
        let message = waiting.removeFirst()
        waitingBytes -= message.count
        runningBytes = message.count
        let bound = NIOLoopBound((self, channel), eventLoop: channel.eventLoop)
        let loop = channel.eventLoop
        let worker = CallWorker(context: context, peer: peer, sink: sink)
        context.workers.run(for: peer) {
            worker.answer(Data(message)) { outcome in
                loop.execute {
                    let (connection, channel) = bound.value
                    connection.finish(outcome, channel)
                }
            }
        }
    }

    private func finish(_ outcome: CallWorker.Outcome, _ channel: ChannelHandlerContext) {
        guard channel.channel.isActive else { return }
        switch outcome {
        case .reply(let frame):
            let bound = NIOLoopBound((self, channel), eventLoop: channel.eventLoop)
            let deadline = channel.eventLoop.scheduleTask(in: .seconds(context.limits.replySeconds)) {
                bound.value.1.close(promise: nil)
            }
            channel.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: frame))).whenComplete { result in
                deadline.cancel()
                let (connection, channel) = bound.value
                if case .success = result { connection.proceed(channel) } else { channel.close(promise: nil) }
            }
        case .done: proceed(channel)
        case .hangUp: channel.close(promise: nil)
        }
    }

    private func proceed(_ channel: ChannelHandlerContext) {
        isAnswering = false
        runningBytes = 0
        if waitingBytes + decoder.pendingCount <= ControlInterface.ordinaryRequests { giveUpLongRequest() }
        answerNext(channel)
        read(channel)
    }
}

/// Where a stream's replies go: from a worker's thread to the connection.
final class ConnectionSink: ReplySink {
    private let channel: any Channel
    private let pauseSeconds: Int64
    private struct State {
        var isOpen = true
        var listeners: [@Sendable () -> Void] = []
    }
    private let state = Mutex(State())

    init(channel: any Channel, pauseSeconds: Int64) {
        self.channel = channel
        self.pauseSeconds = pauseSeconds
    }

    var isOpen: Bool { state.withLock { $0.isOpen } }

    func send(_ frame: [UInt8]) throws(StreamClosed) {
        guard isOpen else { throw StreamClosed() }
        let channel = channel
        let deadline = channel.eventLoop.scheduleTask(in: .seconds(pauseSeconds)) { channel.close(promise: nil) }
        defer { deadline.cancel() }
        do { try channel.writeAndFlush(ByteBuffer(bytes: frame)).wait() } catch { throw StreamClosed() }
    }

    func whenClosed(_ body: @escaping @Sendable () -> Void) {
        let isOpen = state.withLock { state in
            if state.isOpen { state.listeners.append(body) }
            return state.isOpen
        }
        if !isOpen { body() }
    }

    /// Called once by the connection.
    func close() {
        let listeners = state.withLock { state in
            state.isOpen = false
            defer { state.listeners = [] }
            return state.listeners
        }
        for listener in listeners { listener() }
    }
}
