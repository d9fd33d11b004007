import CLinux
import Configuration
import Control
import FuseSession
import Glibc
import LinuxSystem
import StackedFS
import Synchronization
import SystemPackage

/// What `doctor` looks at: what this machine can do, and whether the library is out of the apps' reach.
struct Examination {
    let service: Service

    init(_ service: Service) { self.service = service }

    func checks() -> [MachineCheck] {
        let machine = [passthrough(), capabilities(), snapshots(), leases(), library(), state()]
        return machine + Openness(service).checks()
    }

    private func passthrough() -> MachineCheck {
        let works = service.views.all.contains { $0.session.supportsPassthrough }
        let none = service.views.all.isEmpty
        return MachineCheck(
            name: "passthrough", state: works ? .ok : .warning,
            finding: works
                ? "the kernel reads and writes clean files by itself"
                : none ? "no view is mounted yet" : "every read goes through the service",
            why: "passthrough gives the backing filesystem's speed",
            remedy: works || none ? nil : "run a kernel of 6.9 or later, and the service with CAP_SYS_ADMIN")
    }

    private func capabilities() -> MachineCheck {
        var held = mv_capabilities()
        _ = mv_thread_capabilities(&held)
        let wanted: [(String, Int)] = [
            ("CAP_CHOWN", 0), ("CAP_DAC_OVERRIDE", 1), ("CAP_DAC_READ_SEARCH", 2), ("CAP_FOWNER", 3), ("CAP_KILL", 5),
            ("CAP_SETGID", 6), ("CAP_SETUID", 7), ("CAP_SYS_ADMIN", 21), ("CAP_LEASE", 28),
        ]
        let missing = wanted.filter { held.effective & 1 << UInt64($0.1) == 0 }.map(\.0)
        return MachineCheck(
            name: "privileges", state: missing.isEmpty ? .ok : .warning,
            finding: missing.isEmpty ? "all that are used are there" : "missing: " + missing.joined(separator: ", "),
            why: "the service acts for other users and mounts filesystems",
            remedy: missing.isEmpty ? nil : "start it by the mediaveil.service unit, or as root")
    }

    private func snapshots() -> MachineCheck {
        let configured = service.configuration.withLock { $0.snapshots == .auto }
        let clones = canClone()
        return MachineCheck(
            name: "snapshots", state: .ok,
            finding: !configured
                ? "switched off in the configuration"
                : clones ? "the library's filesystem can clone files" : "the library's filesystem cannot clone files",
            why: "where files can be cloned, redacted files are read by the kernel too; elsewhere by the service",
            remedy: configured && !clones ? "XFS or Btrfs for the library, if redacted videos must be read faster" : nil
        )
    }

    /// Whether the library's filesystem can clone files.
    func canClone() -> Bool {
        guard
            let directory = try? retrying({
                mv_openat(mv_AT_FDCWD, service.library.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)
            })
        else { return false }
        let root = OwnedDescriptor(directory)
        let flags = mv_O_TMPFILE | O_RDWR | O_CLOEXEC
        guard let a = try? retrying({ mv_openat(root.raw, ".", flags, 0o600) }) else { return false }
        let source = OwnedDescriptor(a)
        guard let b = try? retrying({ mv_openat(root.raw, ".", flags, 0o600) }) else { return false }
        let target = OwnedDescriptor(b)
        return mv_ioctl_int(target.raw, mv_FICLONE, Int(source.raw)) == 0
    }

    private func leases() -> MachineCheck {
        let works = (try? WholeFile.text("/proc/sys/fs/leases-enable")) ?? "1"
        let enabled = works.first != "0"
        return MachineCheck(
            name: "leases", state: enabled ? .ok : .warning,
            finding: enabled ? "file leases are enabled" : "file leases are switched off",
            why: "a lease keeps a file unchanged while its redacted variant is read; without one a copy is made",
            remedy: enabled ? nil : "sysctl fs.leases-enable=1")
    }

    private func library() -> MachineCheck {
        let free = (try? FileAttributes.of(path: service.library.path)) != nil
        return MachineCheck(
            name: "library", state: free ? .ok : .failed,
            finding: free ? "\(service.library.path) is there" : "\(service.library.path) cannot be read",
            why: "it holds the media", remedy: free ? nil : "mount or create it, then restart the service")
    }

    private func state() -> MachineCheck {
        let path = service.configuration.withLock { $0.stateDirectory }
        var room = CLinux.statvfs()
        guard mv_statvfs(path, &room) == 0 else {
            return MachineCheck(
                name: "state-directory", state: .failed, finding: "\(path) cannot be read",
                why: "it holds the policy and the audit")
        }
        let bytes = UInt64(room.f_bavail) &* UInt64(room.f_frsize)
        let enough = bytes > 64 << 20
        return MachineCheck(
            name: "state-directory", state: enough ? .ok : .warning,
            finding: "\(bytes >> 20) MiB are free at \(path)", why: "audit rows that cannot be written are lost",
            remedy: enough ? nil : "free some space, or lower audit.max_size")
    }
}
