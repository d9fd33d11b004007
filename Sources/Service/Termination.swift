import CLinux
import Control
import Glibc
import LinuxSystem
import Policy
import Store
import SystemPackage

/// Ends the processes of an app that still hold files open through a view: what the kernel passes through cannot be
/// taken back while it is open. Each is asked with SIGTERM first, and killed when it has not gone after two seconds.
struct Termination {
    private let service: Service

    init(_ service: Service) { self.service = service }

    func endProcesses(of app: String) -> [ProcessOutcome] {
        let snapshot = service.store.keeper.current
        let devices = service.views.all.compactMap { view -> (UInt64, Bool)? in
            guard view.app == nil || view.app == app, let a = try? FileAttributes.of(path: view.path) else {
                return nil
            }
            return (a.device, view.app == app)
        }
        return numbers(in: "/proc").compactMap { pid in
            let uid = (try? FileAttributes.of(path: "/proc/\(pid)"))?.owner
            guard pid != getpid(), let uid else { return nil }
            let isApp = snapshot.name(of: principal(of: pid, uid, snapshot)) == app
            let files = openFiles(of: pid) { device in devices.contains { $0.0 == device && ($0.1 || isApp) } }
            guard files > 0 else { return nil }
            let name = (try? WholeFile.text(FilePath("/proc/\(pid)/comm"))) ?? "?"
            return ProcessOutcome(
                pid: pid, process: String(name.prefix { $0 != "\n" }), uid: uid, files: files, outcome: end(pid))
        }
    }

    /// Whom a process stands for in the shared view.
    private func principal(of pid: Int32, _ uid: UInt32, _ snapshot: PolicySnapshot) -> PolicySnapshot.Principal {
        let kinds = snapshot.identifies
        guard !kinds.isEmpty else { return snapshot.principal(uid: uid) }
        let wanted: ((String) -> Bool)? = kinds.contains(.executable) ? { snapshot.isNamed(executable: $0) } : nil
        let identity = ProcessIdentity.of(thread: pid, unit: kinds.contains(.unit), executable: wanted)
        return snapshot.principal(
            uid: uid, identity.map { CallerIdentity(unit: $0.unit, executable: $0.executable) })
    }

    /// Ends one process through a pidfd, so that a recycled pid is never hit.
    private func end(_ pid: Int32) -> String {
        let raw = mv_pidfd_open(pid, 0)
        guard raw >= 0 else { return "gone" }
        let process = OwnedDescriptor(raw)
        guard mv_pidfd_send_signal(process.raw, SIGTERM) == 0 else { return "gone" }
        if ends(process, within: 2_000) { return "ended" }
        _ = mv_pidfd_send_signal(process.raw, SIGKILL)
        return ends(process, within: 2_000) ? "killed" : "still runs: it waits in the kernel"
    }

    private func ends(_ process: OwnedDescriptor, within milliseconds: Int32) -> Bool {
        var wait = pollfd(fd: process.raw, events: Int16(POLLIN), revents: 0)
        return poll(&wait, 1, milliseconds) > 0
    }

    private func openFiles(of pid: Int32, _ matches: (UInt64) -> Bool) -> Int {
        var count = 0
        for number in numbers(in: "/proc/\(pid)/fd") {
            guard let attributes = try? FileAttributes.of(path: "/proc/\(pid)/fd/\(number)") else { continue }
            if attributes.kind == .regular, matches(attributes.device) { count += 1 }
        }
        return count + mappedFiles(of: pid, matches)
    }

    /// Files that a process has mapped, though it may have closed them (proc(5), maps: the fourth column is the device).
    private func mappedFiles(of pid: Int32, _ matches: (UInt64) -> Bool) -> Int {
        guard let file = fopen("/proc/\(pid)/maps", "re") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 8_192)
        var inodes: Set<Substring> = []
        while fgets(&line, Int32(line.count), file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            let columns = text.split(separator: " ", maxSplits: 5)
            guard columns.count >= 5, columns[4] != "0" else { continue }
            let numbers = columns[3].split(separator: ":").compactMap { UInt32($0, radix: 16) }
            guard numbers.count == 2, matches(UInt64(mv_makedev(numbers[0], numbers[1]))) else { continue }
            inodes.insert(columns[4])
        }
        return inodes.count
    }

    private func numbers(in directory: String) -> [Int32] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var result: [Int32] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let number = Int32(name) { result.append(number) }
        }
        return result
    }
}
