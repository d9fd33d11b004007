import Foundation
import Glibc
import TestSupport
import Testing

/// Which other apps exist: ways that need no name, or another one. An app compares what it can observe with and without the
/// hidden thing, in the shared view and in its own.
@Suite(.enabled(if: Machine.canMount, "\(Machine.need)"), .timeLimit(.minutes(10)))
struct HiddenNameAttackTests {
    private func withEditor(_ body: (RunningService, [String]) throws -> Void) throws {
        func furnish(_ service: RunningService) throws {
            let made = "cd '\(service.library)' && mkdir -p DCIM Android/data/org.editor && chmod -R a+rwX ."
            #expect(try Program.run(["sh", "-c", made]) == 0)
        }
        try withService(prepare: furnish) { service in
            try service.addApps()
            for permission in ["read.images", "write.images"] {
                try service.administer("grant org.editor media.\(permission)")
            }
            try service.administer("view add editor --app org.editor --at \(service.root)/editor")
            try body(service, [service.view, service.root + "/editor"])
        }
    }

    /// Observes before and after `appear` is run in the library, and expects no difference.
    private func compare(_ program: String, _ arguments: [String] = [], appear: String) throws {
        try withEditor { service, views in
            func observe() throws -> [[String]] {
                try views.map { try Attacker.run(program, [$0] + arguments, as: RunningService.editor) }
            }
            let absent = try observe()
            #expect(try Program.run(["sh", "-c", "cd '\(service.library)' && \(appear)"]) == 0)
            Thread.sleep(forTimeInterval: 1.2)
            let hidden = try observe()
            for (before, after) in zip(absent, hidden) {
                #expect(!before.isEmpty)
                #expect(before == after, "\(zip(before, after).filter { $0 != $1 })")
            }
        }
    }

    private static let manyFolders =
        "i=0; while [ $i -lt 3000 ]; do echo Android/data/org.other.$i; i=$((i+1)); done | xargs mkdir"

    @Test("a directory that seems empty is not removed, and why is not told")
    func removingWhatSeemsEmpty() throws {
        try compare(
            """
            os.chdir(sys.argv[1])
            for path in ["Android/data", "Android"]:
                tried("rmdir " + path, lambda: os.rmdir(path))
                tried("rename " + path, lambda: os.rename(path, "DCIM/moved"))
            os.mkdir("DCIM/mine")
            tried("over", lambda: os.rename("DCIM/mine", "Android/data"))
            tried("exchange", lambda: rename2("DCIM/mine", "Android/data", 2))
            os.rmdir("DCIM/mine")
            """, appear: "mkdir Android/data/org.camera && chmod a+rwx Android/data/org.camera")
    }

    @Test("of a directory with hidden files only it is not told that it is not empty")
    func removingWhatHasHiddenFiles() throws {
        try withEditor { service, views in
            let made = "mkdir DCIM/Clips && echo x > DCIM/Clips/clip.mp4 && chmod -R a+rwX ."
            #expect(try Program.run(["sh", "-c", "cd '\(service.library)' && \(made)"]) == 0)
            let program = """
                os.chdir(sys.argv[1])
                print(os.listdir("DCIM/Clips"))
                tried("rmdir", lambda: os.rmdir("DCIM/Clips"))
                os.mkdir("DCIM/mine")
                tried("over", lambda: os.rename("DCIM/mine", "DCIM/Clips"))
                os.rmdir("DCIM/mine")
                """
            for view in views {
                let lines = try Attacker.run(program, [view], as: RunningService.editor)
                #expect(lines == ["[]", "rmdir EACCES", "over EACCES"])
            }
        }
    }

    @Test("listings in small pieces, from remembered places and after rewinding show neither hidden entries nor gaps")
    func listingsInPieces() throws {
        try compare(
            """
            os.chdir(sys.argv[1])
            getdents = {"x86_64": 217}.get(os.uname().machine, 61)
            def pieces(descriptor, size):
                buffer = ctypes.create_string_buffer(size)
                while (count := called(libc.syscall(getdents, descriptor, buffer, size))) > 0:
                    position = 0
                    while position < count:
                        offset, length = struct.unpack_from("<QH", buffer, position + 8)
                        yield buffer.raw[position + 19:position + length].split(b"\\0")[0], offset
                        position += length
            for size in [64, 300, 32768]:
                directory = os.open("Android/data", os.O_RDONLY)
                first = list(pieces(directory, size))
                print("listed", size, first)
                for name, offset in first:
                    os.lseek(directory, offset, os.SEEK_SET)
                    print("after", name, [n for n, _ in pieces(directory, size)])
                os.lseek(directory, 0, os.SEEK_SET)
                print("again", list(pieces(directory, size)) == first)
                for place in [1, 2, 3, 1000, 2**31, 2**62]:
                    tried("from %d" % place, lambda: os.lseek(directory, place, os.SEEK_SET) and list(pieces(directory, size)))
                os.close(directory)
            """, appear: Self.manyFolders)
    }

