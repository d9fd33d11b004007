import LinuxSystem
import Policy
import StackedFS
import Store
import SystemPackage

/// Lets a caller do what his permissions allow, and keeps who owns what.
///
/// What a caller may not see is ENOENT where it is acted upon and EACCES where it would be created: both as for a name
/// that is absent.
public final class AccessControl: Filter {
    let shared: FilterContext

    public init(_ shared: FilterContext) { self.shared = shared }

    public var interests: OperationKinds {
        [
            .open, .create, .link, .remove, .rename, .setAttributes, .openDirectory, .getXattr, .listXattrs,
            .changeXattr, .fileSystemStatistics,
        ]
    }

    /// nil when all is well.
    func refusal(_ decision: Decision, write: Bool) -> Errno? {
        if !decision.visible { return .noSuchFileOrDirectory }
        return (write ? decision.write : decision.read) ? nil : .permissionDenied
    }

    // MARK: open

    public func before(_ operation: inout Open, _ context: RequestContext) -> Verdict<Opened> {
        let caller = shared.caller(context)
        let decision = caller.decide(operation.node)
        operation.variant = decision.location ? .original : .redacted
        let writes = operation.writes || operation.truncates
        if let code = refusal(decision, write: writes) { return .fail(code) }
        guard writes else { return .pass }
        return endForeignOwnership(operation.node, caller).map { .fail($0) } ?? .passThenAfter
    }

    public func after(_ operation: Open, _ result: inout Result<Opened, Errno>, _ context: RequestContext) {
        guard case .success = result else { return }
        wrote(operation.node, truncated: operation.truncates, shared.caller(context))
    }

    /// Before somebody else's bytes come into an owned file: a crash must not bring its owner back to see them.
    private func endForeignOwnership(_ node: Node, _ caller: FilterContext.Caller) -> Errno? {
        guard node.kind == .regular else { return nil }
        let key = OwnershipStore.Key(node.identity)
        guard let owner = shared.ownership.owner(of: key), owner != caller.app else { return nil }
        do { try shared.ownership.endOwnership(of: key) } catch { return .ioError }
        return nil
    }

    /// Whoever truncates a file to nothing becomes its owner; otherwise ownership ends when somebody else writes.
    private func wrote(_ node: Node, truncated: Bool, _ caller: FilterContext.Caller) {
        guard node.kind == .regular else { return }
        let key = OwnershipStore.Key(node.identity)
        if truncated {
            shared.ownership.setOwner(of: key, to: caller.app)
        } else if let owner = shared.ownership.owner(of: key), owner != caller.app {
            shared.ownership.setOwner(of: key, to: nil)
        }
    }

    // MARK: creation

    public func before(_ operation: inout Create, _ context: RequestContext) -> Verdict<Entry> {
        let caller = shared.caller(context)
        if case .unnamedFile = operation.what {
            // Nobody can see it; what counts is where it may be linked to. Only the right to write here at all.
            let decision = caller.decide(caller.place(of: operation.parent), .directory, owner: nil)
            return decision.write ? .passThenAfter : .fail(.permissionDenied)
        }
        let isDirectory = if case .directory = operation.what { true } else { false }
        return mayCreate(operation.name, isDirectory, in: operation.parent, caller, context)
            ? .passThenAfter : .fail(.permissionDenied)
    }

    public func after(_ operation: Create, _ result: inout Result<Entry, Errno>, _ context: RequestContext) {
        guard case .success(var entry) = result else { return }
        let caller = shared.caller(context)
        let place = caller.place(of: operation.name, in: operation.parent)
        entry.noteWhatDependsOnCaller(at: place)
        if entry.kind == .regular {
            // Also for a caller without an app: the inode number may have been an owned file's.
            shared.ownership.setOwner(of: OwnershipStore.Key(entry.identity), to: caller.app)
            entry.variant = .original
        } else if entry.kind == .directory, !caller.isTrusted {
            entry.attributes.links = 1
        }
        result = .success(entry)
    }

    /// Whether a name may come into being: the same answer whether it exists or not.
    func mayCreate(
        _ name: [UInt8], _ isDirectory: Bool, in parent: Node, _ caller: FilterContext.Caller,
        _ context: RequestContext
    ) -> Bool {
        let stored = stored(name, in: parent, context)
        let place = caller.place(of: stored, in: parent)
        return caller.decide(place, Subject(isDirectory, stored), owner: nil).write
    }

    /// In a casefolding directory a name may be another spelling of one that is there.
    private func stored(_ name: [UInt8], in parent: Node, _ context: RequestContext) -> [UInt8] {
        guard parent.isCasefolded, let existing = try? context.names.entry(parent, name) else { return name }
        return existing.name
    }

    public func before(_ operation: inout Link, _ context: RequestContext) -> Verdict<Entry> {
        let caller = shared.caller(context)
        if let code = refusal(caller.decide(operation.node), write: true) { return .fail(code) }
        guard mayCreate(operation.name, false, in: operation.parent, caller, context),
            !gainsLocation(
                caller, from: caller.decide(operation.node), operation.node.identity, operation.name, operation.parent)
        else { return .fail(.permissionDenied) }
        return .passThenAfter
    }

    public func after(_ operation: Link, _ result: inout Result<Entry, Errno>, _ context: RequestContext) {
        guard case .success(var entry) = result else { return }
        let caller = shared.caller(context)
        entry.dependsOnCaller = true
        let here = caller.decide(entry, in: operation.parent)
        let everywhere = here.strictest(caller.decide(operation.node))
        entry.variant = everywhere.location ? .original : .redacted
        result = .success(entry)
    }

    // MARK: removal and renaming

