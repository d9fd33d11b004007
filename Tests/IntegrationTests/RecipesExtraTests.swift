import Foundation
import Glibc
import TestSupport
import Testing

/// The recipes of docs/views.md with the real tools: whatever holds the app, it sees its view of the library and finds no
/// other way to it, also through a kill of the service where the recipe says so.
@Suite(
    .serialized, .timeLimit(.minutes(10)),
    .enabled(if: Machine.runsExtra && Machine.canMount, "needs MEDIAVEIL_TEST_EXTRA=1, root and /dev/fuse"))
struct RecipesExtraTests {
    @Test func aCommandOfAUser() throws {
        try ContainedLook.with { look in
            let run = [Machine.program("mediaveilctl"), "--socket", look.service.socket, "run", "--app", "org.editor"]
            let command = ["/bin/sh", look.scriptPath, look.service.view, look.answers, "once", look.service.library]
            let search = ["env", "SEARCH=" + look.service.root]
            let answer = try look.run(run + ["--user", "nobody", "--"] + search + command)
            #expect(answer.faults == [])
        }
    }

    @Test(.enabled(if: ContainerTool.bubblewrap.works, "\(ContainerTool.bubblewrap.need)"))
    func bubblewrap() throws {
        try ContainedLook.with { look in
            let system = [
                "--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin", "--symlink", "usr/lib", "/lib",
                "--symlink", "usr/lib64", "/lib64", "--proc", "/proc", "--dev", "/dev", "--unshare-all",
            ]
            let app = ["--uid", "1000", "--gid", "1000", "--bind", look.directory + "/library", "/media"]
            let test = ["--ro-bind", look.scriptPath, "/look.sh", "--bind", look.answers, "/answers"]
            let answer = try look.run(["bwrap"] + system + app + test + look.command(place: "/media"))
            #expect(answer.faults == [])
        }
    }

    @Test(.enabled(if: ContainerTool.lxc.works, "\(ContainerTool.lxc.need)"))
    func lxc() throws {
        try ContainedLook.with { look in
            func execute(_ entry: String, _ command: [String]) throws -> [String] {
                mkdir(look.service.root + "/lxc", 0o755)
                let file = look.service.root + "/lxc.conf"
                let general = ContainerTool.lxcConfiguration.replacingOccurrences(of: "\\n", with: "\n")
                    .replacingOccurrences(of: "%s", with: look.container)
                let answers = "lxc.mount.entry = \(look.answers) answers none bind,create=dir 0 0\n"
                try look.service.write(file, general + answers + "lxc.mount.entry = " + entry + "\n")
                let name = "mediaveil-\(getpid())"
                return ["lxc-execute", "-P", look.service.root + "/lxc", "-n", name, "-f", file, "--"] + command
            }
            let simple = try execute(
                "\(look.simple) media none bind,create=dir 0 0", look.command(place: "/media"))
            #expect(try look.run(simple).faults == [])
            let lasting = try execute(
                "\(look.directory) media none rbind,create=dir,rslave 0 0",
                look.command(place: "/media/library", twice: true))
            let (before, after) = try look.runThroughAKill(lasting)
            #expect(before.faults == [])
            #expect(after.faults == [])
        }
    }

    @Test(.enabled(if: ContainerTool.podman.works, "\(ContainerTool.podman.need)"))
    func podman() throws {
        try ContainedLook.with { look in
            let store = look.service.root + "/podman"
            let podman = ContainerTool.podman(store)
            defer { _ = try? Program.run(["sh", "-c", ContainerTool.podmanCleaning(store)]) }
            let image = "tar -C '\(look.container)' -c . | \(podman) import - veil"
            try #require(try Program.run(["sh", "-ec", image]) == 0)
            func run(_ volume: String, _ options: [String] = [], _ command: [String]) -> [String] {
                (podman + " " + ContainerTool.podmanRun).split(separator: " ").map(String.init) + options
                    + ["-v", volume, "-v", look.answers + ":/answers", "veil"] + command
            }
            let simple = run(look.simple + ":/media", [], look.command(place: "/media"))
            #expect(try look.run(simple).faults == [])
            let mapped = run(
                look.simple + ":/media", ["--uidmap", "0:100000:65536"], look.command(place: "/media"))
            #expect(try look.run(mapped).faults == [])
            let lasting = run(
                look.directory + ":/media:rslave", [], look.command(place: "/media/library", twice: true))
            let (before, after) = try look.runThroughAKill(lasting)
            #expect(before.faults == [])
            #expect(after.faults == [])
        }
    }

    @Test(.enabled(if: ContainerTool.nspawn.works, "\(ContainerTool.nspawn.need)"))
    func systemdUnits() throws {
        try BootedMachine.with { machine in
            for name in ["dynamic", "user", "simple"] {
                #expect(machine.answer(name, "first").faults == [], "\(name)")
            }
            for name in ["dynamic", "user"] { #expect(machine.answer(name, "second").faults == [], "\(name)") }
        }
    }
}
