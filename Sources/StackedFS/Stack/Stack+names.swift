import CLinux
import LinuxSystem
import Synchronization
import SystemPackage

/// A node with its attributes, as the kernel is told about it.
public struct FoundNode: Sendable {
    public let node: Node
    public var attributes: FileAttributes
    /// How long the kernel may keep the name and the attributes, in seconds.
    public var nameTimeout: Double
    public var attributeTimeout: Double
}

extension Stack {
    /// LOOKUP. Counts one lookup of the node.
    public func lookup(_ parent: Node, _ name: [UInt8], _ context: RequestContext) throws(Errno) -> FoundNode {
        let entry = try Pipeline.run(Lookup(parent: parent, name: name), context) { operation in
            .of { () throws(Errno) in try self.entry(operation.parent, operation.name) }
        }.get()
        return try materialise(entry, parent: parent, context)
    }

    /// What the backing directory has under a name.
    public func entry(_ parent: Node, _ name: [UInt8]) throws(Errno) -> Entry {
        let directory = try descriptor(of: parent)
        let attributes = try withName(name) { name throws(Errno) in try FileAttributes.of(directory.raw, name: name) }
        let stored = try parent.isCasefolded ? canonicalName(of: attributes, asked: name, in: directory) : name
        return Entry(name: stored, attributes: attributes, identity: FileIdentity(attributes))
    }

    /// Makes or finds the node of an entry.
    func materialise(_ entry: Entry, parent: Node, _ context: RequestContext) throws(Errno) -> FoundNode {
        var variant = entry.kind == .regular ? entry.variant : .original
        if variant == .redacted, upgrades.contains(thread: context.pid, file: entry.identity) {
            variant = .redactedWritable
        }
        let node: Node
        if let known = nodes.find(entry.identity, variant) {
            node = known.isStaleContent ? try renewed(known, entry, parent, variant) : known
        } else {
            node = try insert(entry, parent: parent, variant: variant)
        }
        node.found(in: parent, name: entry.name, links: entry.attributes.links)
        return found(node, entry)
    }

    private func renewed(_ old: Node, _ entry: Entry, _ parent: Node, _ variant: Variant) throws(Errno) -> Node {
        nodes.retire(old)
        forget(old.id, count: 1)
        return try insert(entry, parent: parent, variant: variant)
    }

    private func found(_ node: Node, _ entry: Entry) -> FoundNode {
        var attributes = entry.attributes
        overrideAttributes(of: node, &attributes)
        let isShared = !view.answersAreUniform
        return FoundNode(
            node: node, attributes: attributes,
            nameTimeout: isShared && entry.dependsOnCaller ? 0 : timeouts.names,
            attributeTimeout: isShared && entry.attributesDependOnCaller ? 0 : attributeTimeout(of: node))
    }

    func attributeTimeout(of node: Node) -> Double { node.variant == .redactedWritable ? 0 : timeouts.attributes }

    private func insert(_ entry: Entry, parent: Node, variant: Variant) throws(Errno) -> Node {
        let directory = try descriptor(of: parent)
        let descriptor = try affordable { () throws(Errno) in
            OwnedDescriptor(
                try withName(entry.name) { name throws(Errno) in
                    try retrying { mv_openat(directory.raw, name, mv_O_PATH | O_NOFOLLOW | O_CLOEXEC, 0) }
                })
        }
        // The name may have come to mean another file since its attributes were read: the kernel asks again.
        let identity = FileIdentity(try FileAttributes.of(descriptor.raw))
        guard identity == entry.identity else { throw .staleNFSFileHandle }
        return nodes.insert(makeNode(entry, parent: parent, variant: variant, descriptor: descriptor))
    }

    func makeNode(_ entry: Entry, parent: Node, variant: Variant, descriptor: OwnedDescriptor) -> Node {
        var handle = FileHandle.of(descriptor.raw)
        let isDirectory = entry.kind == .directory
        if library.mount(of: entry.identity.device, directory: isDirectory ? descriptor : nil) == nil { handle = nil }
        let filters: FilterSet
        switch entry.attachment {
        case .keep: filters = parent.filters
        case .remove: filters = .none
        case .replace(let set): filters = set
        }
        let node = Node(
            id: nodes.newID(), identity: entry.identity, kind: entry.kind, variant: variant, filters: filters,
            handle: handle, descriptor: descriptor, location: NodeLocation(parent: parent, name: entry.name))
        if isDirectory { node.casefolding.store(isCasefolding(descriptor), ordering: .relaxed) }
        if handle != nil { library.descriptors.entered(node) }
        return node
    }

    /// FORGET.
    public func forget(_ id: UInt64, count: UInt64) {
        guard let node = nodes.forget(id, count: count) else { return }
        node.existingContent?.state.withLock { IdleBackingIDs.drop(&$0, channel: channel) }
        node.state.withLock { state in
            if node.handle != nil { state.descriptor = nil }
        }
        ForgottenNodes.note()
    }
}

extension Node {
    /// Notes a name by which the node was found.
    func found(in parent: Node, name: [UInt8], links: UInt32) {
        let moved = state.withLock { state -> Bool in
            guard let old = state.location else { return false }
            if old.parent === parent && old.name == name { return false }
            state.otherLocations.removeAll { $0.parent === parent && $0.name == name }
            if links > 1, kind == .regular, state.otherLocations.count < 64 { state.otherLocations.append(old) }
            state.location = NodeLocation(parent: parent, name: name)
            state.place = NodePlace()
            return true
        }
        if moved, kind == .directory { DirectoryMoves.note() }
    }

    /// A name of the node is gone.
    func lost(in parent: Node, name: [UInt8]) {
        state.withLock { state in
            state.otherLocations.removeAll { $0.parent === parent && $0.name == name }
            if let old = state.location, old.parent === parent, old.name == name,
                let other = state.otherLocations.popLast()
            {
                state.location = other
                state.place = NodePlace()
            }
        }
    }

    var isStaleContent: Bool {
        variant == .redacted && existingContent?.state.withLock { $0.isStale } ?? false
    }
}

/// Calls with a name as a C string. Names come from the kernel or from a directory: no slash and no NUL in them.
@inline(__always)
func withName<T>(_ name: [UInt8], _ call: (UnsafePointer<CChar>) throws(Errno) -> T) throws(Errno) -> T {
    guard name.count <= 255, !name.isEmpty else { throw name.isEmpty ? .noSuchFileOrDirectory : .fileNameTooLong }
    var buffer = InlineName()
    return try withUnsafeMutableBytes(of: &buffer) { bytes throws(Errno) -> T in
        bytes.copyBytes(from: name)
        bytes[name.count] = 0
        guard let start = bytes.baseAddress?.assumingMemoryBound(to: CChar.self) else { throw .invalidArgument }
        return try call(start)
    }
}

/// 256 bytes on the stack.
private struct InlineName {
    typealias Words = (
        UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64,
        UInt64, UInt64
    )
    var first: Words = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    var second: Words = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
}

extension Stack {
    /// Calls `body` with the directory's nodeid and the name of every node that the kernel knows.
    public func forEachName(_ body: (UInt64, [UInt8]) -> Void) {
        for node in nodes.all {
            guard let location = node.location else { continue }
            body(location.parent.id, location.name)
        }
    }
}
