import CLinux
import LinuxSystem
import Redaction
import Synchronization
import SystemPackage

/// FOPEN_* flags of an OPEN reply (linux/fuse.h).
enum OpenReplyFlags {
    static let directIO: UInt32 = 1 << 0
    static let keepCache: UInt32 = 1 << 1
    static let cacheDirectory: UInt32 = 1 << 3
    static let noFlush: UInt32 = 1 << 5
    static let passthrough: UInt32 = 1 << 7
}

extension Stack {
    /// OPEN of a regular file.
    public func open(_ node: Node, flags: Int32, _ context: RequestContext) throws(Errno) -> Opened {
        try Pipeline.run(Open(node: node, flags: flags), context) { operation in
            .of { () throws(Errno) in
                // A nodeid is not a capability: a caller who came to another variant's node looks the name up again.
                guard operation.variant.sameRights(as: node.variant) else { throw .staleNFSFileHandle }
                switch node.variant {
                case .original: return try self.openOriginal(node, flags: operation.flags, context)
                case .redacted: return try self.openRedacted(node, operation, context)
                case .redactedWritable: return try self.openRedactedWritable(node, operation, context)
                }
            }
        }.get()
    }

    /// The open that belongs to a creation, which the filters have seen as that.
    func openNew(_ node: Node, flags: Int32, _ context: RequestContext) throws(Errno) -> Opened {
        switch node.variant {
        case .original: try openOriginal(node, flags: flags, isNew: true, context)
        case .redacted, .redactedWritable: try open(node, flags: flags, context)
        }
    }

    // MARK: original

    private func openOriginal(
        _ node: Node, flags: Int32, isNew: Bool = false, _ context: RequestContext
    ) throws(Errno) -> Opened {
        let writes = flags & O_ACCMODE != O_RDONLY
        let changes = writes || flags & O_TRUNC != 0
        if !changes, flags & O_DIRECT == 0, let id = reusedBacking(node) {
            return passthroughReply(node, flags: flags, id, pin: nil, descriptor: nil, context)
        }
        let pin = try descriptor(of: node)
        if changes {
            library.inPlaceWriters.revoke(node.identity, except: OpenFile.Opener(context))
        }
        if flags & O_TRUNC != 0 {
            // Opened and closed: the kernel opens the backing file itself, without truncating it.
            _ = try reopen(pin, flags: O_WRONLY | O_TRUNC)
        }
        guard channel.supportsPassthrough else { return try openServed(node, pin, flags: flags, context) }
        let kept = try tried(pin, flags: flags, isWritable: isNew || flags & O_TRUNC != 0)
        let id = try acquireBacking(node.content, pin)
        return passthroughReply(node, flags: flags, id, pin: pin, descriptor: kept, context)
    }

    /// Opens a backing file as the kernel is about to do itself, where that can fail: whatever goes wrong there (a read-only
    /// filesystem, a file that is being executed or may not be changed, O_DIRECT) would be EIO for the caller.
    ///
    /// - Parameter isWritable: the service has just opened it for writing.
    /// - Returns: a descriptor that must stay open as long as the caller's.
    private func tried(
        _ pin: OwnedDescriptor, flags: Int32, isWritable: Bool
    ) throws(Errno) -> OwnedDescriptor? {
        let writes = flags & O_ACCMODE != O_RDONLY
        // Without waiting the kernel's open would fail on a lease of ours. As long as this one is open none is taken.
        let isKept = writes && flags & O_NONBLOCK != 0
        guard isKept || writes && !isWritable || flags & O_DIRECT != 0 else { return nil }
        let direct = isKept ? 0 : flags & O_DIRECT
        let descriptor = try affordable { () throws(Errno) in
            try reopen(pin, flags: flags & ~OpenFile.onlyAtOpen | direct)
        }
        return isKept ? descriptor : nil
    }

    private func passthroughReply(
        _ node: Node, flags: Int32, _ id: Int32, pin: OwnedDescriptor?, descriptor: OwnedDescriptor?,
        _ context: RequestContext
    ) -> Opened {
        let isFlushed = library.locksAreUsed.load(ordering: .relaxed)
        let file = OpenFile(
            node: node, flags: flags, dataPath: .passthrough, isFlushed: isFlushed, pin: pin, descriptor: descriptor,
            context)
        counters.passthroughOpens.add(1, ordering: .relaxed)
        return Opened(
            handle: handles.add(.file(file)), flags: OpenReplyFlags.passthrough | flushing(file), backingID: id)
    }

