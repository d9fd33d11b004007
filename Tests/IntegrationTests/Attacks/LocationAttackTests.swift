import Foundation
import Glibc
import TestSupport
import Testing

/// Where a photo was taken: an app that may not know tries to read it by every system call and every way round.
@Suite(.enabled(if: Machine.canMount, "\(Machine.need)"), .timeLimit(.minutes(10)))
struct LocationAttackTests {
    /// All ways of reading one file as the editor; the lines that tell of a way that worked.
    private func read(_ service: RunningService, _ view: String, _ name: String) throws -> [String: String] {
        let lines = try Attacker.run(
            Attacker.read, [view, name, "Android/data/org.editor", AttackedLibrary.needle], as: RunningService.editor)
        var result: [String: String] = [:]
        for line in lines {
            let parts = line.split(separator: " ")
            result[parts.dropLast().joined(separator: " ")] = parts.last.map(String.init)
        }
        return result
    }

    /// None where the machine's administrator has switched io_uring off: then all of them are EPERM.
    private static let ringWays: [String] = {
        let isOn = (try? String(contentsOfFile: "/proc/sys/kernel/io_uring_disabled", encoding: .utf8)) == "0\n"
        return isOn
            ? [
                "io_uring", "io_uring by a worker", "io_uring by a polling thread", "direct io_uring",
                "io_uring, all registered", "io_uring that opens", "io_uring that splices",
            ] : []
    }()

    @Test(
        "every way of reading returns the redacted bytes, also while another app reads the original",
        arguments: AttackedLibrary.allCases)
    func everyWayOfReading(_ below: AttackedLibrary) throws {
        try below.with { service in
            try AttackedLibrary.prepareApps(service)
            let holder = try Program.start([
                "setpriv", "--reuid", "\(RunningService.camera)", "--regid", "\(RunningService.camera)",
                "--clear-groups",
                "python3", "-c",
                "import mmap,sys,time\nf=open(sys.argv[1],'rb'); m=mmap.mmap(f.fileno(),0,mmap.MAP_SHARED,mmap.PROT_READ)\nwhile True: m[:]; f.seek(0); f.read(); time.sleep(0.001)",
                service.view + "/DCIM/photo.jpg",
            ])
            defer {
                kill(holder, SIGKILL)
                waitpid(holder, nil, 0)
            }
            for view in AttackedLibrary.views(service) {
                let ways = try read(service, view, "DCIM/photo.jpg")
                #expect(!ways.values.contains("LEAK"), "\(ways)")
                for way in [
                    "read", "readv", "preadv", "pread", "private mapping", "shared mapping", "sendfile", "splice",
                    "copy_file_range", "read ahead", "opened by descriptor", "direct", "AIO", "direct AIO",
                ] + LocationAttackTests.ringWays {
                    #expect(ways[way] == "clean", "\(way): \(ways[way] ?? "nothing")")
                }
                #expect(ways["for reading and writing"] == "EACCES")
                #expect(ways["hole"] == "True")
                // FIEMAP: ioctl(2) reaches no backing file.
                #expect(ways["extents"] == "ENOTSUP")
                #expect(ways["attributes"] == "[]")
                #expect(ways["attribute"] == "ENODATA")
            }
            #expect(try service.bytes(RunningService.camera, "DCIM/photo.jpg")?.carriesLocation == true)
            // The data path that was attacked is the one that this filesystem has.
            let status = try service.administer("status --json")
            #expect(status.contains("\"snapshots\":\(below == .xfs)"), "\(status)")
        }
    }

