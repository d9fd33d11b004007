import CLinux
import LinuxSystem
import Synchronization
import SystemPackage

/// One entry of a listing on its way to the kernel; valid while it is handed over.
public struct ListingItem {
    /// The name as a C string.
    public let cName: UnsafePointer<CChar>
    /// Bytes of the name, without its NUL.
    public let length: Int
    public let inode: UInt64
    public let kind: FileKind
    /// The offset at which a later listing goes on behind this entry.
    public let next: UInt64

    public var name: [UInt8] { Array(UnsafeRawBufferPointer(start: cName, count: length)) }
}

extension Stack {
    /// OPENDIR.
    public func openDirectory(_ node: Node, _ context: RequestContext) throws(Errno) -> Opened {
        try Pipeline.run(OpenDirectory(node: node), context) { operation in
            .of { () throws(Errno) in
                let pin = try self.descriptor(of: operation.node)
                let descriptor = try self.affordable { () throws(Errno) in
                    OwnedDescriptor(
                        try retrying { mv_openat(pin.raw, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0) })
                }
                let stream = DirectoryStream(node: operation.node, descriptor: descriptor)
                return Opened(handle: self.handles.add(.directory(stream)))
            }
        }.get()
    }

    /// READDIR and READDIRPLUS: hands entries from `offset` on to `add` until that says that no more fit.
    ///
    /// - Parameter add: gets the entry and, for READDIRPLUS, its looked-up node.
    public func list(
        _ handle: UInt64, from offset: UInt64, withAttributes: Bool, _ context: RequestContext,
        add: (ListingItem, FoundNode?) -> Bool
    ) throws(Errno) {
        guard let stream = handles.directory(handle) else { throw .badFileDescriptor }
        try stream.state.withLock { state throws(Errno) in
            if offset == 0, state.started {
                try stream.rewind()
                state = DirectoryStream.State()
            }
            state.started = true
            if state.entries.count == 0 { addDots(stream.node, &state.entries) }
            guard var index = Int(exactly: offset) else { throw .invalidArgument }
            while true {
                if index >= state.entries.count {
                    try self.more(stream, &state, context)
                    if index >= state.entries.count { return }
                }
                guard self.hand(state.entries, at: index, stream.node, withAttributes, context, add) else { return }
                index += 1
            }
        }
    }

    /// Reads on until the caller sees a further entry or the directory ends: a batch may be filtered away wholly.
    private func more(
        _ stream: DirectoryStream, _ state: inout DirectoryStream.State, _ context: RequestContext
    ) throws(Errno) {
        let before = state.entries.count
        let isFiltered = stream.node.filters.interests.contains(ListEntry.kind)
        while state.entries.count == before, !state.atEnd {
            var entries = state.entries
            state.entries = EntryList()
            defer { state.entries = entries }
            let isMore = try stream.readBatch { name, inode, kind in
                guard isFiltered else { return entries.append(name, inode: inode, kind: kind) }
                let operation = ListEntry(directory: stream.node, name: Array(name), kind: kind, inode: inode)
                let result = Pipeline.run(operation, context) { operation in
                    .success(ListedEntry(name: operation.name, inode: operation.inode, kind: operation.kind))
                }
                guard case .success(let entry) = result else { return }
                entries.append(entry.name, inode: entry.inode, kind: entry.kind)
            }
            state.atEnd = !isMore
        }
    }

    private func addDots(_ node: Node, _ entries: inout EntryList) {
        let parent = node.location?.parent ?? node
        func shown(_ node: Node) -> UInt64 {
            library.shownInode(device: node.identity.device, inode: node.identity.inode)
        }
        entries.append(".".utf8, inode: shown(node), kind: .directory)
        entries.append("..".utf8, inode: shown(parent), kind: .directory)
    }

    private func hand(
        _ entries: EntryList, at index: Int, _ directory: Node, _ withAttributes: Bool,
        _ context: RequestContext, _ add: (ListingItem, FoundNode?) -> Bool
    ) -> Bool {
        let entry = entries[index]
        let isDot = index < 2
        var found: FoundNode?
        if withAttributes && !isDot {
            // Deleted or hidden meanwhile: the entry goes without a node.
            found = try? lookup(directory, entries.name(entry), context)
        }
        let inode = isDot ? entry.inode : library.shownInode(device: directory.identity.device, inode: entry.inode)
        let taken = entries.withName(entry) { name in
            add(
                ListingItem(
                    cName: name, length: entry.length, inode: inode, kind: entry.kind, next: UInt64(index + 1)), found)
        }
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
