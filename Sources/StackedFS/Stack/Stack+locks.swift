import CLinux
import LinuxSystem
import Synchronization
import SystemPackage

// Locks of every variant go to the backing file, so that they hold between variants, between views and against
// programs that work in the library itself. A POSIX lock becomes an OFD lock (fcntl(2)) on a descriptor of its owner's
// own; flock(2) is taken on the open file's own descriptor. Both are asked for without waiting: who waits is the
// session's business, because a worker must not.

extension Stack {
    /// GETLK, SETLK and FLOCK, without waiting.
    ///
    /// - Returns: for a test, the lock that stands in the way, or the asked one as unlocked.
    /// - Throws: EAGAIN when another owner's lock stands in the way.
    public func lock(_ operation: Lock, _ context: RequestContext) throws(Errno) -> LockState {
        try Pipeline.run(operation, context) { operation in
            .of { () throws(Errno) in
                operation.isFlock ? try self.flockBacking(operation) : try self.lockRange(operation)
            }
        }.get()
    }

    private func flockBacking(_ operation: Lock) throws(Errno) -> LockState {
        let descriptor = try operation.file.lockDescriptor()
        let mode: Int32
        switch operation.state.type {
        case F_RDLCK: mode = LOCK_SH
        case F_WRLCK: mode = LOCK_EX
        default: mode = LOCK_UN
        }
        _ = try retrying { flock(descriptor.raw, mode | LOCK_NB) }
        return operation.state
    }

    private func lockRange(_ operation: Lock) throws(Errno) -> LockState {
        guard let start = off_t(exactly: operation.state.start), let length = off_t(exactly: operation.state.length)
        else { throw .invalidArgument }
        var raw = flock()
        raw.l_type = Int16(operation.state.type)
        raw.l_whence = Int16(SEEK_SET)
        raw.l_start = start
        raw.l_len = length
        if operation.request == .test { return try testRange(operation, &raw) }
        if operation.state.type == F_UNLCK {
            guard let known = operation.file.node.lockOwner(operation.owner) else { return operation.state }
            _ = try retrying { mv_fcntl_lock(known.raw, F_OFD_SETLK, &raw) }
            return operation.state
        }
        try set(operation, &raw)
        return operation.state
    }

    private func set(_ operation: Lock, _ raw: inout flock) throws(Errno) {
        let descriptor = try ownDescriptor(operation)
        var attempts = 0
        while true {
            do {
                _ = try retrying { mv_fcntl_lock(descriptor.raw, F_OFD_SETLK, &raw) }
                return
            } catch {
                // The release that ends the lock in the way may be on its way to another worker.
                guard attempts < 5, error == .resourceTemporarilyUnavailable,
                    operation.file.node.locksEndWithFiles
                else { throw error }
                attempts += 1
                usleep(200)
            }
        }
    }

    private func testRange(_ operation: Lock, _ raw: inout flock) throws(Errno) -> LockState {
        // The owner's own locks never stand in his way, so his own descriptor asks.
        let descriptor = try ownDescriptor(operation)
        _ = try retrying { mv_fcntl_lock(descriptor.raw, F_OFD_GETLK, &raw) }
        return LockState(
            type: Int32(raw.l_type), start: UInt64(clamping: raw.l_start), length: UInt64(clamping: raw.l_len),
            pid: raw.l_type == Int16(F_UNLCK) ? 0 : max(raw.l_pid, 0))
    }

    /// The descriptor that holds one owner's locks of a node; closing it gives them all up.
    private func ownDescriptor(_ operation: Lock) throws(Errno) -> OwnedDescriptor {
        library.locksAreUsed.store(true, ordering: .relaxed)
        let (node, file) = (operation.file.node, operation.file)
        func known(_ state: inout NodeContent.State) -> OwnedDescriptor? {
            state.locks[operation.owner]?.file = ObjectIdentifier(file)
            state.locks[operation.owner]?.endsWithFile = !file.isFlushed
            return state.locks[operation.owner]?.descriptor
        }
        if let descriptor = node.content.state.withLock({ known(&$0) }) { return descriptor }
        // A writer's descriptor is good for both kinds of locks; a reader can only ask for shared ones.
        let mode = file.writes ? O_RDWR : O_RDONLY
        let pin = try descriptor(of: node)
        let made = try affordable { () throws(Errno) in try reopen(pin, flags: mode | O_NONBLOCK) }
        return node.content.state.withLock { state in
            if let descriptor = known(&state) { return descriptor }
            state.locks[operation.owner] = OwnerLocks(
                descriptor: made, file: ObjectIdentifier(file), endsWithFile: !file.isFlushed)
            return made
        }
    }

    /// A process closed a descriptor of the file: all its POSIX locks on it end (close(2)).
    func dropLocks(of node: Node, owner: UInt64) {
        guard let content = node.existingContent else { return }
        let dropped = content.state.withLock { state in
            state.locks.isEmpty ? nil : state.locks.removeValue(forKey: owner)
        }
        _ = dropped
    }

    /// The last descriptor of an open file was closed, and single closes were not told: who locked by it has closed it.
    func dropLocks(takenBy file: OpenFile) {
        guard !file.isFlushed, let content = file.node.existingContent else { return }
        let dropped = content.state.withLock { state -> [OwnerLocks] in
            guard !state.locks.isEmpty else { return [] }
            let ended = state.locks.filter { $0.value.endsWithFile && $0.value.file == ObjectIdentifier(file) }
            for owner in ended.keys { state.locks[owner] = nil }
            return Array(ended.values)
        }
        _ = dropped
    }
}

extension Node {
    func lockOwner(_ owner: UInt64) -> OwnedDescriptor? {
        existingContent?.state.withLock { $0.locks[owner]?.descriptor }
    }

    /// Some locks here end with the release of an open file and not with a close that is told.
    var locksEndWithFiles: Bool {
        existingContent?.state.withLock { $0.locks.contains { $0.value.endsWithFile } } ?? false
    }
}
