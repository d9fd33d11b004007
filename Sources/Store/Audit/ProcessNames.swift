import Glibc

/// Names of callers by thread id: one is asked for once a second at most, so that a storm of one caller's requests asks
/// once.
struct ProcessNames {
    private struct Known {
        let name: String?
        let until: Monotonic
    }

    private var known: [Int32: Known] = [:]

    /// What /proc/ID/comm says (proc(5)); nil if the process is gone or cannot be seen from here.
    mutating func name(of thread: Int32, now: Monotonic) -> String? {
        // 0 is the caller in a process namespace that is not ours or below it.
        guard thread > 0 else { return nil }
        if let known = known[thread], known.until > now { return known.name }
        if known.count > 256 { known.removeAll(keepingCapacity: true) }
        let name = ProcessNames.read(thread)
        known[thread] = Known(name: name, until: now + 1_000_000_000)
        return name
    }

    private static func read(_ thread: Int32) -> String? {
        let file = open("/proc/\(thread)/comm", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        // TASK_COMM_LEN is 16; the line ends with a newline that is no part of the name.
        return withUnsafeTemporaryAllocation(byteCount: 64, alignment: 1) { buffer in
            let count = Glibc.read(file, buffer.baseAddress, buffer.count)
            guard count > 0 else { return nil }
            return String(decoding: buffer.prefix(count - 1), as: UTF8.self)
        }
    }
}
