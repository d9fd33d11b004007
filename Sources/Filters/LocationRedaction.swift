import LinuxSystem
import Policy
import StackedFS
import SystemPackage

/// Keeps location out of extended attributes. Which variant of a file a caller gets is decided with his access, in
/// lookup and open; the bytes themselves are redacted by the data paths.
public final class LocationRedaction: Filter {
    let shared: FilterContext

    public init(_ shared: FilterContext) { self.shared = shared }

    public var interests: OperationKinds { [.getXattr, .listXattrs, .changeXattr] }

    /// Attributes that a caller without the location may see: those of the system. What a program of the user wrote
    /// into `user.` may be anything, a location among it.
    private func mayCarryLocation(_ name: [UInt8]) -> Bool { name.starts(with: "user.".utf8) }

    private func seesLocation(_ node: Node, _ context: RequestContext) -> Bool {
        shared.caller(context).decide(node).location
    }

    public func before(_ operation: inout GetXattr, _ context: RequestContext) -> Verdict<[UInt8]> {
        guard operation.node.kind == .regular, mayCarryLocation(operation.name),
            !seesLocation(operation.node, context)
        else { return .pass }
        return .fail(Errno(rawValue: 61))  // ENODATA: no such attribute, xattr(7)
    }

    public func before(_ operation: inout ListXattrs, _ context: RequestContext) -> Verdict<[[UInt8]]> {
        operation.node.kind == .regular && !seesLocation(operation.node, context) ? .passThenAfter : .pass
    }

    public func after(_ operation: ListXattrs, _ result: inout Result<[[UInt8]], Errno>, _ context: RequestContext) {
        guard case .success(let names) = result else { return }
        result = .success(names.filter { !mayCarryLocation($0) })
    }

    public func before(_ operation: inout ChangeXattr, _ context: RequestContext) -> Verdict<Done> {
        guard operation.node.kind == .regular, mayCarryLocation(operation.name),
            !seesLocation(operation.node, context)
        else { return .pass }
        // XATTR_CREATE and XATTR_REPLACE would tell whether the attribute is there.
        return .fail(.permissionDenied)
    }
}
