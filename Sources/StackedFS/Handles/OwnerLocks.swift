import CLinux
import LinuxSystem
import Synchronization
import SystemPackage

/// One owner's byte-range locks on one backing file: OFD locks (fcntl(2)) of a descriptor of its own.
final class OwnerLocks: Sendable {
    private struct State {
        /// Holds the locks; closing it gives them all up.
        var descriptor: OwnedDescriptor?
        /// The descriptor is good for exclusive locks too.
        var isWritable = false
        /// The open file by which the owner has asked last.
        var file: OpenFile
        /// The process that has asked last, as the kernel names it to this view.
        var process: Int32 = 0
    }
    private let state: Mutex<State>

    init(file: OpenFile) {
        state = Mutex(State(file: file))
    }

    /// Takes, changes or gives up a lock, without waiting.
    ///
    /// - Parameters:
    ///   - file: by which the owner asks.
    ///   - process: who asks in the owner's name.
    ///   - open: opens the backing file for reading, or for reading and writing.
    /// - Throws: EAGAIN when another owner's lock stands in the way.
    func set(
        _ lock: flock, by file: OpenFile, process: Int32, open: (_ mode: Int32) throws(Errno) -> OwnedDescriptor
    ) throws(Errno) {
        try state.withLock { state throws(Errno) in
            if lock.l_type == Int16(F_UNLCK) {
                guard let descriptor = state.descriptor else { return }
                return try OwnerLocks.set(lock, descriptor)
            }
            (state.file, state.process) = (file, process)
            let isExclusive = lock.l_type == Int16(F_WRLCK)
            // Who may write will: so his locks need not move to another descriptor later.
            let descriptor = try OwnerLocks.descriptor(&state, writable: isExclusive || file.writes, open)
            try OwnerLocks.set(lock, descriptor)
        }
    }

    /// The descriptor that holds the locks. A first exclusive lock may need another than the one that has held shared
    /// ones: they are taken there as well before they are given up here, so that nobody gets in between.
    private static func descriptor(
        _ state: inout State, writable: Bool, _ open: (Int32) throws(Errno) -> OwnedDescriptor
    ) throws(Errno) -> OwnedDescriptor {
        if let known = state.descriptor, state.isWritable || !writable { return known }
        let made = try open(writable ? O_RDWR : O_RDONLY)
        if let old = state.descriptor {
            for lock in try heldLocks(old) { try set(lock, made) }
        }
        (state.descriptor, state.isWritable) = (made, writable)
        return made
    }

    private static func set(_ lock: flock, _ descriptor: OwnedDescriptor) throws(Errno) {
        var lock = lock
        _ = try retrying { mv_fcntl_lock(descriptor.raw, F_OFD_SETLK, &lock) }
    }

    /// The first lock of somebody else that stands in the way of `lock`, or `lock` as unlocked.
    ///
    /// - Returns: nil if the owner has none of his own; then any descriptor of the file tells the same.
    func obstacle(to lock: flock) throws(Errno) -> flock? {
        try state.withLock { state throws(Errno) in
            guard let descriptor = state.descriptor else { return nil }
            var lock = lock
            _ = try retrying { mv_fcntl_lock(descriptor.raw, F_OFD_GETLK, &lock) }
            return lock
        }
    }

    /// The process that has taken exactly this lock, if this owner has it.
    func process(holding lock: flock) -> Int32? {
        state.withLock { state in
            guard let descriptor = state.descriptor else { return nil }
            let isHeld = (try? heldLocks(descriptor))?.contains {
                $0.l_type == lock.l_type && $0.l_start == lock.l_start && $0.l_len == lock.l_len
            }
            return isHeld ?? false ? state.process : nil
        }
    }

    func isTaken(by file: OpenFile) -> Bool { state.withLock { $0.file === file } }

    /// The release of an open file may be on its way that ends these locks.
    var mayBeEnding: Bool { state.withLock { !$0.file.isFlushed || $0.file.wasClosed.load(ordering: .acquiring) } }
}

/// The OFD locks that a descriptor holds, as the kernel lists them (proc_pid_fdinfo(5)):
/// `lock: 1: OFDLCK ADVISORY READ -1 fe:00:1234 0 EOF`.
private func heldLocks(_ descriptor: OwnedDescriptor) throws(Errno) -> [flock] {
    var locks: [flock] = []
    for line in try fileInformation(descriptor).split(separator: "\n") {
        let words = line.split(whereSeparator: \.isWhitespace)
        guard words.count >= 3, words[0] == "lock:", words[2] == "OFDLCK" else { continue }
        guard words.count == 9, let start = off_t(words[7]) else { throw .ioError }
        var lock = flock()
        lock.l_type = Int16(words[4] == "WRITE" ? F_WRLCK : F_RDLCK)
        lock.l_whence = Int16(SEEK_SET)
        lock.l_start = start
        if words[8] != "EOF" {
            guard let end = off_t(words[8]), end >= start, end < off_t.max else { throw .ioError }
            lock.l_len = end - start + 1
        }
        locks.append(lock)
    }
    return locks
}

private func fileInformation(_ descriptor: OwnedDescriptor) throws(Errno) -> String {
    let file = OwnedDescriptor(
        try retrying { mv_openat(mv_AT_FDCWD, "/proc/self/fdinfo/\(descriptor.raw)", O_RDONLY | O_CLOEXEC, 0) })
    var text: [UInt8] = []
    while true {
        let part = try scratchBytes(capacity: 8_192) { buffer throws(Errno) in
            try retryingLength { read(file.raw, buffer.baseAddress, buffer.count) }
        }
        if part.isEmpty { return String(decoding: text, as: UTF8.self) }
        text += part
    }
}
