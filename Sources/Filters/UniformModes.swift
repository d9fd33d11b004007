import LinuxSystem
import StackedFS
import SystemPackage

/// `permissions = "policy"`: everything is shown as root's, open to all, and the policy alone decides. chmod and chown
/// are accepted without effect.
public final class UniformModes: Filter {
    public init() {}

    public var interests: OperationKinds { [.lookup, .create, .link, .getAttributes, .setAttributes] }

    private func uniform(_ attributes: inout FileAttributes) {
        let bits: UInt32 = attributes.kind == .directory ? 0o777 : 0o666
        attributes.mode = attributes.kind.modeBits | (attributes.kind == .symbolicLink ? 0o777 : bits)
        attributes.owner = 0
        attributes.group = 0
    }

    private func uniform(_ result: inout Result<Entry, Errno>) {
        guard case .success(var entry) = result else { return }
        uniform(&entry.attributes)
        result = .success(entry)
    }

    private func uniform(_ result: inout Result<AttributesReply, Errno>) {
        guard case .success(var reply) = result else { return }
        uniform(&reply.attributes)
        result = .success(reply)
    }

    public func before(_ operation: inout Lookup, _ context: RequestContext) -> Verdict<Entry> { .passThenAfter }
    public func after(_ operation: Lookup, _ result: inout Result<Entry, Errno>, _ context: RequestContext) {
        uniform(&result)
    }
    public func before(_ operation: inout Create, _ context: RequestContext) -> Verdict<Entry> { .passThenAfter }
    public func after(_ operation: Create, _ result: inout Result<Entry, Errno>, _ context: RequestContext) {
        uniform(&result)
    }
    public func before(_ operation: inout Link, _ context: RequestContext) -> Verdict<Entry> { .passThenAfter }
    public func after(_ operation: Link, _ result: inout Result<Entry, Errno>, _ context: RequestContext) {
        uniform(&result)
    }
    public func before(_ operation: inout GetAttributes, _ context: RequestContext) -> Verdict<AttributesReply> {
        .passThenAfter
    }
    public func after(
        _ operation: GetAttributes, _ result: inout Result<AttributesReply, Errno>, _ context: RequestContext
    ) { uniform(&result) }
    public func before(_ operation: inout SetAttributes, _ context: RequestContext) -> Verdict<AttributesReply> {
        operation.mode = nil
        operation.owner = nil
        operation.group = nil
        return .passThenAfter
    }
    public func after(
        _ operation: SetAttributes, _ result: inout Result<AttributesReply, Errno>, _ context: RequestContext
    ) { uniform(&result) }
}
