import Control
import Foundation
import LinuxSystem
import SystemPackage

/// Programs that show directories of this machine to others.
extension Openness {
    /// NFS: what is configured, and what the kernel has been told.
    func exports() -> MachineCheck {
        let files = ["/etc/exports"] + Openness.names(in: "/etc/exports.d", ending: ".exports") + ["/var/lib/nfs/etab"]
        let shares = files.flatMap { file in ExportsFile.paths(Openness.text(file), file: file) }
        return check(
            "exports", "over NFS", shares, why: "who mounts the export sees the library without any rule",
            remedy: "name a view there in the library's place, then run: exportfs -ra")
    }

    func samba() -> MachineCheck {
        var (shares, read): ([SharedPath], Set<String>) = ([], [])
        var usershares = ["/var/lib/samba/usershares"]
        var queue = ["/etc/samba/smb.conf"]
        while let file = queue.popLast(), read.count < 100 {
            guard read.insert(file).inserted else { continue }
            let content = SambaFile.content(Openness.text(file), file: file)
            shares += content.shares
            queue += content.includes
            usershares += content.usershares
        }
        for file in usershares.flatMap({ Openness.names(in: $0, ending: "") }) {
            shares += SambaFile.content(Openness.text(file), file: file).shares
        }
        return check(
            "samba", "by Samba", shares, why: "who connects to the share sees the library without any rule",
            remedy:
                "name a view there in the library's place (for a user's own share: net usershare delete SHARE), then run: "
                + "smbcontrol all reload-config")
    }

    /// What containers are given that need not be running.
    func containers() -> MachineCheck {
        let folders = [
            ("/var/lib/docker/containers", "hostconfig.json"),
            ("/var/lib/containers/storage/overlay-containers", "userdata/config.json"), ("/var/lib/lxc", "config"),
        ]
        let shares = folders.flatMap { folder, name in
            Openness.names(in: folder, ending: "").flatMap { container -> [SharedPath] in
                let file = "\(container)/\(name)"
                let text = Openness.text(file)
                return name == "config"
                    ? ContainerFile.paths(lxc: text, file: file) : ContainerFile.paths(json: text, file: file)
            }
        }
        return check(
            "containers", "to a container", shares, why: "what runs in the container sees the library without any rule",
            remedy: "make the container anew with a view as its volume: mediaveilctl view add VIEW --app APP")
    }

    private func check(
        _ name: String, _ how: String, _ shares: [SharedPath], why: String, remedy: String
    ) -> MachineCheck {
        let found = Set(shares).sorted { ($0.file, $0.line, $0.path) < ($1.file, $1.line, $1.path) }
            .compactMap { share in
                relation(of: share).map { "\(share.place) gives \(share.path) \(how), \($0)" }
            }
        return MachineCheck(
            name: name, state: found.isEmpty ? .ok : .warning,
            finding: found.isEmpty ? "the library is not given \(how)" : Openness.list(found), why: why,
            remedy: found.isEmpty ? nil : remedy)
    }

    /// In words; nil if the path has nothing to do with the library.
    private func relation(of share: SharedPath) -> String? {
        let path = FilePath(share.path)
        // What is not there yet is compared by its name.
        guard let relation = map.relation(of: Openness.resolved(path) ?? path) else { return nil }
        switch relation {
        case .same: return "which is the library"
        case .inside: return "which is a part of the library"
        case .above: return share.isPrefix ? "in which the library may be" : "in which the library lies"
        }
    }

    private static func text(_ file: String) -> String { (try? WholeFile.text(FilePath(file))) ?? "" }

    /// The paths of what is in a directory, in order.
    private static func names(in directory: String, ending: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return names.filter { ending.isEmpty || $0.hasSuffix(ending) }.sorted().map { "\(directory)/\($0)" }
    }
}
