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
            if !state.started { state.entries.append(dots(stream.node)) }
            state.started = true
            guard let start = Int(exactly: offset) else { throw .invalidArgument }
            var next = start
            while true {
                while next >= state.entries.count, !state.atEnd { try readOn(stream, &state, context) }
                guard next < state.entries.count else { break }
                next = state.entries.walk(from: next) { number, entry in
                    hand(entry, number, stream.node, withAttributes, context, add)
                }
                if next < state.entries.count { break }
            }
            state.handed = start..<max(start, next)
        }
    }

    /// Reads the next batch of a directory while the client goes through what it was given last: for after the reply to
    /// a client that has shown that it wants more than the beginning.
    public func readAhead(_ handle: UInt64, _ context: RequestContext) {
        guard let stream = handles.directory(handle) else { return }
        stream.state.withLock { state in
            let waiting = state.entries.count - state.handed.upperBound
            guard state.handed.lowerBound > 0, waiting > 0, waiting < state.handed.count, !state.atEnd else { return }
            // What goes wrong here is told to whoever asks for these entries.
            try? readOn(stream, &state, context)
        }
    }

    /// Reads a batch, of which the caller may see nothing.
    private func readOn(
        _ stream: DirectoryStream, _ state: inout DirectoryStream.State, _ context: RequestContext
    ) throws(Errno) {
        let filters = EntryFilters(stream.node, context)
        var batch = EntryBatchBuilder(capacity: 24 << 10)
        let isMore = try stream.readBatch { name, inode, kind in
            guard filters.concern(name, kind) else { return batch.append(name, inode: inode, kind: kind) }
            let operation = ListEntry(directory: stream.node, name: Array(name), kind: kind, inode: inode)
            let result = Pipeline.run(operation, context) { operation in
                .success(ListedEntry(name: operation.name, inode: operation.inode, kind: operation.kind))
            }
            guard case .success(let entry) = result else { return }
            batch.append(entry.name, inode: entry.inode, kind: entry.kind)
        }
        state.entries.append(EntryBatch(batch))
        state.atEnd = !isMore
    }

    private func dots(_ node: Node) -> EntryBatch {
        var batch = EntryBatchBuilder(capacity: 64)
        for (name, node) in [(".", node), ("..", node.location?.parent ?? node)] {
            let inode = library.shownInode(device: node.identity.device, inode: node.identity.inode)
            batch.append(Array(name.utf8), inode: inode, kind: .directory)
        }
        return EntryBatch(batch)
    }

    @inline(__always)
    private func hand(
        _ entry: EntryBatch.Entry, _ number: Int, _ directory: Node, _ withAttributes: Bool,
        _ context: RequestContext, _ add: (ListingItem, FoundNode?) -> Bool
    ) -> Bool {
        let isDot = number < 2
        var found: FoundNode?
        if withAttributes && !isDot {
            // Deleted or hidden meanwhile: the entry goes without a node.
            found = try? lookup(directory, entry.name, context)
        }
        let inode = isDot ? entry.inode : library.shownInode(device: directory.identity.device, inode: entry.inode)
        let item = ListingItem(
            cName: entry.cName, length: entry.length, inode: inode, kind: entry.kind, next: UInt64(number + 1))
        let isTaken = add(item, found)
        if !isTaken, let found { forget(found.node.id, count: 1) }
        return isTaken
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
