import Foundation
import Glibc
import TestSupport
import Testing

private let camera = RunningService.camera

/// Clients that take much, stop in the middle, or meet a machine in trouble: the service lives on and keeps nothing of them.
@Suite(.enabled(if: Machine.canMount, "\(Machine.need)"), .timeLimit(.minutes(10)))
struct HostileClientTests {
    private struct Status: Decodable {
        struct Mount: Decodable {
            let handles: Int
            let nodes: Int
        }
        let mounts: [Mount]
    }

    private func mounts(_ service: RunningService) throws -> Status.Mount {
        let text = try service.administer("status --json")
        return try #require(try JSONDecoder().decode(Status.self, from: Data(text.utf8)).mounts.first)
    }

    private func descriptors(_ service: RunningService) throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/\(service.child)/fd").count
    }

    /// A service whose camera may do everything, with `files` small files.
    private func withFiles(_ files: Int, _ body: (RunningService) throws -> Void) throws {
        func furnish(_ service: RunningService) throws {
            for index in 0..<files { try service.write(service.library + "/f\(index).txt", "content") }
            try Data(SamplePhoto.bytes()).write(to: URL(fileURLWithPath: service.library + "/photo.jpg"))
            _ = try Program.run(["chmod", "-R", "a+rwX", service.library])
        }
        try withService(prepare: furnish) { service in
            try service.addApps()
            try service.administer("grant org.camera media.manage")
            try service.administer("grant org.editor media.read.images")
            try service.administer("grant org.editor media.read.files")
            try body(service)
            // Nothing is left of what was open, and somebody else is served as ever.
            #expect(waitUntil(within: 30) { (try? mounts(service).handles) == 0 })
            #expect(try descriptors(service) < 1_100)
            #expect(try service.shell(RunningService.editor, "head -c 2 photo.jpg").status == 0)
        }
    }

    private func python(_ service: RunningService, _ program: String) throws -> Program.Outcome {
        let text = "import os, resource, sys, time, fcntl, mmap, errno\nos.chdir(\"\(service.view)\")\n" + program
        return try Program.output(["python3", "-c", text], uid: camera, seconds: 120)
    }

    @Test func tenThousandOpenFiles() throws {
        try withFiles(500) { service in
            let outcome = try python(
                service,
                """
                hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
                resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
                files = [os.open("f%d.txt" % (i % 500), os.O_RDONLY if i % 3 else os.O_RDWR) for i in range(10000)]
                assert all(os.pread(f, 7, 0) == b"content" for f in files[::97])
                print(len(files))
                """)
            #expect(outcome.output == "10000\n", "\(outcome.errors)")
        }
    }

    @Test func namesThatAreAbsent() throws {
        try withFiles(1) { service in
            let before = try mounts(service).nodes
            let outcome = try python(
                service,
                """
                missed = 0
                for i in range(100000):
                    try: os.stat("absent%d" % i)
                    except FileNotFoundError: missed += 1
                print(missed)
                """)
            #expect(outcome.output == "100000\n", "\(outcome.errors)")
            #expect(try mounts(service).nodes <= before + 2)
        }
    }

    @Test func listingWhileAnotherDeletes() throws {
        try withFiles(400) { service in
            let outcome = try python(
                service,
                """
                child = os.fork()
                if child == 0:
                    for i in range(400):
                        os.unlink("f%d.txt" % i)
                        if i % 3 == 0: open("g%d.txt" % i, "w").close()
                    os._exit(0)
                while os.waitpid(child, os.WNOHANG) == (0, 0):
                    names = os.listdir(".")
                    assert len(names) == len(set(names)), "a name is listed twice"
                names = os.listdir(".")
                print(sum(n[0] == "f" for n in names), sum(n[0] == "g" for n in names))
                """)
            #expect(outcome.output == "0 134\n", "\(outcome.errors)")
        }
    }

    private static let operations = [
        "f = os.open('f1.txt', os.O_RDONLY); os.pread(f, 100, 0); os.close(f)",
        "f = os.open('w', os.O_RDWR | os.O_CREAT); os.write(f, b'x' * 100000); os.close(f)",
        "open('made', 'w').close(); os.unlink('made')",
        "os.rename('f2.txt', 'f3'); os.rename('f3', 'f2.txt')",
        "os.listdir('.')",
        "f = os.open('w2', os.O_RDWR | os.O_CREAT); os.write(f, b'y'); os.fsync(f); os.close(f)",
        "f = os.open('f4.txt', os.O_RDWR); m = mmap.mmap(f, 7); m[0:1] = b'C'; m.flush(); os.close(f)",
        "os.mkdir('d'); os.rmdir('d')",
        "f = os.open('f5.txt', os.O_RDWR); fcntl.lockf(f, fcntl.LOCK_EX); os.close(f)",
        "os.truncate('f6.txt', 3); os.chmod('f6.txt', 0o666); os.utime('f6.txt')",
        "os.setxattr('f7.txt', 'user.k', b'v'); os.removexattr('f7.txt', 'user.k')",
        "f = os.open('.', os.O_TMPFILE | os.O_RDWR); os.write(f, b'z'); os.close(f)",
    ]

    /// Killed in the middle of each operation, several at once.
    @Test(arguments: operations) func aClientThatIsKilled(_ operation: String) throws {
        try withFiles(10) { service in
            let outcome = try python(
                service,
                """
                import signal
                def work():
                    while True:
                        try: \(operation)
                        except OSError: pass
                for turn in range(6):
                    children = []
                    for i in range(4):
                        child = os.fork()
                        if child == 0: work()
                        children.append(child)
                    time.sleep(0.02 + 0.013 * turn)
                    for child in children: os.kill(child, signal.SIGKILL)
                    for child in children: os.waitpid(child, 0)
                print("done")
                """)
            #expect(outcome.output == "done\n", "\(outcome.errors)")
        }
    }

    /// A lock goes with the process that held it, and with the one that waited for it.
    @Test func aClientThatIsKilledWhileItWaitsForALock() throws {
        try withFiles(1) { service in
            let outcome = try python(
                service,
                """
                import signal
                def hold(ready):
                    f = os.open("f0.txt", os.O_RDWR)
                    fcntl.lockf(f, fcntl.LOCK_EX)
                    os.write(ready, b"x")
                    time.sleep(60)
                ready = os.pipe()
                holder = os.fork()
                if holder == 0: hold(ready[1])
                os.read(ready[0], 1)
                waiter = os.fork()
                if waiter == 0: hold(ready[1])
                time.sleep(0.3)
                for child in (waiter, holder):
                    os.kill(child, signal.SIGKILL)
                    os.waitpid(child, 0)
                for attempt in range(100):
                    try:
                        fcntl.lockf(os.open("f0.txt", os.O_RDWR), fcntl.LOCK_EX | fcntl.LOCK_NB)
                        print("free")
                        break
                    except BlockingIOError: time.sleep(0.05)
                """)
            #expect(outcome.output == "free\n", "\(outcome.errors)")
        }
    }

    /// Who waits for a lock costs the service no thread, neither while he waits nor for ever.
    @Test func manyWaitersForOneLock() throws {
        try withFiles(1) { service in
            func threads() throws -> Int {
                try FileManager.default.contentsOfDirectory(atPath: "/proc/\(service.child)/task").count
            }
            let before = try threads()
            let outcome = try python(
                service,
                """
                import threading
                got = []
                holder = os.open("f0.txt", os.O_RDWR)
                fcntl.flock(holder, fcntl.LOCK_EX)
                def wait():
                    file = os.open("f0.txt", os.O_RDWR)
                    fcntl.flock(file, fcntl.LOCK_EX)
                    got.append(file)
                    os.close(file)
                waiters = [threading.Thread(target=wait) for i in range(200)]
                for waiter in waiters: waiter.start()
                time.sleep(1)
                print(len(got), len(os.listdir("/proc/\(service.child)/task")) < \(before + 20))
                fcntl.flock(holder, fcntl.LOCK_UN)
                for waiter in waiters: waiter.join()
                print(len(got))
                """)
            #expect(outcome.output == "0 True\n200\n", "\(outcome.errors)")
            #expect(try threads() < before + 20)
        }
    }

    /// With few descriptors left the service refuses, and serves again when some are free.
    @Test func descriptorsThatRunOut() throws {
        try withTemporaryDirectory { root throws in
            let service = try RunningService(root)
            for index in 0..<600 { try service.write(service.library + "/f\(index).txt", "content") }
            _ = try Program.run(["chmod", "-R", "a+rwX", service.library])
            try service.start(limits: ["prlimit", "--nofile=256:256"])
            defer { _ = try? service.stop() }
            try service.addApps()
            try service.administer("grant org.camera media.manage")
            let outcome = try python(
                service,
                """
                import subprocess
                resource.setrlimit(resource.RLIMIT_NOFILE, (4000, 4000))
                opened, refused = [], set()
                for i in range(600):
                    try: opened.append(os.open("f%d.txt" % i, os.O_RDWR))
                    except OSError as e: refused.add(errno.errorcode[e.errno])
                print(len(opened) > 50, refused)
                # Who has taken them all can still be asked about.
                words = ["\(Machine.program("mediaveilctl"))", "--socket", "\(service.socket)", "app", "show", "org.camera"]
                print(subprocess.run(words, stdout=subprocess.DEVNULL, timeout=30).returncode)
                """)
            #expect(outcome.output == "True {'ENFILE'}\n0\n", "\(outcome.output)\(outcome.errors)")
            #expect(waitUntil(within: 30) { (try? mounts(service).handles) == 0 })
            #expect(try service.shell(camera, "cat f599.txt").output == "content")
        }
    }

    /// Runs a service whose library is another filesystem, that can be filled or taken away.
    private func withLibrary(
        on kind: LoopFilesystem, megabytes: Int, _ body: (RunningService, _ mount: String) throws -> Void
    ) throws {
        try kind.with(megabytes: megabytes) { mount in
            try withTemporaryDirectory { root throws in
                let service = try RunningService(root)
                chmod(mount, 0o777)
                try #require(try Program.run(["mount", "--bind", mount, service.library]) == 0)
                defer { umount2(service.library, Int32(MNT_DETACH)) }
                try service.start()
                defer { _ = try? service.stop() }
                try service.addApps()
                try service.administer("grant org.camera media.manage")
                try body(service, mount)
            }
        }
    }

    @Test(.enabled(if: LoopFilesystem.isAvailable, "\(LoopFilesystem.need)"))
    func aFullFilesystemIsTold() throws {
        try withLibrary(on: .ext4, megabytes: 40) { service, _ in
            let outcome = try python(
                service,
                """
                f = os.open("big", os.O_RDWR | os.O_CREAT)
                try:
                    while True: os.write(f, b"x" * 1000000)
                except OSError as e: print(errno.errorcode[e.errno])
                os.close(f)
                os.unlink("big")
                open("small", "w").write("fits again")
                print(open("small").read())
                """)
            #expect(outcome.output == "ENOSPC\nfits again\n", "\(outcome.errors)")
        }
    }

    @Test(.enabled(if: LoopFilesystem.isAvailable, "\(LoopFilesystem.need)"))
    func aFilesystemThatIsGoneIsAnErrorAndNotTheEnd() throws {
        try withLibrary(on: .xfs, megabytes: 320) { service, mount in
            try service.write(mount + "/a.txt", "content")
            chmod(mount + "/a.txt", 0o666)
            #expect(try service.shell(camera, "cat a.txt").output == "content")
            try #require(try Program.run(["xfs_io", "-x", "-c", "shutdown", mount]) == 0)
            // Whole paths: a second later nobody can enter the view's root any more.
            let program = """
                import errno, os, sys
                view, failed = sys.argv[1] + "/", set()
                for attempt in (
                    lambda: os.listdir(view), lambda: open(view + "b.txt", "w"), lambda: os.mkdir(view + "d"),
                    lambda: os.unlink(view + "a.txt"), lambda: os.open(view + "a.txt", os.O_RDWR)):
                    try: attempt()
                    except OSError as e: failed.add(errno.errorcode[e.errno])
                print(failed)
                """
            let outcome = try Program.output(["python3", "-c", program, service.view], uid: camera, seconds: 120)
            #expect(outcome.output == "{'EIO'}\n", "\(outcome.output)\(outcome.errors)")
            #expect(try service.control(["status"]).status == 0)
            #expect(try service.administer("grants").contains("media.manage"))
        }
    }
}
