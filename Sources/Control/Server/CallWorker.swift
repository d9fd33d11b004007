import FoundationEssentials
import Logging

/// Answers one call, on threads where handlers may block.
struct CallWorker: Sendable {
    enum Outcome: Sendable {
        case reply([UInt8])
        /// All that was to be said has been sent, or the caller wants no reply.
        case done
        /// It is no request at all.
        case hangUp
    }

    let context: ServerContext
    let peer: Peer
    let sink: any ReplySink

    /// Calls `complete` exactly once, from any thread.
    func answer(_ message: Data, _ complete: @escaping @Sendable (Outcome) -> Void) {
        guard let head = try? JSONDecoder().decode(CallHead.self, from: message) else { return complete(.hangUp) }
        let isOneWay = head.oneway ?? false
        let finish: @Sendable (Outcome) -> Void = { outcome in
            if isOneWay, case .reply = outcome { complete(.done) } else { complete(outcome) }
        }
        let call = IncomingCall(
            message: message, parameterNames: head.parameters.map(\.names) ?? [], peer: peer, more: head.more ?? false)
        do {
            switch try context.routes.route(head.method, for: peer) {
            case .single(_, let answer): finish(.reply(try answer(call)))
            case .stream(let replies, let answer):
                guard call.more || replies != .several else { throw ControlError.expectedMore }
                let sink: any ReplySink = isOneWay ? DiscardingSink() : self.sink
                let hasThread = context.workers.runStream {
                    do {
                        try answer(call, sink)
                        finish(.done)
                    } catch {
                        finish(outcome(of: error, in: head.method))
                    }
                }
                if !hasThread {
                    throw ControlError.busy(reason: "\(context.limits.streams) calls with many replies run already")
                }
            }
        } catch {
            finish(outcome(of: error, in: head.method))
        }
    }

    private func outcome(of error: any Error, in method: String) -> Outcome {
        if error is StreamClosed { return .hangUp }
        let known: ControlError
        if let error = error as? ControlError {
            known = error
            if case .notPermitted = error {
                context.logger.notice(
                    "a request was refused",
                    metadata: ["operation": "\(method)", "decision": "deny", "uid": "\(peer.uid)"])
            }
        } else {
            // Details may name files of other users: they are for the service's log only.
            context.logger.error(
                "a request failed", metadata: ["operation": "\(method)", "error": "\(error)", "uid": "\(peer.uid)"])
            known = .failed(reason: "the service failed to do this", remedy: "look into its log for the reason")
        }
        guard let frame = try? Wire.frame(ErrorForm(known)) else { return .hangUp }
        return .reply(frame)
    }
}
