import Foundation
import Glibc
import TestSupport
import Testing

/// Which other apps exist: an app compares what it can observe while a hidden thing is there and while it is not.
@Suite(.enabled(if: Machine.canMount, "\(Machine.need)"), .timeLimit(.minutes(10)))
struct ExistenceAttackTests {
    private func furnish(_ service: RunningService) throws {
        for folder in ["DCIM", "Android/data/org.editor"] {
            try FileManager.default.createDirectory(
                atPath: service.library + "/" + folder, withIntermediateDirectories: true)
        }
        _ = try Program.run(["chmod", "-R", "a+rwX", service.library])
    }

    private func run(_ script: String) throws { #expect(try Program.run(["sh", "-c", script]) == 0) }

    /// The editor's observations in the shared view and in its app view, without and with a hidden thing.
    private func compare(
        _ service: RunningService, _ program: String, _ arguments: [String], appear: String
    ) throws {
        try service.addApps()
        for permission in ["read.images", "write.images"] {
            try service.administer("grant org.editor media.\(permission)")
        }
        try service.administer("view add editor --app org.editor --at \(service.root)/editor")
        let views = [service.view, service.root + "/editor"]
        func observe() throws -> [[String]] {
            try views.map { try Attacker.run(program, [$0] + arguments, as: RunningService.editor) }
        }
        let absent = try observe()
        try run("cd '\(service.library)' && \(appear)")
        // What the kernel keeps of names is out of date after a second.
        Thread.sleep(forTimeInterval: 1.2)
        let hidden = try observe()
        for (before, after) in zip(absent, hidden) {
            #expect(before.count > 3)
            #expect(before == after, "\(zip(before, after).filter { $0 != $1 })")
        }
    }

    private static let folder =
        "mkdir -p Android/data/org.camera/files && echo s > Android/data/org.camera/files/secret && chmod -R a+rwX Android"

    @Test("no operation tells whether another app's folder exists", arguments: ["org.camera", "org.unregistered"])
    func appFolder(_ app: String) throws {
        try withService(prepare: furnish) { service in
            try compare(
                service, Attacker.probe, ["Android/data/" + app, "Android/data/org.editor", "create"],
                appear: ExistenceAttackTests.folder.replacingOccurrences(of: "org.camera", with: app))
        }
    }

    @Test("neither listing, offsets, link count, size nor times of a directory of app folders tell")
    func directoryOfAppFolders() throws {
        try withService(prepare: furnish) { service in
            try compare(service, Attacker.look, ["Android/data"], appear: ExistenceAttackTests.folder)
        }
    }

    @Test("what the chmod of a trusted user answered is not what an app sees of its open directory")
    func attributesOfAnotherCaller() throws {
        try withService(prepare: furnish) { service in
            try service.addApps()
            try run("mkdir -p '\(service.library)/Android/data/org.camera'")
            let directory = service.view + "/Android/data"
            let (opened, changed) = (service.root + "/opened", service.root + "/changed")
            #expect(try Program.run(["chmod", "1777", service.root]) == 0)
            let program = """
                import time
                directory = os.open(sys.argv[1], os.O_RDONLY)
                os.close(os.open(sys.argv[2], os.O_CREAT))
                end = time.monotonic() + 20
                while not os.path.exists(sys.argv[3]) and time.monotonic() < end: time.sleep(0.002)
                of = os.fstat(directory)
                print(of.st_nlink, of.st_size, of.st_ctime_ns == of.st_mtime_ns)
                """
            let other = try Program.start([
                "sh", "-c",
                """
                until [ -e '\(opened)' ]; do sleep 0.002; done
                chmod 0777 '\(directory)' && : > '\(changed)'
                """,
            ])
            defer { waitpid(other, nil, 0) }
            let lines = try Attacker.run(program, [directory, opened, changed], as: RunningService.editor)
            #expect(lines == ["1 4096 True"])
        }
    }

    @Test("no operation on its name tells whether a file of a collection that is not granted exists")
    func fileWithoutPermission() throws {
        try withService(prepare: furnish) { service in
            try compare(
                service, Attacker.probe, ["DCIM/clip.mp4", "Android/data/org.editor", "keep"],
                appear: "echo s > DCIM/clip.mp4 && chmod a+rw DCIM/clip.mp4")
        }
    }

    private static let hasCasefolding = access("/sys/fs/ext4/features/casefold", F_OK) == 0

    @Test(
        "another spelling of a hidden name in a casefolded directory is that name",
        .enabled(
            if: hasCasefolding,
            "needs a kernel built with CONFIG_UNICODE: without it ext4 refuses directories that fold case"))
    func casefolding() throws {
        try LoopFilesystem.ext4.with(options: ["-O", "casefold"]) { mount in
            let service = try RunningService(mount)
            try FileManager.default.createDirectory(
                atPath: service.library + "/Android/data", withIntermediateDirectories: true)
            try run("chattr +F '\(service.library)/Android/data'")
            try furnish(service)
            try service.start()
            defer { _ = try? service.stop() }
            try compare(
                service, Attacker.probe, ["Android/data/ORG.Camera", "Android/data/org.editor", "create"],
                appear: ExistenceAttackTests.folder)
        }
    }

    /// That it cannot be tried is no guess.
    @Test(
        "a kernel that is said not to fold case refuses a filesystem that would",
        .enabled(
            if: !hasCasefolding && LoopFilesystem.isAvailable,
            "this kernel's ext4 folds case, or there are no loop devices"))
    func noCasefolding() throws {
        #expect(throws: LoopFilesystem.Failure.self) {
            try LoopFilesystem.ext4.with(options: ["-O", "casefold"]) { _ in }
        }
    }

