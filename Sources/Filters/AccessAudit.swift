import LinuxSystem
import Logging
import Policy
import StackedFS
import Store
import SystemPackage

/// Tells the access log what was opened, made, changed and refused. The first of the filters, so that it sees what the
/// caller gets.
public final class AccessAudit: Filter {
    let shared: FilterContext

    public init(_ shared: FilterContext) { self.shared = shared }

    public var interests: OperationKinds {
        [.open, .create, .link, .remove, .rename, .setAttributes, .openDirectory, .changeXattr]
    }

    public func before(_ operation: inout Open, _ context: RequestContext) -> Verdict<Opened> { .passThenAfter }
    public func after(_ operation: Open, _ result: inout Result<Opened, Errno>, _ context: RequestContext) {
        let caller = shared.caller(context)
        var reason = caller.decide(operation.node).rule.rawValue
        var isRedacted = false
        switch result {
        case .success(let opened):
            isRedacted = opened.isRedacted
            for text in opened.reasons { reason += "; " + text }
        case .failure(.staleNFSFileHandle):
            // The kernel looks the name up again and opens what it finds: that open has its own row.
            return
        case .failure: break
        }
        shared.record(
            operation.writes || operation.truncates ? "open-write" : "open", caller, context,
            path: operation.node.path, outcome(result), redacted: isRedacted, reason: reason)
    }

    public func before(_ operation: inout Create, _ context: RequestContext) -> Verdict<Entry> { .passThenAfter }
    public func after(_ operation: Create, _ result: inout Result<Entry, Errno>, _ context: RequestContext) {
        named("create", operation.parent, operation.name, outcome(result), context)
    }

    public func before(_ operation: inout Link, _ context: RequestContext) -> Verdict<Entry> { .passThenAfter }
    public func after(_ operation: Link, _ result: inout Result<Entry, Errno>, _ context: RequestContext) {
        named("link", operation.parent, operation.name, outcome(result), context)
    }

    public func before(_ operation: inout Remove, _ context: RequestContext) -> Verdict<Removed> { .passThenAfter }
    public func after(_ operation: Remove, _ result: inout Result<Removed, Errno>, _ context: RequestContext) {
        named(operation.isDirectory ? "rmdir" : "delete", operation.parent, operation.name, outcome(result), context)
    }

    public func before(_ operation: inout Rename, _ context: RequestContext) -> Verdict<Removed> { .passThenAfter }
    public func after(_ operation: Rename, _ result: inout Result<Removed, Errno>, _ context: RequestContext) {
        named(
            "rename", operation.parent, operation.name, outcome(result), context,
            target: path(operation.newParent, operation.newName))
    }

    public func before(_ operation: inout SetAttributes, _ context: RequestContext) -> Verdict<AttributesReply> {
        .passThenAfter
    }
    public func after(
        _ operation: SetAttributes, _ result: inout Result<AttributesReply, Errno>, _ context: RequestContext
    ) {
        let caller = shared.caller(context)
        shared.record(
            "setattr", caller, context, path: operation.node.path, outcome(result), redacted: false,
            reason: caller.decide(operation.node).rule.rawValue)
    }

    public func before(_ operation: inout ChangeXattr, _ context: RequestContext) -> Verdict<Done> { .passThenAfter }
    public func after(_ operation: ChangeXattr, _ result: inout Result<Done, Errno>, _ context: RequestContext) {
        let caller = shared.caller(context)
        shared.record(
            "setxattr", caller, context, path: operation.node.path, outcome(result), redacted: false,
            reason: caller.decide(operation.node).rule.rawValue)
    }

    public func before(_ operation: inout OpenDirectory, _ context: RequestContext) -> Verdict<Opened> {
        .passThenAfter
    }
    public func after(_ operation: OpenDirectory, _ result: inout Result<Opened, Errno>, _ context: RequestContext) {
        // Listings that succeed would fill the log without telling anything.
        guard case .failure(let code) = result else { return }
        let caller = shared.caller(context)
        shared.record(
            "list", caller, context, path: operation.node.path, code, redacted: false,
            reason: caller.decide(operation.node).rule.rawValue)
    }

    private func outcome<T>(_ result: Result<T, Errno>) -> Errno? {
        if case .failure(let code) = result { code } else { nil }
    }

    private func named(
        _ operation: String, _ parent: Node, _ name: [UInt8], _ code: Errno?, _ context: RequestContext,
        target: [UInt8]? = nil
    ) {
        let caller = shared.caller(context)
        let decision = caller.decide(caller.place(of: name, in: parent), Subject(false, name), owner: nil)
        shared.record(
            operation, caller, context, path: path(parent, name), target: target, code, redacted: false,
            reason: decision.rule.rawValue)
    }
}

extension FilterContext {
    /// One funnel for all rows: `code` nil is success.
    func record(
        _ operation: String, _ caller: Caller, _ context: RequestContext, path: [UInt8], target: [UInt8]? = nil,
        _ code: Errno?, redacted: Bool, reason: String
    ) {
        let decision: AuditEvent.Decision
        switch code {
        case nil: decision = redacted ? .redact : .allow
        case .noSuchFileOrDirectory?: decision = .hide
        case .permissionDenied?, .notPermitted?: decision = .deny
        default: decision = .allow
        }
        record(
            operation, caller, context, path: path, target: target, decision: decision,
            errno: code ?? Errno(rawValue: 0), reason: reason)
    }

    func record(
        _ operation: String, _ caller: Caller, _ context: RequestContext, path: [UInt8], target: [UInt8]? = nil,
        decision: AuditEvent.Decision, errno: Errno, reason: String
    ) {
        let event = AuditEvent(
            time: AuditEvent.now, app: caller.app, uid: context.uid, pid: context.pid, view: context.view.name,
            operation: operation, path: path, target: target, decision: decision, errno: errno.rawValue,
            reason: reason)
        audit.record(event)
        let level: Logger.Level = decision == .hide || decision == .deny ? .debug : .trace
        if logger.logLevel <= level { tell(event, level) }
    }

    /// For whoever looks for the reason of something right now: these messages name files.
    private func tell(_ event: AuditEvent, _ level: Logger.Level) {
        var fields: Logger.Metadata = [
            "view": "\(event.view)", "operation": "\(event.operation)", "decision": "\(event.decision.rawValue)",
            "path": "\(String(decoding: event.path, as: UTF8.self))", "reason": "\(event.reason)",
        ]
        fields["app"] = event.app.map { "\($0)" }
        fields["uid"] = event.uid.map { "\($0)" }
        logger.log(level: level, "access", metadata: fields)
    }
}
