import CLinux
import LinuxSystem
import Synchronization
import SystemPackage

extension Stack {
    /// UNLINK and RMDIR.
    public func remove(_ operation: Remove, _ context: RequestContext) throws(Errno) {
        _ = try Pipeline.run(operation, context) { operation in
            .of { () throws(Errno) in
                let directory = try self.descriptor(of: operation.parent)
                return try withName(operation.name) { name throws(Errno) in
                    let attributes = try FileAttributes.of(directory.raw, name: name)
                    let doomed = self.known(attributes)
                    for node in doomed { self.pin(node) }
                    try self.unlink(operation, directory, name, context)
                    self.gone(doomed, attributes, operation.parent, operation.name)
                    return Removed(
                        identity: FileIdentity(attributes), wasLast: self.isLast(attributes))
                }
            }
        }.get()
    }

    private func unlink(
        _ operation: Remove, _ parent: OwnedDescriptor, _ name: UnsafePointer<CChar>, _ context: RequestContext
    ) throws(Errno) {
        do {
            _ = try retrying { unlinkat(parent.raw, name, operation.isDirectory ? AT_REMOVEDIR : 0) }
        } catch {
            throw disguised(error, parent, name, context)
        }
    }

    /// "Not empty" would tell a caller that there is something in a directory in which he sees nothing.
    private func disguised(
        _ error: Errno, _ parent: OwnedDescriptor, _ name: UnsafePointer<CChar>, _ context: RequestContext
    ) -> Errno {
        error == .directoryNotEmpty && looksEmpty(parent, name, context) ? .permissionDenied : error
    }

    /// Whether the caller sees nothing in a directory that is not empty.
    private func looksEmpty(
        _ parent: OwnedDescriptor, _ name: UnsafePointer<CChar>, _ context: RequestContext
    ) -> Bool {
        guard let attributes = try? FileAttributes.of(parent.raw, name: name), let node = known(attributes).first,
            let opened = try? openDirectory(node, context)
        else { return false }
        defer { releaseDirectory(opened.handle) }
        var seen = 0
        try? list(opened.handle, from: 2, withAttributes: false, context) { _, _ in
            seen += 1
            return false
        }
        return seen == 0
    }

    /// RENAME.
    public func rename(_ operation: Rename, _ context: RequestContext) throws(Errno) {
        try NameChanges.inTurn(operation.target.filters, .rename) { () throws(Errno) in
            _ = try Pipeline.run(operation, context) { operation in
                .of { () throws(Errno) in
                    let from = try self.descriptor(of: operation.parent)
                    let to = try self.descriptor(of: operation.newParent)
                    return try withName(operation.name) { name throws(Errno) in
                        try withName(operation.newName) { newName throws(Errno) in
                            try self.renameBacking(operation, from, name, to, newName, context)
                        }
                    }
                }
            }.get()
        }
    }

    private func renameBacking(
        _ operation: Rename, _ from: OwnedDescriptor, _ name: UnsafePointer<CChar>, _ to: OwnedDescriptor,
        _ newName: UnsafePointer<CChar>, _ context: RequestContext
    ) throws(Errno) -> Removed {
        let moving = try FileAttributes.of(from.raw, name: name)
        let target: FileAttributes?
        do { target = try FileAttributes.of(to.raw, name: newName) } catch .noSuchFileOrDirectory { target = nil }
        let isSame = target.map { FileIdentity($0) == FileIdentity(moving) } ?? false
        let doomed = operation.exchanges || isSame ? [] : target.map { known($0) } ?? []
        for node in doomed { pin(node) }
        do { _ = try retrying { renameat2(from.raw, name, to.raw, newName, operation.flags) } } catch {
            throw disguised(error, to, newName, context)
        }
        // Of two names of one file rename(2) keeps both.
        if isSame && !operation.exchanges { return Removed(identity: nil, wasLast: false) }
        if let target, !operation.exchanges { gone(doomed, target, operation.newParent, operation.newName) }
        moved(moving, from: operation.parent, operation.name, to: operation.newParent, operation.newName)
        if operation.exchanges, let target {
            moved(target, from: operation.newParent, operation.newName, to: operation.parent, operation.name)
        }
        guard let target, !operation.exchanges else { return Removed(identity: nil, wasLast: false) }
        return Removed(identity: FileIdentity(target), wasLast: isLast(target))
    }

    private func isLast(_ before: FileAttributes) -> Bool { before.kind == .directory || before.links <= 1 }

    private func moved(
        _ attributes: FileAttributes, from: Node, _ name: [UInt8], to newParent: Node, _ newName: [UInt8]
    ) {
        for node in known(attributes) {
            node.found(in: newParent, name: newName, links: attributes.links)
            node.lost(in: from, name: name)
        }
        if attributes.kind == .directory { DirectoryMoves.note() }
    }

    /// The nodes of this view for a backing inode.
    func known(_ attributes: FileAttributes) -> [Node] {
        let identity = FileIdentity(attributes)
        guard attributes.kind == .regular else {
            return nodes.find(identity, .original, counting: false).map { [$0] } ?? []
        }
        return [.original, .redacted, .redactedWritable].compactMap { nodes.find(identity, $0, counting: false) }
    }

    /// Keeps a node reachable after its last name is gone, until the kernel forgets it.
    private func pin(_ node: Node) {
        guard let descriptor = try? descriptor(of: node) else { return }
        node.state.withLock { state in
            state.isPinned = true
            state.descriptor = descriptor
        }
    }

    private func gone(_ nodes: [Node], _ before: FileAttributes, _ parent: Node, _ name: [UInt8]) {
        for node in nodes {
            node.lost(in: parent, name: name)
            guard isLast(before) else {
                node.state.withLock { $0.isPinned = false }
                continue
            }
            node.existingContent?.state.withLock { IdleBackingIDs.drop(&$0, channel: channel) }
        }
    }
}