    @Test("a watch on a directory of app folders in an app view hears nothing of other apps") func watching() throws {
        try withService(prepare: furnish) { service in
            try service.addApps()
            try service.administer("view add editor --app org.editor --at \(service.root)/editor")
            let program = """
                import time
                watch = libc.inotify_init1(os.O_NONBLOCK)
                called(libc.inotify_add_watch(watch, os.fsencode(sys.argv[1]), 0xFFF))
                open(sys.argv[2], "w").close()
                end = time.monotonic() + 20
                while not os.path.exists(sys.argv[3]) and time.monotonic() < end: time.sleep(0.02)
                time.sleep(0.5)
                tried("events", lambda: len(os.read(watch, 65536)))
                # The watch works: what the caller does himself it tells.
                os.listdir(sys.argv[1])
                tried("own", lambda: len(os.read(watch, 65536)) > 0)
                """
            let (started, done) = (service.root + "/started", service.root + "/done")
            #expect(try Program.run(["chmod", "1777", service.root]) == 0)
            let writer = try Program.start([
                "sh", "-c",
                """
                until [ -e '\(started)' ]; do sleep 0.02; done
                for place in '\(service.view)' '\(service.library)'; do
                  cd "$place" && mkdir -p Android/data/org.camera && rmdir Android/data/org.camera
                done
                mkdir Android/data/org.camera && : > '\(done)'
                """,
            ])
            defer { waitpid(writer, nil, 0) }
            let lines = try Attacker.run(
                program, [service.root + "/editor/Android/data", started, done], as: RunningService.editor)
            #expect(lines == ["events EAGAIN", "own True"])
        }
    }

    @Test("links that lead to a hidden folder lead nowhere")
    func links() throws {
        try withService(prepare: furnish) { service in
            let pointing =
                "ln -s data/org.camera Android/way && ln -s ../Android/data/org.camera/files/secret DCIM/way.jpg"
            try run("cd '\(service.library)' && \(pointing)")
            for name in ["Android/way", "DCIM/way.jpg"] {
                let program =
                    "os.chdir(sys.argv[1])\nfor _ in range(4): tried('follow', lambda: bool(os.stat(sys.argv[2])))"
                let lines = try Attacker.run(program, [service.view, name], as: RunningService.stranger)
                #expect(Set(lines) == ["follow ENOENT"])
            }
            try run("cd '\(service.library)' && \(ExistenceAttackTests.folder)")
            Thread.sleep(forTimeInterval: 1.2)
            for name in ["Android/way", "DCIM/way.jpg"] {
                let program = "os.chdir(sys.argv[1])\ntried('follow', lambda: bool(os.stat(sys.argv[2])))"
                let lines = try Attacker.run(program, [service.view, name], as: RunningService.stranger)
                #expect(lines == ["follow ENOENT"])
            }
        }
    }
}
