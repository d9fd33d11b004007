import Synchronization

/// Nobody listens any longer: the caller hung up, did not read for too long, or the service ends.
public struct StreamClosed: Error {}

/// A reply that can follow others of its kind, and be put together from several.
public protocol StreamedReply: Codable, Sendable {
    /// The last reply of a call that has nothing left to say.
    static var end: Self { get }
    /// Adds what the next reply says.
    mutating func merge(_ next: Self)
}

/// Where the bytes of replies go. Safe to use from any thread but an event loop's.
protocol ReplySink: Sendable {
    var isOpen: Bool { get }
    /// Returns when the kernel has taken the bytes: the caller's slowness slows the handler down.
    func send(_ frame: [UInt8]) throws(StreamClosed)
    func whenClosed(_ body: @escaping @Sendable () -> Void)
}

/// For a caller that wants no reply.
struct DiscardingSink: ReplySink {
    var isOpen: Bool { true }
    func send(_ frame: [UInt8]) {}
    func whenClosed(_ body: @escaping @Sendable () -> Void) {}
}

/// Takes the replies of one call, one after the other.
///
/// For a caller that did not ask for `more` they are kept and put together into one.
public final class ReplyStream<Reply: StreamedReply>: Sendable {
    private let sink: any ReplySink
    private let more: Bool
    private struct State {
        var collected: Reply?
        var isFinished = false
    }
    private let state = Mutex(State())

    init(sink: any ReplySink, more: Bool) {
        self.sink = sink
        self.more = more
    }

    /// Whether somebody still listens. A handler that waits for news asks now and then.
    public var isOpen: Bool { sink.isOpen }

    /// Calls `body` once when nobody listens any longer (at once if so already), from any thread; it must not block.
    public func whenClosed(_ body: @escaping @Sendable () -> Void) { sink.whenClosed(body) }

    /// Sends a reply that another one follows; waits until the caller has room for it.
    public func send(_ reply: Reply) throws { try put(reply, isLast: false) }

    /// Sends the last reply. A handler that ends without it has ``StreamedReply/end`` sent for it.
    public func finish(_ reply: Reply) throws { try put(reply, isLast: true) }

    /// Sends the last reply if the handler did not.
    func finishIfNeeded() throws {
        if state.withLock({ !$0.isFinished }) { try put(.end, isLast: true) }
    }

    private func put(_ reply: Reply, isLast: Bool) throws {
        let next: Reply? = state.withLock { state in
            guard !state.isFinished else { return nil }
            state.isFinished = isLast
            if more { return reply }
            if state.collected == nil { state.collected = reply } else { state.collected?.merge(reply) }
            return isLast ? state.collected : nil
        }
        guard let next else {
            if !sink.isOpen { throw StreamClosed() }
            return
        }
        try sink.send(Wire.frame(ReplyForm(parameters: next, continues: isLast ? nil : true)))
    }
}

extension RevokeRequest.Reply: StreamedReply {
    public static var end: Self { Self(grants: [], changes: [], processes: []) }
    public mutating func merge(_ next: Self) {
        grants += next.grants
        changes += next.changes
        processes += next.processes
    }
}

extension QueryAuditRequest.Reply: StreamedReply {
    public static var end: Self { Self(rows: []) }
    public mutating func merge(_ next: Self) { rows += next.rows }
}

extension FollowAuditRequest.Reply: StreamedReply {
    public static var end: Self { Self(rows: []) }
    public mutating func merge(_ next: Self) { rows += next.rows }
}

extension VerifyAuditRequest.Reply: StreamedReply {
    public static var end: Self { Self(checked: 0, total: 0) }
    public mutating func merge(_ next: Self) { self = next }
}

extension AuditReportRequest.Reply: StreamedReply {
    public static var end: Self { Self(text: "") }
    public mutating func merge(_ next: Self) { text += next.text }
}
