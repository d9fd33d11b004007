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
        let descriptor = try self.descriptor(of: operation.file)
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
        if operation.request == .test { return try testRange(operation, raw) }
        try set(operation, raw)
        return operation.state
    }

    private func set(_ operation: Lock, _ raw: flock) throws(Errno) {
        let (file, identity) = (operation.file, operation.file.node.identity)
        if raw.l_type == Int16(F_WRLCK), !file.writes { throw .badFileDescriptor }
        if raw.l_type == Int16(F_UNLCK), locks.locks(of: operation.owner, on: identity) == nil { return }
        library.locksAreUsed.store(true, ordering: .relaxed)
        let own = locks.madeLocks(of: operation.owner, on: identity, file: file)
        var pause: UInt32 = 200
        while true {
            do throws(Errno) {
                return try own.set(raw, by: file, process: operation.state.pid) { mode throws(Errno) in
                    try self.openForLocks(file, mode)
                }
            } catch {
                // The release that ends the lock in the way may be on its way to another worker. Who waits asks again anyhow.
                guard operation.request == .set, pause <= 1_600, error == .resourceTemporarilyUnavailable,
                    locks.others(than: operation.owner, on: identity).contains(where: \.mayBeEnding)
                else { throw error }
                usleep(pause)
                pause *= 2
            }
        }
    }

    private func openForLocks(_ file: OpenFile, _ mode: Int32) throws(Errno) -> OwnedDescriptor {
        let pin = try descriptor(of: file.node)
        // A file that takes only appended bytes can only be opened as the caller did.
        let flags = mode | O_NONBLOCK | (mode == O_RDONLY ? 0 : file.flags & O_APPEND)
        return try affordable { () throws(Errno) in try reopen(pin, flags: flags) }
    }

    private func testRange(_ operation: Lock, _ raw: flock) throws(Errno) -> LockState {
        let identity = operation.file.node.identity
        // The owner's own locks never stand in his way, so his own descriptor asks.
        let own = locks.locks(of: operation.owner, on: identity)
        var found = try own?.obstacle(to: raw)
        if found == nil { found = try obstacle(operation, raw) }
        guard let found else { throw .ioError }
        return LockState(
            type: Int32(found.l_type), start: UInt64(clamping: found.l_start), length: UInt64(clamping: found.l_len),
            pid: process(holding: found, operation))
    }

    private func obstacle(_ operation: Lock, _ raw: flock) throws(Errno) -> flock {
        let descriptor = try openForLocks(operation.file, O_RDONLY)
        var raw = raw
        _ = try retrying { mv_fcntl_lock(descriptor.raw, F_OFD_GETLK, &raw) }
        return raw
    }

    /// Who holds a lock that was found: 0 where nobody does, and where he came by another view. An OFD lock has no
    /// process for the kernel (-1), and all of ours are that.
    private func process(holding lock: flock, _ operation: Lock) -> Int32 {
        if lock.l_type == Int16(F_UNLCK) { return 0 }
        if lock.l_pid > 0 { return lock.l_pid }
        for other in locks.others(than: operation.owner, on: operation.file.node.identity) {
            if let process = other.process(holding: lock) { return process }
        }
        return 0
    }
}