    @Test("fanotify tells nothing of hidden entries, and marks none")
    func fanotify() throws {
        // An unprivileged group (FAN_CLASS_NOTIF | FAN_REPORT_DFID_NAME), marks of inodes and, refused, of mounts.
        let program = """
            import time
            view, started, done = sys.argv[1:4]
            os.chdir(view)
            group = libc.fanotify_init(0x2 | 0xC00, os.O_RDONLY)
            tried("group", lambda: called(group) > 0)
            def mark(path, flags, mask):
                called(libc.fanotify_mark(group, flags, ctypes.c_uint64(mask), -100, os.fsencode(path)))
            tried("watch", lambda: mark("Android/data", 0x1, 0x40000000 | 0x08000000 | 0xFC0))
            tried("mount", lambda: mark(".", 0x1 | 0x10, 0x20))
            tried("filesystem", lambda: mark(".", 0x1 | 0x100, 0x20))
            tried("hidden", lambda: mark("Android/data/org.camera", 0x1, 0x20))
            open(started, "w").close()
            end = time.monotonic() + 20
            while not os.path.exists(done) and time.monotonic() < end: time.sleep(0.02)
            time.sleep(0.3)
            os.set_blocking(group, False)
            tried("heard", lambda: len(os.read(group, 65536)))
            tried("hidden now", lambda: mark("Android/data/org.camera", 0x1, 0x20))
            """
        try withEditor { service, views in
            #expect(try Program.run(["chmod", "1777", service.root]) == 0)
            let (started, done) = (service.root + "/started", service.root + "/done")
            let writer = try Program.start([
                "sh", "-c",
                """
                until [ -e '\(started)' ]; do sleep 0.02; done
                for place in '\(service.view)' '\(service.library)'; do
                  cd "$place" && mkdir -p Android/data/org.camera/in && rmdir -p Android/data/org.camera/in 2>/dev/null
                done
                mkdir Android/data/org.camera; : > '\(done)'
                """,
            ])
            defer { waitpid(writer, nil, 0) }
            let lines = try Attacker.run(program, [views[1], started, done], as: RunningService.editor)
            #expect(!lines.contains { $0.hasPrefix("heard") && Int($0.dropFirst(6)) != nil }, "\(lines)")
            let hidden = lines.filter { $0.hasPrefix("hidden") }.compactMap { $0.split(separator: " ").last }
            #expect(hidden.count == 2 && Set(hidden).count == 1 && hidden[0] != "None", "\(lines)")
            #expect(lines.contains("mount EPERM") || lines.contains("group EPERM"), "\(lines)")
        }
    }

    @Test("another spelling of a hidden name is as absent as any, and none can be made there; elsewhere it is a name")
    func spellings() throws {
        let spellings = [
            #"org.cam\u200bera"#, #"org.camera\ufe0f"#, #"org.camera."#, #"org.camera "#, #"ORG.camera"#,
            #"org.ca\u0301mera"#,
            #"org.c\u00e1mera"#, #"\u2060org.camera"#, #"org.camera\u00ad"#,
        ]
        let program = """
            os.chdir(sys.argv[1])
            for spelling in [\(spellings.map { "\"\($0)\"" }.joined(separator: ", "))]:
                for path in [spelling, "./" + spelling, "../data/" + spelling, "/" + spelling, spelling + "/files", spelling + "/../org.camera"]:
                    path = "Android/data/" + path
                    tried("stat", lambda: bool(os.stat(path)))
                    tried("open", lambda: opened(path, os.O_RDONLY))
                    tried("mkdir", lambda: os.mkdir(path))
                    tried("create", lambda: opened(path, os.O_CREAT | os.O_WRONLY))
                tried("elsewhere", lambda: os.mkdir("DCIM/" + spelling) or os.rmdir("DCIM/" + spelling))
            """
        try compare(
            program, appear: "mkdir -p Android/data/org.camera/files Android/data/org.cámera && chmod -R a+rwX Android")
    }

    @Test("neither mounts of one's own nor attributes and ioctls of visible directories show hidden ones")
    func mountsAndIoctls() throws {
        try compare(
            """
            import subprocess
            os.chdir(sys.argv[1])
            def run(script):
                script = "exec 2>/dev/null; cd '%s'; %s" % (sys.argv[1], script)
                return subprocess.run(["unshare", "-Urm", "sh", "-c", script], stdout=subprocess.PIPE).stdout
            for script in ["mount --bind Android/data/org.camera /mnt && ls /mnt",
                           "mount --bind Android/data/org.camera/files Android/data/org.editor && ls Android/data/org.editor",
                           "mount -t overlay -o lowerdir=Android/data:DCIM none /mnt && ls -a /mnt",
                           "mount --bind Android/data /mnt && ls /mnt && ls /mnt/org.camera", "ls Android/data; echo done"]:
                print("mounted", run(script))
            directory = os.open("Android/data", os.O_RDONLY)
            for request in [0x80086601, 0x801c581f, 0xC020660B, 0x40086602, 0x5411, 0x541B, 0x80047601, 0xC0046686]:
                tried("ioctl %x" % request, lambda: len(fcntl.ioctl(directory, request, bytes(256))))
            tried("attributes", lambda: os.listxattr("Android/data"))
            of = os.stat("Android/data")
            print("size", of.st_size, of.st_blocks, of.st_nlink)
            tried("hole", lambda: os.lseek(directory, 0, os.SEEK_HOLE))
            tried("statfs", lambda: os.statvfs("Android/data").f_namemax)
            """,
            appear:
                "mkdir -p Android/data/org.camera/files && setfattr -n user.x -v y Android/data/org.camera; chmod -R a+rwX Android"
        )
    }
}
