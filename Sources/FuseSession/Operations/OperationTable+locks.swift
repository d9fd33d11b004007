import CFuse
import CLinux
import LinuxSystem
import StackedFS
import SystemPackage

extension OperationTable {
    static func fillLocks(_ table: inout fuse_lowlevel_ops) {
        table.getlk = { raw, _, info, lock in
            serve(raw) { r throws(Errno) in
                let operation = try r.rangeLock(info, lock, .test)
                var reply = CFuse.flock(try r.stack.lock(operation, r.context))
                fuse_reply_lock(r.raw, &reply)
            }
        }
        table.setlk = { raw, _, info, lock, sleep in
            serve(raw) { r throws(Errno) in
                try r.take(try r.rangeLock(info, lock, sleep != 0 ? .setAndWait : .set))
            }
        }
        table.flock = { raw, _, info, mode in
            serve(raw) { r throws(Errno) in
                guard let info else { throw .invalidArgument }
                let type: Int32 =
                    switch mode & ~LOCK_NB {
                    case LOCK_SH: F_RDLCK
                    case LOCK_EX: F_WRLCK
                    default: F_UNLCK
                    }
                try r.take(
                    Lock(
                        file: try r.stack.file(info.pointee.fh), owner: info.pointee.lock_owner,
                        request: mode & LOCK_NB != 0 ? .set : .setAndWait, isFlock: true,
                        state: LockState(type: type, start: 0, length: 0, pid: 0)))
            }
        }
    }
}

extension Request {
    fileprivate func rangeLock(
        _ info: UnsafeMutablePointer<fuse_file_info>?, _ lock: UnsafeMutablePointer<flock>?, _ request: Lock.Request
    ) throws(Errno) -> Lock {
        guard let info, let lock = lock?.pointee, let start = UInt64(exactly: lock.l_start),
            let length = UInt64(exactly: lock.l_len)
        else { throw .invalidArgument }
        return Lock(
            file: try stack.file(info.pointee.fh), owner: info.pointee.lock_owner, request: request, isFlock: false,
            state: LockState(type: Int32(lock.l_type), start: start, length: length, pid: lock.l_pid))
    }

    /// Takes or gives up a lock; whoever has to wait for it does so on a thread of his own.
    fileprivate func take(_ operation: Lock) throws(Errno) {
        do {
            _ = try stack.lock(operation, context)
            succeed()
        } catch .resourceTemporarilyUnavailable where operation.request == .setAndWait {
            session.lockWaiters.wait(self, operation)
        }
    }
}

extension flock {
    fileprivate init(_ state: LockState) {
        self.init()
        l_type = Int16(state.type)
        l_whence = Int16(SEEK_SET)
        l_start = off_t(clamping: state.start)
        l_len = off_t(clamping: state.length)
        l_pid = state.pid
    }
}
