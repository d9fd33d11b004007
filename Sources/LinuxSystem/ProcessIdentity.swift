import CLinux
import Glibc
import Synchronization
import SystemPackage

/// What a process is beside its uid, as the kernel tells it.
public struct ProcessIdentity: Sendable, Hashable {
    /// The systemd unit of the system's manager; nil if it was not asked for, or the process runs in none.
    public var unit: String?
    /// The path of the file that it executes; nil if it was not asked for, or no such file is there any more.
    public var executable: String?

    public init(unit: String? = nil, executable: String? = nil) {
        self.unit = unit
        self.executable = executable
    }

    /// What a thread's process is at this moment.
    ///
    /// Nothing of it is kept for later: a process may execute another program, or be moved to another unit, between two
    /// requests, and no number that is cheap to read tells that it has (executing keeps both pid and start time).
    ///
    /// - Parameters:
    ///   - thread: a thread id; 0 for a caller in another pid namespace, of whom nothing can be told.
    ///   - unit: whether the unit is wanted.
    ///   - executable: which programs are wanted; nil for none.
    /// - Returns: nil if it cannot be found out, such as for lack of descriptors.
    public static func of(thread: Int32, unit: Bool, executable: ((String) -> Bool)? = nil) -> ProcessIdentity? {
        if thread == 0 { return ProcessIdentity() }
        return try? HeldTask(thread: thread).identity(unit: unit, executable: executable)
    }

    /// Whether a group is one of a thread's supplementary ones; false if that cannot be found out.
    public static func isMember(thread: Int32, of group: UInt32) -> Bool {
        (try? HeldTask(thread: thread).isMember(of: group)) ?? false
    }
}

/// A task that cannot be mistaken for another one.
///
/// All is read through one descriptor of /proc/TID, which stays with this one task as a pidfd does: when the task is gone it
/// answers ESRCH and never speaks of another that got the number. A caller that waits for the reply to a request cannot go
/// before it, and none of its process's threads can execute another program; so the number is still its own when this is
/// made, and what is read is all of one program.
struct HeldTask {
    private let directory: OwnedDescriptor

    init(thread: Int32) throws(Errno) {
        guard thread > 0, HeldTask.numbersAreOurs else { throw .noSuchProcess }
        directory = OwnedDescriptor(
            try retrying { mv_openat(mv_AT_FDCWD, "/proc/\(thread)", HeldTask.flags, 0) })
    }

    private static var flags: Int32 { mv_O_PATH | O_DIRECTORY | O_CLOEXEC }

    /// Whether /proc is that of our own pid namespace, in which requests name their callers: in another one the same number
    /// is another process.
    private static let numbersAreOurs = (try? link(mv_AT_FDCWD, "/proc/self")) == "\(getpid())"

    func identity(unit: Bool, executable: ((String) -> Bool)?) throws(Errno) -> ProcessIdentity {
        var identity = ProcessIdentity()
        if unit { identity.unit = ProcessIdentity.unitName(try cgroups()) }
        if let executable { identity.executable = try program(executable) }
        return identity
    }

    /// The path of the executed file, if the file at that path is this one: in a mount namespace of its own, or after the
    /// file was replaced, a process may execute another file under the same name.
    ///
    /// The caller chooses what he executes, even a file of a filesystem that he serves himself. So a path that nobody wants
    /// is not walked, and the executed file's filesystem is not asked (AT_STATX_DONT_SYNC): it could let us wait for ever.
    private func program(_ isWanted: (String) -> Bool) throws(Errno) -> String? {
        do {
            guard let path = try HeldTask.link(directory.raw, "exe"), isWanted(path) else { return nil }
            let named = try FileAttributes.of(mv_AT_FDCWD, name: path, flags: AT_SYMLINK_NOFOLLOW)
            let executed = try FileAttributes.of(directory.raw, name: "exe", flags: mv_AT_STATX_DONT_SYNC)
            return named.device == executed.device && named.inode == executed.inode ? path : nil
        } catch .noSuchFileOrDirectory {
            // Nothing has that name, or the kernel itself asks.
            return nil
        }
    }

    /// Whether a group is one of the supplementary ones, as /proc/TID/status has them (proc(5)).
    func isMember(of group: UInt32) throws(Errno) -> Bool {
        let lines = try text("status", capacity: 65_536).split(separator: "\n")
        let groups = lines.first { $0.hasPrefix("Groups:") }?.split(whereSeparator: { $0 == "\t" || $0 == " " }) ?? []
        return groups.contains { $0 == "\(group)" }
    }

    private static func link(_ directory: Int32, _ name: String) throws(Errno) -> String? {
        let bytes = try scratchBytes(capacity: 4_096) { buffer throws(Errno) in
            guard let start = buffer.baseAddress?.assumingMemoryBound(to: CChar.self) else { return 0 }
            return try retryingLength { readlinkat(directory, name, start, buffer.count) }
        }
        return bytes.isEmpty || bytes.count == 4_096 ? nil : String(validating: bytes, as: UTF8.self)
    }

    private func cgroups() throws(Errno) -> String { try text("cgroup", capacity: 8_192) }

    private func text(_ name: String, capacity: Int) throws(Errno) -> String {
        let file = OwnedDescriptor(
            try retrying { mv_openat(directory.raw, name, O_RDONLY | O_CLOEXEC, 0) })
        let bytes = try scratchBytes(capacity: capacity) { buffer throws(Errno) in
            try retryingLength { read(file.raw, buffer.baseAddress, buffer.count) }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension ProcessIdentity {
    /// The unit of a process by the text of its /proc/PID/cgroup (cgroups(7), proc(5)).
    ///
    /// The first component that is no slice names the unit of the system's manager. What lies deeper is made by the unit
    /// itself, which may name it as it likes: a user's own manager has services of any name below `user@1000.service`.
    static func unitName(_ text: String) -> String? {
        func path(_ isWanted: (Substring) -> Bool) -> Substring? {
            text.split(separator: "\n").first(where: isWanted)
                .flatMap { $0.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).last }
        }
        // The unified hierarchy; beside an older one (systemd's "hybrid" mode) it may know nothing.
        let unified = path { $0.hasPrefix("0::") } ?? "/"
        let named = unified == "/" ? path { $0.contains(":name=systemd:") } : unified
        guard let parts = named?.split(separator: "/") else { return nil }
        // Outside of the root of our own cgroup namespace nothing can be told.
        guard !parts.contains("..") else { return nil }
        guard let first = parts.first(where: { !$0.hasSuffix(".slice") }) else { return nil }
        return first.hasSuffix(".service") || first.hasSuffix(".scope") ? String(first) : nil
    }
}

/// The process of one request's caller, asked for at most once.
public final class CallerProcess: Sendable {
    private let thread: Int32
    private let known = Mutex<ProcessIdentity??>(nil)

    public init(thread: Int32) { self.thread = thread }

    /// What the caller is; the first call decides what is asked for. nil if it cannot be found out.
    public func identity(unit: Bool, executable: ((String) -> Bool)?) -> ProcessIdentity? {
        known.withLock { known in
            if let known { return known }
            let identity = ProcessIdentity.of(thread: thread, unit: unit, executable: executable)
            known = .some(identity)
            return identity
        }
    }
}