    private func flushing(_ file: OpenFile) -> UInt32 { file.isFlushed ? 0 : OpenReplyFlags.noFlush }

    /// What was written through the kernel's page cache is brought to the service by a FLUSH.
    private func needsFlush(_ flags: Int32) -> Bool {
        flags & O_ACCMODE != O_RDONLY || library.locksAreUsed.load(ordering: .relaxed)
    }

    private func openServed(
        _ node: Node, _ pin: OwnedDescriptor, flags: Int32, _ context: RequestContext
    ) throws(Errno) -> Opened {
        let direct = flags & O_DIRECT != 0
        let descriptor = try affordable { () throws(Errno) in
            try reopen(pin, flags: flags & ~OpenFile.onlyAtOpen)
        }
        let file = OpenFile(
            node: node, flags: flags, dataPath: .served, isFlushed: needsFlush(flags), pin: pin,
            descriptor: descriptor, context)
        node.content.state.withLock { $0.servedOpens += 1 }
        counters.servedOpens.add(1, ordering: .relaxed)
        return Opened(
            handle: handles.add(.file(file)), flags: (direct ? OpenReplyFlags.directIO : 0) | flushing(file))
    }

    /// The node's backing id if it has one already: then the inode need not be opened again.
    private func reusedBacking(_ node: Node) -> Int32? {
        node.existingContent?.state.withLock { state in
            guard state.backingID != 0 else { return nil }
            state.passthroughOpens += 1
            return state.backingID
        }
    }

    /// The node's one backing id, registered by whoever comes first and counted.
    private func acquireBacking(_ content: NodeContent, _ descriptor: OwnedDescriptor) throws(Errno) -> Int32 {
        try content.state.withLock { state throws(Errno) -> Int32 in
            if state.backingID == 0 { state.backingID = try channel.registerBacking(descriptor.raw) }
            state.passthroughOpens += 1
            return state.backingID
        }
    }

    // MARK: redacted

    private func openRedacted(_ node: Node, _ operation: Open, _ context: RequestContext) throws(Errno) -> Opened {
        if operation.writes || operation.truncates {
            upgrades.add(thread: context.pid, file: node.identity)
            throw .staleNFSFileHandle
        }
        let pin = try descriptor(of: node)
        let content = node.content
        let current = try ContentVersion.of(pin.raw)
        let (redacted, fresh) = try content.state.withLock { state throws(Errno) -> (RedactedFile, Bool) in
            let isOpen = state.servedOpens + state.passthroughOpens > 0
            if let known = state.redacted, known.isCurrent(current), !state.isStale {
                count(known, &state)
                return (known, false)
            }
            guard !isOpen else {
                state.isStale = true
                throw .staleNFSFileHandle
            }
            IdleBackingIDs.drop(&state, channel: channel)
            state.redacted?.close()
            state.redacted = nil
            state.isStale = false
            let made = try makeRedacted(node, pin)
            if let snapshot = made.passthroughDescriptor, channel.supportsPassthrough {
                state.backingID = (try? channel.registerBacking(snapshot)) ?? 0
            }
            // The kernel's pages of the version that was open last are still right if this is that version again.
            let isKept = state.cachedVersion == made.version && made.kind == .router
            state.redacted = made
            state.cachedVersion = made.kind == .router ? made.version : nil
            count(made, &state)
            return (made, !isKept)
        }
        return redactedReply(node, pin, redacted, operation.flags, keepCache: !fresh, context)
    }

    private func makeRedacted(_ node: Node, _ pin: OwnedDescriptor) throws(Errno) -> RedactedFile {
        let readable = try affordable { () throws(Errno) in try reopen(pin, flags: O_RDONLY | O_NONBLOCK) }
        let mount = library.mount(of: node.identity.device) ?? library.rootDescriptor
        return try library.redacted.open(readable, directory: mount) { [weak node, channel] in
            guard let node, let content = node.existingContent else { return }
            content.state.withLock { if $0.redacted?.isStale ?? false { $0.isStale = true } }
            channel.invalidate(nodeID: node.id)
        }
    }

    private func count(_ file: RedactedFile, _ state: inout NodeContent.State) {
        if state.backingID != 0 { state.passthroughOpens += 1 } else { state.servedOpens += 1 }
    }

