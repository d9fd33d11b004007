import CLinux
import Glibc
import SystemPackage

/// Processes that share one table of mounts, such as those of one container.
public struct MountNamespace: Sendable {
    public let processes: [Int32]

    /// All but this process's own.
    ///
    /// - Returns: with the number of processes that could not be looked at.
    public static func others() -> (namespaces: [MountNamespace], unknown: Int) {
        var found: [String: [Int32]] = [:]
        var unknown = 0
        let own = link("/proc/self/ns/mnt")
        for process in processIDs() {
            guard let name = link("/proc/\(process)/ns/mnt") else {
                // Unless it has just ended.
                if access("/proc/\(process)", F_OK) == 0 { unknown += 1 }
                continue
            }
            if name != own { found[name, default: []].append(process) }
        }
        return (
            found.values.map { MountNamespace(processes: $0) }.sorted { $0.processes[0] < $1.processes[0] }, unknown
        )
    }

    private static func processIDs() -> [Int32] {
        guard let directory = opendir("/proc") else { return [] }
        defer { closedir(directory) }
        var numbers: [Int32] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let number = Int32(name) { numbers.append(number) }
        }
        return numbers.sorted()
    }

    private static func link(_ path: String) -> String? {
        let bytes = try? scratchBytes(capacity: 256) { buffer throws(Errno) in
            guard let start = buffer.baseAddress?.assumingMemoryBound(to: CChar.self) else { return 0 }
            return try retryingLength { readlink(path, start, buffer.count) }
        }
        return bytes.map { String(decoding: $0, as: UTF8.self) }
    }
}

/// Who a process runs as, and what it is called.
public struct ProcessOwner: Sendable {
    public let name: String
    public let identity: UserIdentity

    /// nil if there is no such process any more.
    public init?(_ process: Int32) {
        guard let text = try? WholeFile.text(FilePath("/proc/\(process)/status")) else { return nil }
        var fields: [Substring: [Substring]] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 { fields[parts[0]] = parts[1].split(whereSeparator: \.isWhitespace) }
        }
        // The real, effective, saved and filesystem id.
        guard let uid = fields["Uid"]?.last.flatMap({ UInt32($0) }) else { return nil }
        let groups = (fields["Groups"] ?? []) + (fields["Gid"] ?? []).suffix(1)
        name = (fields["Name"] ?? []).joined(separator: " ")
        identity = UserIdentity(uid: uid, groups: Set(groups.compactMap { UInt32($0) }))
    }
}
