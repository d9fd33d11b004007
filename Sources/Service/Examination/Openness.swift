import Configuration
import Control
import Glibc
import LinuxSystem
import Policy
import StackedFS
import Store
import Synchronization
import SystemPackage

/// Whether the library can be reached past its views: by its own path, by other mounts, by servers and by containers.
struct Openness {
    let service: Service
    /// Without symbolic links.
    let library: FilePath
    let mounts: [MountEntry]
    let map: LibraryMap
    let visitors: Visitors

    static let why = "an app that reaches the library itself sees everything in it, locations and other apps' folders"

    init(_ service: Service) {
        self.service = service
        library = Openness.resolved(FilePath(service.library.path)) ?? FilePath(service.library.path)
        mounts = (try? MountEntry.seen()) ?? []
        map = LibraryMap(library: library, mounts: mounts, resolve: Openness.resolved)
        visitors = Visitors(service.store.keeper.current)
    }

    func checks() -> [MachineCheck] {
        [parentDirectory(), otherMounts(), otherNamespaces(), device(), exports(), samba(), containers()]
    }

    /// Without symbolic links; nil if nothing is there.
    static func resolved(_ path: FilePath) -> FilePath? {
        guard let pointer = path.withPlatformString({ realpath($0, nil) }) else { return nil }
        defer { free(pointer) }
        return FilePath(platformString: pointer)
    }

    // MARK: the library's own path

    private func parentDirectory() -> MachineCheck {
        let path: WalkedPath
        do throws(Errno) { path = try WalkedPath(library) } catch {
            return MachineCheck(
                name: "library-parent", state: .failed, finding: "the way to \(library) cannot be looked at: \(error)",
                why: Openness.why, remedy: "mount or create \(library), then restart the service")
        }
        let callers = visitors.admitted(by: path)
        guard let parent = path.above.last, !callers.isEmpty else {
            let door = path.closedDoor(to: .stranger).map { "\($0.path) keeps other users out" }
            return MachineCheck(
                name: "library-parent", state: .ok, finding: door ?? "the library's own mode keeps other users out",
                why: Openness.why)
        }
        return MachineCheck(
            name: "library-parent", state: callers.apps.isEmpty ? .warning : .failed,
            finding: "\(callers) can enter \(library): its directory \(parent.path) lets them in "
                + "(\(Openness.describe(parent.access)))",
            why: Openness.why, remedy: remedy(closing: parent))
    }

    static func describe(_ access: AccessBits) -> String {
        let owner = UserDatabase.user(access.attributes.owner)?.name ?? "uid \(access.attributes.owner)"
        let group = UserDatabase.groupName(access.attributes.group) ?? "gid \(access.attributes.group)"
        let list = access.hasList ? ", with an access list" : ""
        return "mode \(String(access.attributes.mode & 0o7777, radix: 8)), \(owner):\(group)\(list)"
    }

    /// The commands that close the directory in which the library lies, or give it one of its own.
    private func remedy(closing parent: WalkedPath.Step) -> String {
        // What others need too cannot be closed: a top directory, or one like /tmp.
        let isCommon = parent.path.components.count < 2 || parent.access.attributes.mode & 0o1000 != 0
        guard isCommon else { return "run: " + Openness.closing(parent).joined(separator: " && ") }
        let (here, closed) = (ShellWord(library), parent.path.appending("mediaveil"))
        let place = ShellWord(closed.appending("library"))
        let isMount = mounts.contains { $0.mountpoint == library }
        let move = isMount ? "mount at \(place) what is mounted at \(here)" : "mv \(here) \(place)"
        return
            "stop the service and give the library a closed directory: install -d -m 0700 \(ShellWord(closed)); \(move); "
            + "then write path = \"\(closed.appending("library"))\" under [library], and start it"
    }

    static func closing(_ step: WalkedPath.Step) -> [String] {
        let path = ShellWord(step.path)
        return (step.access.attributes.owner == 0 ? [] : ["chown root: \(path)"])
            + (step.access.hasList ? ["setfacl -b \(path)"] : []) + ["chmod 0700 \(path)"]
    }

    // MARK: the device below it

    private func device() -> MachineCheck {
        let holder = mounts.filter { library.starts(with: $0.mountpoint) }
            .max { $0.mountpoint.components.count <= $1.mountpoint.components.count }
        let name = "library-device"
        let why = "whoever can read the device of a filesystem reads every file on it, whatever its mode"
        guard let holder, holder.source.starts(with: Array("/dev/".utf8)),
            let path = Openness.resolved(FilePath(bytes: holder.source)), let walked = try? WalkedPath(path)
        else {
            return MachineCheck(
                name: name, state: .ok, finding: "the library's filesystem is on no device of this machine", why: why)
        }
        let callers = visitors.admitted(by: walked)
        guard !callers.isEmpty else {
            return MachineCheck(name: name, state: .ok, finding: "\(path) keeps other users out", why: why)
        }
        let group = UserDatabase.groupName(walked.end.attributes.group) ?? "\(walked.end.attributes.group)"
        return MachineCheck(
            name: name, state: callers.apps.isEmpty ? .warning : .failed,
            finding: "\(callers) can read \(path), on which the library lies "
                + "(\(Openness.describe(walked.end)))",
            why: why,
            remedy:
                "take them out of the group \(group) (gpasswd -d USER \(group)), or run: chmod o-rw \(ShellWord(path))")
    }
}

/// A path as a shell takes it for one word.
struct ShellWord: CustomStringConvertible {
    let description: String

    init(_ path: FilePath) {
        let text = path.string
        let isPlain = text.unicodeScalars.allSatisfy {
            $0.isASCII && ($0.properties.isAlphabetic || "/._-+:@0123456789".unicodeScalars.contains($0))
        }
        description =
            isPlain
            ? text : "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
