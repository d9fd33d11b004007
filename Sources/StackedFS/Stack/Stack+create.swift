import CLinux
import LinuxSystem
import Synchronization
import SystemPackage

extension Stack {
    /// MKNOD, MKDIR and SYMLINK.
    public func create(_ operation: Create, _ context: RequestContext) throws(Errno) -> FoundNode {
        let entry = try Pipeline.run(operation, context) { operation in
            .of { () throws(Errno) in try self.make(operation, context) }
        }.get()
        return try materialise(entry, parent: operation.parent, context)
    }

    /// CREATE: makes a file, or opens the one that is there, and opens it.
    public func createFile(
        _ parent: Node, _ name: [UInt8], mode: UInt32, umask: UInt32, flags: Int32, _ context: RequestContext
    ) throws(Errno) -> (FoundNode, Opened) {
        let operation = Create(parent: parent, name: name, what: .file(flags: flags), mode: mode, umask: umask)
        let found: FoundNode
        do {
            found = try create(operation, context)
        } catch .fileExists where flags & O_EXCL == 0 {
            let existing = try lookup(parent, name, context)
            do {
                return (existing, try open(existing.node, flags: flags & ~O_CREAT, context))
            } catch {
                forget(existing.node.id, count: 1)
                throw error
            }
        }
        do {
            return (found, try openNew(found.node, flags: flags & ~(O_CREAT | O_EXCL | O_TRUNC), context))
        } catch {
            forget(found.node.id, count: 1)
            throw error
        }
    }

    /// TMPFILE: a file without a name.
    public func createUnnamed(
        _ parent: Node, mode: UInt32, umask: UInt32, flags: Int32, _ context: RequestContext
    ) throws(Errno) -> (FoundNode, Opened) {
        let operation = Create(
            parent: parent, name: [], what: .unnamedFile(flags: flags), mode: mode, umask: umask)
        nonisolated(unsafe) var made: OwnedDescriptor?
        let entry = try Pipeline.run(operation, context) { operation in
            .of { () throws(Errno) in
                let directory = try self.descriptor(of: operation.parent)
                let access = flags & (O_ACCMODE | O_EXCL)
                let gid = try self.group(of: context, creating: operation.mode, in: directory.raw)
                let descriptor = OwnedDescriptor(
                    try ThreadCredentials.asCaller(uid: context.uid, gid: gid, umask: operation.umask) {
                        () throws(Errno) in
                        try retrying {
                            mv_openat(
                                directory.raw, ".", mv_O_TMPFILE | access | O_CLOEXEC, operation.mode & 0o7777)
                        }
                    })
                made = try reopen(descriptor, flags: mv_O_PATH)
                return try self.newEntry(operation.name, descriptor)
            }
        }.get()
        guard let made else { throw .notSupported }
        let node = nodes.insert(makeNode(entry, parent: parent, variant: entry.variant, descriptor: made))
        node.state.withLock { state in
            state.isPinned = true
            state.descriptor = made
            state.location = nil
        }
        let found = FoundNode(
            node: node, attributes: entry.attributes, nameTimeout: timeouts.names,
            attributeTimeout: attributeTimeout(of: node))
        return (found, try openNew(node, flags: flags & ~(O_CREAT | O_EXCL | O_TRUNC | mv_O_TMPFILE), context))
    }

    /// LINK.
    public func link(_ operation: Link, _ context: RequestContext) throws(Errno) -> FoundNode {
        let entry = try NameChanges.inTurn(operation.target.filters, .link) { () throws(Errno) in
            try Pipeline.run(operation, context) { operation in
                .of { () throws(Errno) in try self.linkBacking(operation) }
            }.get()
        }
        return try materialise(entry, parent: operation.parent, context)
    }

    private func linkBacking(_ operation: Link) throws(Errno) -> Entry {
        let file = try descriptor(of: operation.node)
        let directory = try descriptor(of: operation.parent)
        try withName(operation.name) { name throws(Errno) in
            _ = try retrying { linkat(file.raw, "", directory.raw, name, mv_AT_EMPTY_PATH) }
        }
        let attributes = try FileAttributes.of(file.raw)
        var entry = Entry(name: operation.name, attributes: attributes, identity: FileIdentity(attributes))
        entry.variant = operation.node.variant
        return entry
    }

    private func make(_ operation: Create, _ context: RequestContext) throws(Errno) -> Entry {
        let directory = try descriptor(of: operation.parent).raw
        let mode = operation.mode & 0o7777
        let gid = try group(of: context, creating: operation.mode, in: directory)
        func asCaller<T>(_ body: () throws(Errno) -> T) throws(Errno) -> T {
            try ThreadCredentials.asCaller(uid: context.uid, gid: gid, umask: operation.umask, body)
        }
        return try withName(operation.name) { name throws(Errno) -> Entry in
            switch operation.what {
            case .file:
                return try self.makeFile(operation.name) { () throws(Errno) in
                    try asCaller { () throws(Errno) in
                        try retrying {
                            mv_openat(directory, name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, mode)
                        }
                    }
                }
            case .unnamedFile: throw .notSupported
            case .directory: _ = try asCaller { () throws(Errno) in try retrying { mkdirat(directory, name, mode) } }
            case .symbolicLink(let target):
                guard target.count < 4_096 else { throw .fileNameTooLong }
                let text = target.map { CChar(bitPattern: $0) } + [0]
                _ = try asCaller { () throws(Errno) in try retrying { symlinkat(text, directory, name) } }
            case .node(let rdev):
                if FileKind(mode: operation.mode) == .regular {
                    return try self.makeFile(operation.name) { () throws(Errno) in
                        try asCaller { () throws(Errno) in
                            try retrying {
                                mv_openat(directory, name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, mode)
                            }
                        }
                    }
                }
                _ = try asCaller { () throws(Errno) in
                    try retrying { mknodat(directory, name, operation.mode, dev_t(rdev)) }
                }
            }
            let attributes = try FileAttributes.of(directory, name: name)
            var entry = Entry(name: operation.name, attributes: attributes, identity: FileIdentity(attributes))
            entry.isNew = true
            return entry
        }
    }

    /// The group as whose member the caller makes something: in a set-group-id directory the system takes the set-group-id
    /// bit from what a stranger to the directory's group makes, and the service is not in the caller's further groups.
    private func group(
        of context: RequestContext, creating mode: UInt32, in directory: Int32
    ) throws(Errno) -> UInt32 {
        guard mode & 0o2010 == 0o2010 else { return context.gid }
        let above = try FileAttributes.of(directory)
        guard above.mode & 0o2000 != 0, above.group != context.gid,
            context.uid == 0 || ProcessIdentity.isMember(thread: context.pid, of: above.group)
        else { return context.gid }
        return above.group
    }

    /// A new file's identity is read from the descriptor that made it: by its name it could be another's by now.
    private func makeFile(_ name: [UInt8], _ open: () throws(Errno) -> Int32) throws(Errno) -> Entry {
        try newEntry(name, OwnedDescriptor(open()))
    }

    private func newEntry(_ name: [UInt8], _ descriptor: OwnedDescriptor) throws(Errno) -> Entry {
        let attributes = try FileAttributes.of(descriptor.raw)
        var entry = Entry(name: name, attributes: attributes, identity: FileIdentity(attributes))
        entry.isNew = true
        return entry
    }
}