    public func before(_ operation: inout Remove, _ context: RequestContext) -> Verdict<Removed> {
        let caller = shared.caller(context)
        if let code = refusalToTake(operation.name, operation.parent, caller, context) { return .fail(code) }
        return .passThenAfter
    }

    public func after(_ operation: Remove, _ result: inout Result<Removed, Errno>, _ context: RequestContext) {
        if case .success(let removed) = result { ended(removed) }
    }

    private func ended(_ removed: Removed) {
        guard removed.wasLast, let identity = removed.identity else { return }
        shared.ownership.setOwner(of: OwnershipStore.Key(identity), to: nil)
    }

    /// Why a caller may not take an existing name away; nil if he may.
    private func refusalToTake(
        _ name: [UInt8], _ parent: Node, _ caller: FilterContext.Caller, _ context: RequestContext
    ) -> Errno? {
        let entry: Entry
        do { entry = try context.names.entry(parent, name) } catch { return error }
        if let code = refusal(caller.decide(entry, in: parent), write: true) { return code }
        let place = caller.place(of: entry.name, in: parent)
        if !caller.isTrusted, entry.kind == .directory, caller.snapshot.leadsToAppFolders(place) {
            return .permissionDenied
        }
        return nil
    }

    public func before(_ operation: inout Rename, _ context: RequestContext) -> Verdict<Removed> {
        let caller = shared.caller(context)
        let source: Entry
        do { source = try context.names.entry(operation.parent, operation.name) } catch { return .fail(error) }
        if let code = refusalToTake(operation.name, operation.parent, caller, context) { return .fail(code) }
        if operation.exchanges {
            if let code = refusalToTake(operation.newName, operation.newParent, caller, context) { return .fail(code) }
        }
        guard mayArrive(source, from: operation.parent, as: operation.newName, in: operation.newParent, caller, context)
        else { return .fail(.permissionDenied) }
        guard let target = try? context.names.entry(operation.newParent, operation.newName) else {
            return .passThenAfter
        }
        if operation.exchanges {
            let mayReturn = mayArrive(
                target, from: operation.newParent, as: operation.name, in: operation.parent, caller, context)
            return mayReturn ? .passThenAfter : .fail(.permissionDenied)
        }
        let decision = caller.decide(target, in: operation.newParent)
        return decision.visible && decision.write ? .passThenAfter : .fail(.permissionDenied)
    }

    /// Whether what is moved may have the new name: as one who may create it there, and gains nothing by it.
    private func mayArrive(
        _ source: Entry, from directory: Node, as name: [UInt8], in parent: Node, _ caller: FilterContext.Caller,
        _ context: RequestContext
    ) -> Bool {
        let isDirectory = source.kind == .directory
        guard mayCreate(name, isDirectory, in: parent, caller, context) else { return false }
        guard isDirectory else {
            let before = caller.decide(source, in: directory)
            return !gainsLocation(caller, from: before, source.identity, name, parent)
        }
        if caller.isTrusted { return true }
        return caller.snapshot.mayMoveDirectory(
            caller.principal, from: caller.place(of: source.name, in: directory),
            to: caller.place(of: stored(name, in: parent, context), in: parent), now: caller.now)
    }

    /// Whether a file would show its location under a new name to one who may not see it now.
    private func gainsLocation(
        _ caller: FilterContext.Caller, from before: Decision, _ file: FileIdentity, _ name: [UInt8], _ parent: Node
    ) -> Bool {
        guard !before.location else { return false }
        return caller.decide(caller.place(of: name, in: parent), Subject(false, name), owner: OwnershipStore.Key(file))
            .location
    }

    public func after(_ operation: Rename, _ result: inout Result<Removed, Errno>, _ context: RequestContext) {
        if case .success(let removed) = result { ended(removed) }
    }

    // MARK: attributes

    public func before(_ operation: inout SetAttributes, _ context: RequestContext) -> Verdict<AttributesReply> {
        let caller = shared.caller(context)
        let decision = caller.decide(operation.node)
        if let code = refusal(decision, write: true) { return .fail(code) }
        operation.variant = decision.location ? .original : .redacted
        if operation.size != nil, let code = endForeignOwnership(operation.node, caller) { return .fail(code) }
        return .passThenAfter
    }

    public func after(
        _ operation: SetAttributes, _ result: inout Result<AttributesReply, Errno>, _ context: RequestContext
    ) {
        guard case .success(var reply) = result else { return }
        let caller = shared.caller(context)
        if let size = operation.size { wrote(operation.node, truncated: size == 0, caller) }
        reply.dependsOnCaller = operation.node.kind == .directory
        if operation.node.kind == .directory, !caller.isTrusted { reply.attributes.links = 1 }
        result = .success(reply)
    }

    public func before(_ operation: inout OpenDirectory, _ context: RequestContext) -> Verdict<Opened> {
        refusal(shared.caller(context).decide(operation.node), write: false).map { .fail($0) } ?? .pass
    }

    public func before(_ operation: inout FileSystemStatistics, _ context: RequestContext) -> Verdict<Statistics> {
        shared.caller(context).decide(operation.node).visible ? .pass : .fail(.noSuchFileOrDirectory)
    }

    public func before(_ operation: inout GetXattr, _ context: RequestContext) -> Verdict<[UInt8]> {
        refusal(shared.caller(context).decide(operation.node), write: false).map { .fail($0) } ?? .pass
    }

    public func before(_ operation: inout ListXattrs, _ context: RequestContext) -> Verdict<[[UInt8]]> {
        refusal(shared.caller(context).decide(operation.node), write: false).map { .fail($0) } ?? .pass
    }

    public func before(_ operation: inout ChangeXattr, _ context: RequestContext) -> Verdict<Done> {
        refusal(shared.caller(context).decide(operation.node), write: true).map { .fail($0) } ?? .pass
    }
}
