import Foundation
import Glibc
import TestSupport
import Testing

/// A nodeid is not a capability: neither file handles nor descriptors of others lead to what their names hide.
@Suite(.enabled(if: Machine.canMount, "\(Machine.need)"), .timeLimit(.minutes(10)))
struct HandleAttackTests {
    /// Arguments: the view, the needle in hex, the pid of one whose descriptors may be taken or 0. Guesses handles of all nodes
    /// there are, as itself and as root of a user namespace of its own, where the kernel lets more through.
    private static let guess = """
        view, needle = sys.argv[1], bytes.fromhex(sys.argv[2])

        def handle(path):
            buffer = ctypes.create_string_buffer(8 + 128)
            struct.pack_into("<I", buffer, 0, 128)
            mount = ctypes.c_int()
            called(libc.name_to_handle_at(-100, os.fsencode(path), buffer, ctypes.byref(mount), 0))
            return buffer

        def reopened(mount, buffer, flags):
            return called(libc.open_by_handle_at(mount, buffer, flags))

        def guessed(what):
            mount = os.open(view, os.O_RDONLY | os.O_DIRECTORY)
            try:
                known = handle(view + "/DCIM/photo.jpg")
            except OSError:
                # The kernel gives none for such a filesystem: one is made up as FUSE encodes it (FILEID_INO64_GEN).
                known = ctypes.create_string_buffer(struct.pack("<IiIII", 12, 0x81, 0, 1, 0), 136)
            leaks, opened, secrets = 0, 0, []
            # fuse: the nodeid's halves, then its generation.
            for number in range(1, 400):
                buffer = ctypes.create_string_buffer(bytes(known.raw), len(known.raw))
                struct.pack_into("<II", buffer, 8, number >> 32, number & 0xFFFFFFFF)
                for flags in [os.O_RDONLY, os.O_RDONLY | os.O_DIRECTORY, os.O_RDWR]:
                    try:
                        file = reopened(mount, buffer, flags)
                    except OSError:
                        continue
                    opened += 1
                    try:
                        if flags & os.O_DIRECTORY: secrets += [n for n in os.listdir(file) if "secret" in n or "camera" in n]
                        else: leaks += needle in os.pread(file, 65536, 0)
                    except OSError:
                        pass
                    os.close(file)
            print(what, "leaks", leaks, secrets)

        guessed("app")
        sys.stdout.flush()
        user, group = os.getuid(), os.getgid()
        child = os.fork()
        if child == 0:
            # CLONE_NEWUSER | CLONE_NEWNS
            if libc.unshare(0x10020000) == 0:
                for name, text in [("setgroups", "deny"), ("uid_map", "%d %d 1" % (user, user)), ("gid_map", "%d %d 1" % (group, group))]:
                    with open("/proc/self/" + name, "w") as file: file.write(text)
                guessed("namespace")
            else:
                print("namespace leaks 0 []")
            sys.stdout.flush()
            os._exit(0)
        os.waitpid(child, 0)
        """

    private static let folder =
        "mkdir -p Android/data/org.camera/files && echo s > Android/data/org.camera/files/secret && chmod -R a+rwX Android"

    /// The photo belongs to the attacker's uid, so that modes and owners let it through wherever they are asked.
    @Test("handles that are made up open nothing that is hidden", arguments: AttackedLibrary.allCases)
    func madeUpHandles(_ below: AttackedLibrary) throws {
        try below.with { service in
            try AttackedLibrary.prepareApps(service)
            let own = "chown -R \(RunningService.editor):\(RunningService.editor) ."
            #expect(try Program.run(["sh", "-c", "cd '\(service.library)' && \(Self.folder) && \(own)"]) == 0)
            // Others have used their own, so that the kernel has nodes of them.
            let holder = try Program.start([
                "setpriv", "--reuid", "\(RunningService.camera)", "--regid", "\(RunningService.camera)",
                "--clear-groups", "sh",
                "-c",
                "cd '\(service.view)' && exec 3<DCIM/photo.jpg 4<Android/data/org.camera/files/secret && ls -R >/dev/null; exec sleep 300",
            ])
            defer {
                kill(holder, SIGKILL)
                waitpid(holder, nil, 0)
            }
            #expect(waitUntil { (try? String(contentsOfFile: "/proc/\(holder)/comm", encoding: .utf8)) == "sleep\n" })
            for view in AttackedLibrary.views(service) {
                let lines = try Attacker.run(Self.guess, [view, AttackedLibrary.needle], as: RunningService.editor)
                #expect(lines == ["app leaks 0 []", "namespace leaks 0 []"])
            }
        }
    }

