import LinuxSystem
import Policy
import StackedFS
import Store
import SystemPackage

/// Makes what a caller may not see absent: names, listings, link counts, times.
///
/// Rules follow the inode that a name led to, under the name by which the directory stores it; spelling does not help.
/// Where names are compared byte by byte a hidden app folder is answered before the backing directory is asked, so
/// that a hidden and an absent name cost the same.
public final class FolderHiding: Filter {
    let shared: FilterContext

    public init(_ shared: FilterContext) { self.shared = shared }

    public var interests: OperationKinds { [.lookup, .listEntry, .getAttributes, .openDirectory, .readLink, .access] }

    // MARK: lookup

    public func before(_ operation: inout Lookup, _ context: RequestContext) -> Verdict<Entry> {
        let caller = shared.caller(context)
        let directory = caller.place(of: operation.parent)
        if directory.folder == .privateContainer || directory.folder == .sharedContainer,
            !operation.parent.isCasefolded
        {
            let place = caller.snapshot.step(from: directory, name: operation.name)
            // Whether it is a directory is not known yet: what neither may be seen as is absent.
            let asFolder = caller.decide(place, .directory, owner: nil)
            if place.folder == .private, !asFolder.visible {
                hidden(operation, asFolder, caller, context)
                return .fail(.noSuchFileOrDirectory)
            }
        }
        return .passThenAfter
    }

    public func after(_ operation: Lookup, _ result: inout Result<Entry, Errno>, _ context: RequestContext) {
        guard case .success(var entry) = result else { return }
        let caller = shared.caller(context)
        let decision = caller.decide(entry, in: operation.parent)
        guard decision.visible else {
            hidden(operation, decision, caller, context)
            result = .failure(.noSuchFileOrDirectory)
            return
        }
        let place = caller.place(of: entry.name, in: operation.parent)
        entry.noteWhatDependsOnCaller(at: place)
        disguise(&entry.attributes, place, entry.kind, caller)
        if entry.kind == .regular { entry.variant = decision.location ? .original : .redacted }
        result = .success(entry)
    }

    private func hidden(
        _ operation: Lookup, _ decision: Decision, _ caller: FilterContext.Caller, _ context: RequestContext
    ) {
        shared.record(
            "lookup", caller, context, path: path(operation.parent, operation.name), decision: .hide,
            errno: .noSuchFileOrDirectory, reason: decision.rule.rawValue)
    }

    // MARK: listings

    public func interest(inEntriesOf directory: Node, _ context: RequestContext) -> EntryInterest {
        let caller = shared.caller(context)
        guard let below = caller.snapshot.commonStep(from: caller.place(of: directory)) else { return .all }
        let foldersAreSeen = caller.decide(below, .directory, owner: nil).visible
        let hidden = Collection.allCases.filter { !caller.decide(below, .file($0), owner: nil).visible }
        if foldersAreSeen, hidden.isEmpty { return .none }
        if hidden.count == Collection.allCases.count { return foldersAreSeen ? .some { $1 != .directory } : .all }
        return .some { name, kind in
            kind == .directory ? !foldersAreSeen : hidden.contains(Collection(name: name))
        }
    }

    public func before(_ operation: inout ListEntry, _ context: RequestContext) -> Verdict<ListedEntry> {
        let caller = shared.caller(context)
        let place = caller.place(of: operation.name, in: operation.directory)
        if operation.kind == .directory {
            return caller.decide(place, .directory, owner: nil).visible ? .pass : .fail(.noSuchFileOrDirectory)
        }
        let subject = Subject(false, operation.name)
        // Ownership needs the inode's birth, which a listing does not have: ask only where it can matter.
        if caller.decide(place, subject, owner: nil).visible { return .pass }
        guard caller.app != nil, place.folder != .private else { return .fail(.noSuchFileOrDirectory) }
        return .passThenAfter
    }

    public func after(_ operation: ListEntry, _ result: inout Result<ListedEntry, Errno>, _ context: RequestContext) {
        guard case .success = result else { return }
        let caller = shared.caller(context)
        guard let entry = try? context.names.entry(operation.directory, operation.name),
            caller.decide(entry, in: operation.directory).visible
        else {
            result = .failure(.noSuchFileOrDirectory)
            return
        }
    }

    // MARK: attributes

    public func before(_ operation: inout GetAttributes, _ context: RequestContext) -> Verdict<AttributesReply> {
        let caller = shared.caller(context)
        guard caller.decide(operation.node).visible else { return .fail(.noSuchFileOrDirectory) }
        return .passThenAfter
    }

    public func after(
        _ operation: GetAttributes, _ result: inout Result<AttributesReply, Errno>, _ context: RequestContext
    ) {
        guard case .success(var reply) = result else { return }
        let caller = shared.caller(context)
        let place = caller.place(of: operation.node)
        reply.dependsOnCaller = place.attributesDependOnCaller(operation.node.kind)
        disguise(&reply.attributes, place, operation.node.kind, caller)
        result = .success(reply)
    }

    public func before(_ operation: inout OpenDirectory, _ context: RequestContext) -> Verdict<Opened> {
        let decision = shared.caller(context).decide(operation.node)
        return decision.visible ? .pass : .fail(.noSuchFileOrDirectory)
    }

    public func before(_ operation: inout ReadLink, _ context: RequestContext) -> Verdict<[UInt8]> {
        let decision = shared.caller(context).decide(operation.node)
        return decision.visible ? .pass : .fail(.noSuchFileOrDirectory)
    }

    public func before(_ operation: inout Access, _ context: RequestContext) -> Verdict<Done> {
        let decision = shared.caller(context).decide(operation.node)
        guard decision.visible else { return .fail(.noSuchFileOrDirectory) }
        if operation.mask & 2 != 0, !decision.write { return .fail(.permissionDenied) }
        return .pass
    }

    /// A directory's link count tells how many subdirectories it has, and the times and size of a directory of app
    /// folders tell when an app came or went.
    private func disguise(
        _ attributes: inout FileAttributes, _ place: Place, _ kind: FileKind, _ caller: FilterContext.Caller
    ) {
        guard kind == .directory, !caller.isTrusted else { return }
        attributes.links = 1
        guard place.folder == .privateContainer || place.folder == .sharedContainer else { return }
        let born = attributes.born ?? FileAttributes.Time(seconds: 0, nanoseconds: 0)
        attributes.size = 4_096
        attributes.blocks = 8
        attributes.accessed = born
        attributes.modified = born
        attributes.changed = born
    }
}

extension Place {
    /// Whoever has come to a file's node sees the same of it: callers with other rights come to other variants, which are
    /// nodes of their own. Only directories look different from one node.
    fileprivate func attributesDependOnCaller(_ kind: FileKind) -> Bool { kind == .directory && folder != .none }
}

extension Entry {
    /// What the kernel must not keep in a view that several callers share.
    mutating func noteWhatDependsOnCaller(at place: Place) {
        dependsOnCaller = kind == .regular || place.folder != .none
        attributesDependOnCaller = place.attributesDependOnCaller(kind)
    }
}

/// A name below a node, as the audit has it.
func path(_ parent: Node, _ name: [UInt8]) -> [UInt8] {
    let above = parent.path
    return above.isEmpty ? name : above + [UInt8(ascii: "/")] + name
}
