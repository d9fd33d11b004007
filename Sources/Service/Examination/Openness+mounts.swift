import Configuration
import Control
import LinuxSystem
import Synchronization
import SystemPackage

/// A place other than the library's own that leads into it.
private struct Way {
    let exposure: Exposure
    let path: WalkedPath

    /// nil if no path leads there, because something else is mounted over it.
    init?(_ exposure: Exposure, root: FilePath = "/") {
        guard let path = try? WalkedPath(exposure.place, from: root) else { return nil }
        if let twin = exposure.twin {
            guard let same = try? WalkedPath(twin).end.attributes,
                same.device == path.end.attributes.device, same.inode == path.end.attributes.inode
            else { return nil }
        }
        self.exposure = exposure
        self.path = path
    }

    var description: String {
        let what = exposure.part.isEmpty ? "the library" : "\(exposure.part) of the library"
        let how = exposure.means == .stacked ? " through a filesystem stacked on it" : ""
        return "\(exposure.place) shows \(what)\(how)"
    }

    /// The directories above, to tell whether another process comes the same way.
    var doors: [[UInt64]] { path.above.map { [$0.access.attributes.device, $0.access.attributes.inode] } }
}

extension Openness {
    /// Places of this machine: bind mounts, a filesystem that is mounted twice, overlays.
    func otherMounts() -> MachineCheck {
        let ways = map.exposures(in: mounts, resolve: Openness.resolved).filter { $0.place != library }
            .compactMap { Way($0) }
        var found: [String] = []
        var commands: [String] = []
        var state = CheckState.ok
        for way in ways {
            let callers = visitors.admitted(by: way.path)
            if callers.isEmpty { continue }
            state = callers.apps.isEmpty && state != .failed ? .warning : .failed
            found.append("\(way.description), and \(callers) can enter it")
            commands.append(command(closing: way))
        }
        let closed =
            ways.isEmpty
            ? "the library is mounted nowhere else"
            : "\(ways.count) other \(ways.count == 1 ? "place leads" : "places lead") into the library, and keep apps out"
        return MachineCheck(
            name: "library-mounts", state: state, finding: state == .ok ? closed : Openness.list(found),
            why: Openness.why, remedy: state == .ok ? nil : "run: " + Set(commands).sorted().joined(separator: "; "))
    }

    private func command(closing way: Way) -> String {
        let mount = mounts.last { $0.mountpoint == way.exposure.mountpoint }
        // A layer of the library's own overlay, or what else is no mount of its own.
        let isNeeded = mount.map { library.starts(with: $0.mountpoint) } ?? true
        if isNeeded, let parent = way.path.above.last { return Openness.closing(parent).joined(separator: " && ") }
        return "umount \(ShellWord(way.exposure.mountpoint))"
    }

    static func list(_ findings: [String]) -> String {
        let shown = findings.prefix(5).joined(separator: "; ")
        return findings.count > 5 ? "\(shown); and \(findings.count - 5) more" : shown
    }

    /// Places that only the processes of a container, a unit or a session see.
    func otherNamespaces() -> MachineCheck {
        let (namespaces, unknown) = MountNamespace.others()
        var found: [String] = []
        var state = CheckState.ok
        for namespace in namespaces {
            guard let first = namespace.processes.first, let way = way(in: namespace) else { continue }
            let owners = namespace.processes.prefix(200).compactMap { ProcessOwner($0) }
            let callers = visitors.admitted(by: way.path, among: owners.map(\.identity))
            state = callers.apps.isEmpty && state != .failed ? .warning : .failed
            let who = callers.apps.isEmpty ? "" : "; \(callers) can enter it"
            let process = "\(owners.first?.name ?? "a process") (pid \(first))"
            found.append("for \(process) and those that share its mounts \(way.description)\(who)")
        }
        if state == .ok, unknown > 0 {
            return MachineCheck(
                name: "library-namespaces", state: .warning,
                finding: "the mounts of \(unknown) processes cannot be looked at", why: Openness.why,
                remedy: "run the service by the mediaveil.service unit, with CAP_SYS_PTRACE")
        }
        let runtime = service.configuration.withLock { $0.runtimeDirectory }
        return MachineCheck(
            name: "library-namespaces", state: state,
            finding: state == .ok ? "no container or unit has the library" : Openness.list(found), why: Openness.why,
            remedy: state == .ok
                ? nil
                : "give it a view in the library's place: mediaveilctl view add VIEW --app APP, then bind "
                    + "\(runtime)/views/VIEW instead of \(ShellWord(library)), and start it again")
    }

    /// What leads the processes of another namespace into the library, and nobody here.
    private func way(in namespace: MountNamespace) -> Way? {
        for process in namespace.processes.prefix(3) {
            guard let mounts = try? MountEntry.seen(by: "\(process)") else { continue }
            let root = FilePath("/proc/\(process)/root")
            return map.exposures(in: mounts, resolve: Openness.resolved).lazy.compactMap { Way($0, root: root) }.first {
                way in
                // The same doors as here: looked at already.
                guard let here = try? WalkedPath(way.exposure.place) else { return true }
                return here.above.map { [$0.access.attributes.device, $0.access.attributes.inode] } != way.doors
                    || here.end.attributes.inode != way.path.end.attributes.inode
            }
        }
        return nil
    }
}