    /// Descriptors that name a file without its content are passed on by somebody who may see it, and opened again.
    @Test(
        "what is opened again through an inherited descriptor is decided for who opens it",
        arguments: AttackedLibrary.allCases)
    func inheritedDescriptors(_ below: AttackedLibrary) throws {
        try below.with { service in
            try AttackedLibrary.prepareApps(service)
            #expect(try Program.run(["sh", "-c", "cd '\(service.library)' && \(Self.folder)"]) == 0)
            let program = """
                import os, sys
                view, uid, attack = sys.argv[1], int(sys.argv[2]), sys.argv[3]
                os.setgroups([])
                # As the camera: descriptors by path only, one of each.
                os.setresuid(\(RunningService.camera), \(RunningService.camera), 0)
                os.chdir(view)
                files = [os.open(path, os.O_PATH) for path in
                         ["DCIM/photo.jpg", "Android/data/org.camera/files/secret", "Android/data/org.camera"]]
                os.setresuid(0, 0, 0)
                os.setresgid(uid, uid, uid)
                os.setresuid(uid, uid, uid)
                for file in files: os.set_inheritable(file, True)
                os.execvp("python3", ["python3", "-c", attack, sys.argv[4]] + [str(file) for file in files])
                """
            let attack = """
                import errno, os, sys
                needle, files = bytes.fromhex(sys.argv[1]), [int(n) for n in sys.argv[2:]]
                def tried(what, action):
                    try: print(what, action())
                    except OSError as error: print(what, "refused")
                for file in files[:2]:
                    for flags in [os.O_RDONLY, os.O_RDWR]:
                        tried("again", lambda: b"s\\n" == (data := os.pread(os.open("/proc/self/fd/%d" % file, flags), 65536, 0))
                              or needle in data)
                tried("list", lambda: os.listdir("/proc/self/fd/%d" % files[2]))
                tried("below", lambda: os.open("files/secret", os.O_RDONLY, dir_fd=files[2]))
                tried("create", lambda: os.open("new", os.O_CREAT | os.O_WRONLY, dir_fd=files[2]))
                tried("remove", lambda: os.unlink("files/secret", dir_fd=files[2]))
                """
            let outcome = try Program.output([
                "python3", "-c", program, service.view, "\(RunningService.editor)", attack, AttackedLibrary.needle,
            ])
            #expect(outcome.status == 0, "\(outcome.errors)")
            let lines = outcome.output.split(separator: "\n")
            #expect(lines.count == 8, "\(outcome.output)")
            for line in lines { #expect(line.hasSuffix("refused") || line == "again False", "\(outcome.output)") }
        }
    }

    @Test(
        "neither size, blocks nor times tell that a photo has a location; a sidecar has none; others' files are not opened anew"
    )
    func neighboursOfThePhoto() throws {
        try AttackedLibrary.xfs.with { service in
            try AttackedLibrary.prepareApps(service)
            for permission in ["media.read.files", "media.write.images"] {
                try service.administer("grant org.editor \(permission)")
            }
            try service.administer("grant org.camera media.write.images")
            let made = try service.shell(
                RunningService.camera, "cp DCIM/photo.jpg DCIM/own.jpg && chmod 666 DCIM/own.jpg")
            #expect(made.status == 0, "\(made.errors)")
            let sidecar = """
                <x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\
                <rdf:Description xmlns:exif="http://ns.adobe.com/exif/1.0/"><exif:GPSLatitude>48,51.49831N</exif:GPSLatitude>\
                </rdf:Description></rdf:RDF></x:xmpmeta>
                """
            try Data(sidecar.utf8).write(to: URL(fileURLWithPath: service.library + "/DCIM/photo.xmp"))
            chmod(service.library + "/DCIM/photo.xmp", 0o666)
            for view in AttackedLibrary.views(service) {
                let program = """
                    os.chdir(sys.argv[1])
                    # Once it has been read redacted, and while it is open so.
                    file = open("DCIM/photo.jpg", "rb")
                    file.read()
                    of = os.stat("DCIM/photo.jpg")
                    print(of.st_size, of.st_blocks, of.st_mtime_ns, of.st_ctime_ns, of.st_nlink)
                    of = os.fstat(file.fileno())
                    print(of.st_size, of.st_blocks, of.st_mtime_ns, of.st_ctime_ns, of.st_nlink)
                    print(b"48,51.49831N" in open("DCIM/photo.xmp", "rb").read())
                    tried("anew for writing", lambda: opened("DCIM/own.jpg", os.O_CREAT | os.O_WRONLY))
                    """
                let lines = try Attacker.run(program, [view], as: RunningService.editor)
                let look =
                    "os.chdir(sys.argv[1]); of = os.stat('DCIM/photo.jpg')\n"
                    + "print(of.st_size, of.st_blocks, of.st_mtime_ns, of.st_ctime_ns, of.st_nlink)"
                let original = try Attacker.run(look, [service.library], as: 0)
                #expect(
                    lines == [original[0], original[0], "False", "anew for writing EACCES"], "\(lines)")
            }
        }
    }
}
