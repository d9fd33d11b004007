import CLinux
import LinuxSystem
import Synchronization
import SystemPackage

/// One entry of a listing on its way to the kernel.
public struct ListingItem: Sendable {
    public let name: [UInt8]
    public let inode: UInt64
    public let kind: FileKind
    /// The offset at which a later listing goes on behind this entry.
    public let next: UInt64
    /// The looked-up node, for READDIRPLUS.
    public let found: FoundNode?
}

extension Stack {
    /// OPENDIR.
    public func openDirectory(_ node: Node, _ context: RequestContext) throws(Errno) -> Opened {
        try Pipeline.run(OpenDirectory(node: node), context) { operation in
            .of { () throws(Errno) in
                let pin = try self.descriptor(of: operation.node)
                let raw = try retrying { mv_openat(pin.raw, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0) }
                let stream = DirectoryStream(node: operation.node, descriptor: OwnedDescriptor(raw))
                return Opened(handle: self.handles.add(.directory(stream)))
            }
        }.get()
    }

    /// READDIR and READDIRPLUS: hands entries from `offset` on to `add` until that says that no more fit.
    public func list(
        _ handle: UInt64, from offset: UInt64, withAttributes: Bool, _ context: RequestContext,
        add: (ListingItem) -> Bool
    ) throws(Errno) {
        guard let stream = handles.directory(handle) else { throw .badFileDescriptor }
        try stream.state.withLock { state throws(Errno) in
            if offset == 0, state.started {
                try stream.rewind()
                state = DirectoryStream.State()
            }
            state.started = true
            if state.items.isEmpty { state.items = try self.dots(stream.node) }
            guard var index = Int(exactly: offset) else { throw .invalidArgument }
            while true {
                if index >= state.items.count {
                    try self.more(stream, &state, context)
                    if index >= state.items.count { return }
                }
                guard self.hand(state.items[index], at: index, stream.node, withAttributes, context, add) else {
                    return
                }
                index += 1
            }
        }
    }

    /// Reads on until the caller sees a further entry or the directory ends: a batch may be filtered away wholly.
    private func more(
        _ stream: DirectoryStream, _ state: inout DirectoryStream.State, _ context: RequestContext
    ) throws(Errno) {
        let before = state.items.count
        while state.items.count == before, !state.atEnd {
            guard let batch = try stream.nextBatch() else {
                state.atEnd = true
                return
            }
            for item in batch {
                let operation = ListEntry(
                    directory: stream.node, name: item.name, kind: item.kind, inode: item.inode)
                let result = Pipeline.run(operation, context) { operation in
                    .success(ListedEntry(name: operation.name, inode: operation.inode, kind: operation.kind))
                }
                guard case .success(let entry) = result else { continue }
                state.items.append(DirectoryStream.Item(name: entry.name, inode: entry.inode, kind: entry.kind))
            }
        }
    }

    private func dots(_ node: Node) throws(Errno) -> [DirectoryStream.Item] {
        let parent = node.location?.parent ?? node
        func item(_ name: StaticString, _ node: Node) -> DirectoryStream.Item {
            let inode = library.shownInode(device: node.identity.device, inode: node.identity.inode)
            return DirectoryStream.Item(
                name: Array(UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)), inode: inode,
                kind: .directory)
        }
        return [item(".", node), item("..", parent)]
    }

    private func hand(
        _ item: DirectoryStream.Item, at index: Int, _ directory: Node, _ withAttributes: Bool,
        _ context: RequestContext, _ add: (ListingItem) -> Bool
    ) -> Bool {
        let isDot = index < 2
        var found: FoundNode?
        if withAttributes && !isDot {
            // Deleted or hidden meanwhile: the entry goes without a node.
            found = try? lookup(directory, item.name, context)
        }
        let inode = isDot ? item.inode : library.shownInode(device: directory.identity.device, inode: item.inode)
        let taken = add(
            ListingItem(name: item.name, inode: inode, kind: item.kind, next: UInt64(index + 1), found: found))
        if !taken, let found { forget(found.node.id, count: 1) }
        return taken
    }

    /// FSYNCDIR.
    public func synchronizeDirectory(
        _ handle: UInt64, dataOnly: Bool, _ context: RequestContext
    ) throws(Errno) {
        guard let stream = handles.directory(handle) else { throw .badFileDescriptor }
        let operation = Synchronize(node: stream.node, file: nil, dataOnly: dataOnly)
        _ = try Pipeline.run(operation, context) { operation in
            .of { () throws(Errno) in
                let descriptor = stream.descriptor.raw
                _ = try retrying { operation.dataOnly ? fdatasync(descriptor) : fsync(descriptor) }
                return Done()
            }
        }.get()
    }

    /// RELEASEDIR.
    public func releaseDirectory(_ handle: UInt64) { _ = handles.remove(handle) }
}