    private func redactedReply(
        _ node: Node, _ pin: OwnedDescriptor, _ redacted: RedactedFile, _ flags: Int32, keepCache: Bool,
        _ context: RequestContext
    ) -> Opened {
        let id = node.content.state.withLock { $0.backingID }
        let file = OpenFile(
            node: node, flags: flags, dataPath: .redacted(redacted), isFlushed: needsFlush(flags), pin: pin, context)
        var opened = Opened(handle: handles.add(.file(file)), backingID: id)
        opened.flags = flushing(file)
        if id != 0 {
            opened.flags |= OpenReplyFlags.passthrough
        } else if keepCache {
            opened.flags |= OpenReplyFlags.keepCache
        }
        switch redacted.kind {
        case .snapshot: counters.snapshotOpens.add(1, ordering: .relaxed)
        case .router: counters.routerOpens.add(1, ordering: .relaxed)
        case .privateCopy: counters.privateCopyOpens.add(1, ordering: .relaxed)
        }
        opened.isRedacted = !redacted.plan.isEmpty
        opened.reasons = redacted.plan.reasons
        return opened
    }

    // MARK: redacted-writable

    private func openRedactedWritable(
        _ node: Node, _ operation: Open, _ context: RequestContext
    ) throws(Errno) -> Opened {
        upgrades.remove(thread: context.pid, file: node.identity)
        let pin = try descriptor(of: node)
        let opener = OpenFile.Opener(context)
        if operation.writes && !operation.truncates { try refuseLocation(pin) }
        if operation.writes || operation.truncates {
            // What somebody else is writing may carry a location the next moment, and would be owned by who truncates it.
            if !library.inPlaceWriters.has(node.identity, opener: opener), library.redacted.isBeingWritten(pin.raw) {
                throw .permissionDenied
            }
            library.inPlaceWriters.revoke(node.identity, except: opener)
        }
        let flags = operation.flags & ~(OpenFile.onlyAtOpen & ~O_TRUNC)
        // Reads of what is written go by way of an own descriptor; this one writes, and truncates if asked to.
        let descriptor = try affordable { () throws(Errno) in try reopen(pin, flags: flags) }
        let file = OpenFile(
            node: node, flags: operation.flags, dataPath: .redactedWritable, pin: pin, descriptor: descriptor, context)
        library.inPlaceWriters.add(file)
        node.content.state.withLock { $0.servedOpens += 1 }
        counters.redactedWritableOpens.add(1, ordering: .relaxed)
        return Opened(handle: handles.add(.file(file)), flags: OpenReplyFlags.directIO)
    }

    /// Rule 5: nobody writes in place into a file whose location he may not see.
    func refuseLocation(_ descriptor: OwnedDescriptor) throws(Errno) {
        let readable = try reopen(descriptor, flags: O_RDONLY | O_NONBLOCK)
        if try library.redacted.carriesLocation(readable.raw) { throw .permissionDenied }
    }

    // MARK: release

    /// RELEASE.
    public func release(_ handle: UInt64, lockOwner: UInt64, _ context: RequestContext) {
        guard case .file(let file)? = handles.remove(handle) else { return }
        let operation = Close(node: file.node, isLast: true, lockOwner: lockOwner)
        _ = Pipeline.run(operation, context) { operation in
            self.locks.end(of: operation.lockOwner, on: operation.node.identity)
            self.locks.end(takenBy: file)
            self.close(file)
            return .success(Done())
        }
    }

    private func close(_ file: OpenFile) {
        guard let content = file.node.existingContent else { return }
        let isIdle = content.state.withLock { state -> Bool in
            switch file.dataPath {
            case .passthrough: state.passthroughOpens -= 1
            case .served: state.servedOpens -= 1
            case .redactedWritable:
                state.servedOpens -= 1
                library.inPlaceWriters.remove(file)
                state.privateState?.invalidate()
            case .redacted:
                if state.backingID != 0 { state.passthroughOpens -= 1 } else { state.servedOpens -= 1 }
                if state.passthroughOpens + state.servedOpens == 0, let redacted = state.redacted {
                    IdleBackingIDs.drop(&state, channel: channel)
                    redacted.close()
                    state.redacted = nil
                }
            }
            let isIdle = state.passthroughOpens == 0 && state.backingID != 0 && !state.isInRing
            if isIdle { state.isInRing = true }
            return isIdle
        }
        if isIdle { idle.entered(file.node, channel: channel) }
    }
}