    @Test("another name, folder or extension changes nothing", arguments: AttackedLibrary.allCases)
    func anotherName(_ below: AttackedLibrary) throws {
        try below.with { service in
            try AttackedLibrary.prepareApps(service)
            for permission in ["write.images", "read.files", "write.files"] {
                try service.administer("grant org.editor media.\(permission)")
            }
            // A scope in which the editor sees locations.
            try service.administer("grant org.editor media.location --under Free")
            let own = "Android/data/org.editor"
            for name in ["DCIM/photo.bin", "DCIM/photo", "DCIM/a.jpg", own + "/a.jpg", own + "/a.txt"] {
                let moved = try service.shell(RunningService.editor, "mv DCIM/photo.jpg \(name)")
                #expect(moved.status == 0, "\(name): \(moved.errors)")
                #expect(try service.bytes(RunningService.editor, name)?.carriesLocation == false)
                let ways = try read(service, service.view, name)
                #expect(!ways.values.contains("LEAK"), "\(name): \(ways)")
                #expect(try service.shell(RunningService.editor, "mv \(name) DCIM/photo.jpg").status == 0)
            }
            for name in ["DCIM/l.jpg", own + "/l.bin"] {
                #expect(try service.shell(RunningService.editor, "ln DCIM/photo.jpg \(name)").status == 0)
                #expect(try service.bytes(RunningService.editor, name)?.carriesLocation == false)
            }
            // Into the scope leads no way: not by a rename, a link, an exchange or with a whole directory.
            let program = """
                os.chdir(sys.argv[1])
                os.mkdir("Free/mine")
                open("Free/own.jpg", "w").close()
                tried("rename", lambda: os.rename("DCIM/photo.jpg", "Free/a.jpg"))
                tried("link", lambda: os.link("DCIM/photo.jpg", "Free/a.jpg"))
                tried("exchange", lambda: rename2("DCIM/photo.jpg", "Free/own.jpg", 2))
                tried("directory", lambda: os.rename("DCIM", "Free/dcim"))
                tried("exchange of directories", lambda: rename2("DCIM", "Free/mine", 2))
                tried("own folder", lambda: os.rename("DCIM", "Android/data/org.editor/dcim"))
                """
            let lines = try Attacker.run(program, [service.view], as: RunningService.editor)
            #expect(
                lines == [
                    "rename EACCES", "link EACCES", "exchange EACCES", "directory EACCES",
                    "exchange of directories EACCES", "own folder EACCES",
                ])
        }
    }

    @Test("a writer without the location reads none, damages none and owns none", arguments: AttackedLibrary.allCases)
    func writing(_ below: AttackedLibrary) throws {
        try below.with { service in
            try AttackedLibrary.prepareApps(service)
            try service.administer("grant org.camera media.write.images")
            try service.administer("grant org.editor media.write.images")
            let program = """
                os.chdir(sys.argv[1])
                name = "DCIM/photo.jpg"
                tried("in place", lambda: opened(name, os.O_WRONLY))
                tried("both", lambda: opened(name, os.O_RDWR))
                tried("append", lambda: opened(name, os.O_WRONLY | os.O_APPEND))
                tried("truncate in part", lambda: os.truncate(name, 40))
                tried("attribute", lambda: os.setxattr(name, "user.place", b"0"))
                """
            let lines = try Attacker.run(program, [service.view], as: RunningService.editor)
            #expect(lines.map { $0.split(separator: " ").last } == Array(repeating: "EACCES", count: 5))
            #expect(try service.bytes(RunningService.camera, "DCIM/photo.jpg") == SamplePhoto.bytes())
            // A name made beforehand, and kept open, for what the camera will write.
            let keeper = """
                import time
                name, needle = sys.argv[1], bytes.fromhex(sys.argv[2])
                file = os.open(name, os.O_CREAT | os.O_RDWR, 0o666)
                os.fchmod(file, 0o666)
                print("made", flush=True)
                end = time.monotonic() + 20
                while os.fstat(file).st_size < 100 and time.monotonic() < end: time.sleep(0.01)
                time.sleep(0.2)
                again = os.open(name, os.O_RDONLY)
                print("leaks", needle in os.pread(again, 65536, 0))
                """
            let photo = service.library + "/DCIM/photo.jpg"
            let writer = try Program.start([
                "setpriv", "--reuid", "\(RunningService.camera)", "--regid", "\(RunningService.camera)",
                "--clear-groups",
                "sh", "-c",
                "until [ -e '\(service.view)/DCIM/next.jpg' ]; do sleep 0.05; done; sleep 0.3; cat '\(service.view)/DCIM/photo.jpg' > '\(service.view)/DCIM/next.jpg'; exec sleep 60",
            ])
            defer {
                kill(writer, SIGKILL)
                waitpid(writer, nil, 0)
            }
            let kept = try Attacker.run(
                keeper, [service.view + "/DCIM/next.jpg", AttackedLibrary.needle], as: RunningService.editor)
            #expect(kept == ["made", "leaks False"])
            #expect(FileManager.default.contentsEqual(atPath: photo, andPath: service.library + "/DCIM/next.jpg"))
        }
    }
}
