import Foundation
import Glibc
import TestSupport
import Testing

/// System calls that no command makes: each program has the same results in the pure stack and in a bare directory.
@Suite(.enabled(if: Machine.canMount, "\(Machine.need)"), .timeLimit(.minutes(10)))
struct OperationTests {
    /// What every program begins with: `told` prints what a call returns, or its errno.
    private static let beginning = """
        import ctypes, errno, fcntl, os, resource, signal, stat, sys, threading
        libc = ctypes.CDLL(None, use_errno=True)
        def called(result):
            if result < 0: raise OSError(ctypes.get_errno(), "")
            return result
        def told(what, call):
            try: result = call()
            except OSError as error: result = errno.errorcode.get(error.errno, error.errno)
            print(what, result)
            return result
        def file(name, text=b"text", mode=0o644):
            with open(name, "wb") as f: f.write(text)
            os.chmod(name, mode)
        def opened(name, flags, mode=0o600):
            f = told("open %s %o" % (name[:20], flags), lambda: os.open(name, flags, mode) and "done")
            return os.open(name, flags & ~os.O_EXCL, mode) if f == "done" else None
        def acting(uid, groups, action):
            sys.stdout.flush()
            child = os.fork()
            if child == 0:
                os.setgroups(groups); os.setgid(uid); os.setuid(uid)
                try: action()
                finally: sys.stdout.flush(); os._exit(0)
            os.waitpid(child, 0)

        """

    private static let programs = [
        "attributes of the user": """
        file("f"); os.mkdir("d"); os.symlink("f", "l"); os.mkfifo("p")
        buffer = ctypes.create_string_buffer(70000)
        def sizes():
            for name in ["user.a", "user." + "b" * 200, "user.e", "trusted.t", "security.s", "user.", "no.such", "user." + "c" * 260]:
                for target in ["f", "d", "l", "p"]:
                    key = name[:10] + " of " + target
                    told("set " + key, lambda: os.setxattr(target, name, b"v" * 10, follow_symlinks=False))
                    for size in [0, 5, 10, 100]:
                        told("get " + key, lambda: (called(libc.lgetxattr(target.encode(), name.encode(), buffer, size)), buffer.raw[:10] if size >= 10 else 0))
            for target in ["f", "d", "l", "p"]:
                told("list " + target, lambda: sorted(n for n in os.listxattr(target, follow_symlinks=False) if n != "security.selinux"))
                for size in [0, 1, 7]:
                    told("list", lambda: called(libc.llistxattr(target.encode(), buffer, size)))
        sizes()
        os.chmod("f", 0o666); os.chmod("d", 0o777)
        acting(61301, [], sizes)
        told("create", lambda: os.setxattr("f", "user.a", b"", os.XATTR_CREATE))
        told("replace", lambda: os.setxattr("f", "user.none", b"", os.XATTR_REPLACE))
        told("empty", lambda: (os.setxattr("f", "user.e", b""), os.getxattr("f", "user.e")))
        told("large", lambda: os.setxattr("f", "user.large", b"x" * 65536))
        told("too large", lambda: os.setxattr("f", "user.larger", b"x" * 65537))
        told("remove", lambda: os.removexattr("f", "user.a"))
        told("remove again", lambda: os.removexattr("f", "user.a"))
        """,
        "holes and space": """
        f = os.open("f", os.O_RDWR | os.O_CREAT)
        os.pwrite(f, b"x" * 300000, 0); os.pwrite(f, b"y" * 100000, 1 << 20)
        for mode in [0, 1, 3, 2, 16, 17]:
            for offset, length in [(65536, 131072), (4096, 1), (2 << 20, 4096), (0, 0), (-1, 5)]:
                told("allocate %d %d %d" % (mode, offset, length), lambda: called(
                    libc.fallocate(f, mode, ctypes.c_int64(offset), ctypes.c_int64(length))))
                s = os.fstat(f); print(s.st_size, s.st_blocks, os.pread(f, 4 << 20, 0).count(b"x"), os.pread(f, 4 << 20, 0).count(b"y"))
        for offset in [0, 65536, 70000, 1 << 20, (1 << 20) + 5, 3 << 20, 1 << 40]:
            for whence in [os.SEEK_DATA, os.SEEK_HOLE]:
                told("seek %d %d" % (offset, whence), lambda: os.lseek(f, offset, whence))
        told("end", lambda: os.lseek(f, 0, os.SEEK_END))
        told("before", lambda: os.lseek(f, -1, os.SEEK_SET))
        """,
        "files without a name": """
        os.mkdir("d", 0o755)
        f = os.open("d", os.O_TMPFILE | os.O_RDWR, 0o640)
        os.write(f, b"unnamed"); print(os.fstat(f).st_nlink, oct(os.fstat(f).st_mode), os.listdir("d"))
        def link(name): return called(libc.linkat(-100, b"/proc/self/fd/%d" % f, -100, name, 0x400))
        told("link", lambda: link(b"d/named"))
        told("again", lambda: link(b"d/named"))
        told("descriptor", lambda: called(libc.linkat(f, b"", -100, b"d/second", 0x1000)))
        print(os.fstat(f).st_nlink, open("d/named").read(), sorted(os.listdir("d")))
        f = os.open("d", os.O_TMPFILE | os.O_RDWR | os.O_EXCL, 0o640)
        told("exclusive", lambda: link(b"d/third"))
        told("for reading", lambda: os.open("d", os.O_TMPFILE | os.O_RDONLY))
        told("of a file", lambda: os.open("d/named", os.O_TMPFILE | os.O_RDWR))
        """,
        "flags of open": """
        file("f", b"0123456789" * 1000); os.symlink("f", "l"); os.symlink("absent", "gone"); os.mkdir("d"); os.mkfifo("p")
        for name in ["f", "l", "gone", "d", "p", "absent/f", "f/f", "new"]:
            for flags in [os.O_RDONLY, os.O_PATH, os.O_PATH | os.O_NOFOLLOW, os.O_RDONLY | os.O_DIRECTORY,
                          os.O_RDONLY | os.O_NOFOLLOW, os.O_RDWR | os.O_APPEND, os.O_WRONLY | os.O_SYNC, os.O_RDWR | os.O_DSYNC,
                          os.O_RDWR | os.O_DIRECT, os.O_CREAT | os.O_EXCL | os.O_RDWR, os.O_RDWR | os.O_CREAT | os.O_TRUNC]:
                flags |= os.O_NONBLOCK if name == "p" else 0
                f = opened(name, flags)
                if f is None: continue
                print(name, oct(fcntl.fcntl(f, fcntl.F_GETFL)), stat.S_IFMT(os.fstat(f).st_mode))
                told("read", lambda: len(os.read(f, 100)))
                told("write", lambda: os.write(f, b"written"))
                os.close(f)
            if name == "new": os.unlink("new")
        import mmap
        page = mmap.mmap(-1, 8192); page.write(b"p" * 8192)
        f = os.open("direct", os.O_RDWR | os.O_CREAT | os.O_DIRECT)
        told("aligned", lambda: os.writev(f, [page]))
        told("read", lambda: (os.preadv(f, [page], 4096), page[0:2]))
        told("at an odd place", lambda: os.preadv(f, [page], 3))
        f = os.open("d", os.O_PATH); os.fchdir(f); print(os.path.basename(os.getcwd()))
        told("below", lambda: os.open("f", os.O_CREAT | os.O_WRONLY, 0o600, dir_fd=f) > 0)
        told("read a path", lambda: os.read(f, 1))
        f = os.open("f", os.O_PATH)
        told("again", lambda: os.open("/proc/self/fd/%d" % f, os.O_RDWR) > 0)
        os.chmod("f", 0o666)
        acting(61301, [], lambda: told("no access time", lambda: os.open("f", os.O_RDONLY | os.O_NOATIME)))
        """,
        "renames": """
        def tree(): return sorted((n, os.lstat(n).st_mode, os.lstat(n).st_nlink) for n in os.listdir("."))
        def rename2(a, b, flags): told("%s %s %d" % (a, b, flags), lambda: called(libc.renameat2(-100, a.encode(), -100, b.encode(), flags))); print(tree())
        file("a", b"a"); file("b", b"bb"); os.mkdir("d"); file("d/x"); os.mkdir("e"); os.symlink("a", "l")
        for flags in [1, 2, 3, 8]:
            for a, b in [("a", "b"), ("a", "new"), ("a", "d"), ("d", "e"), ("a", "l"), ("d", "d/x"), ("absent", "a"), ("a", "a")]:
                rename2(a, b, flags)
        rename2("a", "white", 4)
        for a, b in [("d", "d/inside"), ("d", "e"), ("e", "d"), ("b", "d"), ("d", "b"), ("b", "b/c"), ("l", "b")]: rename2(a, b, 0)
        """,
        "who may do what": """
        os.mkdir("sticky"); os.chmod("sticky", 0o1777); file("sticky/f", mode=0o666)
        os.mkdir("group"); os.chown("group", -1, 61302); os.chmod("group", 0o2775); file("shared", b"s", 0o640); os.chown("shared", 0, 61302)
        def work():
            told("remove", lambda: os.unlink("sticky/f"))
            told("rename", lambda: os.rename("sticky/f", "sticky/g"))
            told("own", lambda: (file("sticky/own"), os.unlink("sticky/own")))
            told("read", lambda: open("shared").read())
            told("make", lambda: (os.mkdir("group/d"), oct(os.stat("group/d").st_mode), os.stat("group/d").st_gid))
            told("file", lambda: (file("group/f"), os.stat("group/f").st_gid, os.chmod("group/f", 0o2755), oct(os.stat("group/f").st_mode)))
            told("give", lambda: os.chown("group/f", -1, 61302))
            told("take", lambda: os.chown("shared", 61301, -1))
            told("times", lambda: os.utime("shared"))
            for mask in [0, 0o27, 0o777]:
                old = os.umask(mask)
                told("umask", lambda: (os.close(os.open("group/m%o" % mask, os.O_CREAT, 0o6777)), oct(os.stat("group/m%o" % mask).st_mode)))
                told("unnamed", lambda: oct(os.fstat(os.open("group", os.O_TMPFILE | os.O_RDWR, 0o6777)).st_mode))
                os.umask(old)
                told("gone", lambda: os.unlink("group/m%o" % mask))
        os.chmod(".", 0o755)
        os.setgroups([]); os.umask(0)
        for kind in [0, stat.S_IFIFO]:
            told("by root", lambda: (os.mknod("group/r", kind | 0o6777), oct(os.stat("group/r").st_mode), os.unlink("group/r")))
        for groups in [[], [61302], [7, 61302, 9]]:
            acting(61301, groups, work)
            for name in ["d", "f"]:
                told("tidy", lambda: os.rmdir("group/d") if name == "d" else os.unlink("group/f"))
        """,
        "large files": """
        f = os.open("f", os.O_RDWR | os.O_CREAT)
        for offset in [(1 << 31) - 2, (1 << 32) - 2, 5 << 30, 1 << 43]:
            told("write", lambda: os.pwrite(f, b"beyond", offset))
            print(os.fstat(f).st_size, os.stat("f").st_size, os.pread(f, 10, offset), os.stat("f").st_blocks < 200)
        for size in [6 << 30, 1 << 50, 1 << 62, 3]:
            told("truncate", lambda: (os.ftruncate(f, size), os.fstat(f).st_size))
        told("as long as it gets", lambda: os.pwrite(f, b"xx", (1 << 63) - 2))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10000, 10000))
        told("up to the limit", lambda: os.pwrite(f, b"x" * 20000, 0))
        told("at the limit", lambda: os.pwrite(f, b"x", 10000))
        told("beyond", lambda: os.ftruncate(f, 10001))
        """,
        "long names and paths": """
        here = os.open(".", os.O_PATH)
        for length in [1, 254, 255, 256]:
            told("name", lambda: (os.mkdir("n" * length), os.rmdir("n" * length)))
        told("bytes", lambda: (file(bytes(b for b in range(1, 256) if b != 47)), os.listdir(b".")))
        for i in range(20): os.mkdir("d" * 200); os.chdir("d" * 200)
        file("deep"); os.fchdir(here)
        for length in [4090, 4094, 4095, 4096]:
            path = "/".join(["d" * 200] * 20) + "/"; path += "./" * ((length - len(path) - 4) // 2); path += "/" * (length - len(path) - 4) + "deep"
            told("path of %d" % len(path), lambda: os.stat(path).st_size)
        for length in [1, 4094, 4095, 4096]:
            told("target", lambda: (os.symlink("t" * length, "s%d" % length), len(os.readlink("s%d" % length)), os.lstat("s%d" % length).st_size))
        os.symlink("loop", "loop"); told("loop", lambda: os.stat("loop"))
        """,
        "directories that move and go": """
        os.mkdir("a"); file("a/f", b"content"); os.mkdir("a/s")
        d = os.open("a", os.O_RDONLY); os.chdir("a"); os.rename("../a", "../b")
        print(open("f").read(), os.path.basename(os.getcwd()), os.listdir(d))
        told("below", lambda: os.stat("f", dir_fd=d).st_size)
        told("new", lambda: os.close(os.open("new", os.O_CREAT, dir_fd=d)))
        told("sync", lambda: os.fsync(d))
        os.chdir(".."); os.unlink("b/f"); os.unlink("b/new"); os.rmdir("b/s"); os.chdir("b"); os.rmdir("../b")
        told("gone", lambda: os.getcwd())
        told("empty", lambda: os.listdir(d))
        told("make", lambda: os.mkdir("x", dir_fd=d))
        told("links", lambda: os.fstat(d).st_nlink)
        told("up", lambda: (os.chdir(".."), os.listdir(".")))
        """,
        "a file that is replaced all the time": """
        file("f", b"0"); done, wrong = threading.Event(), []
        def read():
            while not done.is_set():
                try:
                    with open("f", "rb") as f:
                        if not f.read(): wrong.append("empty")
                    os.stat("f")
                except OSError as error: wrong.append(errno.errorcode[error.errno])
        readers = [threading.Thread(target=read) for _ in range(3)]
        for reader in readers: reader.start()
        for number in range(2000):
            file("next", b"%d" % number); os.rename("next", "f")
        done.set()
        for reader in readers: reader.join()
        print(sorted(set(wrong)))
        """,
        "directories that change places": """
        os.mkdir("a"); os.mkdir("b"); file("a/f", b"a"); file("b/f", b"b"); done, wrong = threading.Event(), []
        def look():
            while not done.is_set():
                try: assert os.stat("a/f").st_size == 1 and open("b/f").read() in "ab" and os.listdir("a") == ["f"]
                except OSError as error: wrong.append(errno.errorcode[error.errno])
        lookers = [threading.Thread(target=look) for _ in range(2)]
        for looker in lookers: looker.start()
        for number in range(2000): called(libc.renameat2(-100, b"a", -100, b"b", 2))
        done.set()
        for looker in lookers: looker.join()
        print(sorted(set(wrong)))
        """,
        "more links than there can be": """
        file("f"); os.mkdir("links")
        made = 0
        try:
            while made < 65100: os.link("f", "links/%d" % made); made += 1
        except OSError as error: print(errno.errorcode[error.errno])
        print(made, os.stat("f").st_nlink)
        told("back", lambda: (os.unlink("links/0"), os.stat("f").st_nlink))
        for number in range(1, made): os.unlink("links/%d" % number)
        print(os.stat("f").st_nlink)
        """,
    ]

    @Test(arguments: programs.keys.sorted()) func asInABareDirectory(_ name: String) throws {
        let program = try #require(OperationTests.programs[name])
        try withPureStack { view, _, twin throws in
            let outcomes = try [view, twin].map { place in
                try Program.output(
                    ["python3", "-c", "import os; os.chdir('\(place)')\n" + OperationTests.beginning + program],
                    seconds: 300)
            }
            let lines = outcomes.map { $0.output.split(separator: "\n") }
            for (here, there) in zip(lines[0], lines[1]) where here != there {
                Issue.record("\(here) where a bare directory says \(there)")
            }
            #expect(lines[0].count == lines[1].count)
            #expect(outcomes.map(\.errors) == ["", ""])
        }
    }

    /// Attributes are the backing file's whoever changed it, and of the same moment.
    @Test func attributesAreTheBackingFilesOwn() throws {
        try withPureStack { view, backing, _ throws in
            let changes = [
                "echo content > V/f", "dd if=/dev/zero of=V/f bs=4k count=3 seek=5 conv=notrunc status=none",
                "truncate -s 70000 V/f", "touch -d '2001-02-03 04:05:06.123456789' V/f", "chmod 640 V/f", "ln V/f V/g",
                "setfattr -n user.k -v v V/f", "echo more >> L/f", "truncate -s 5 L/f", "chmod 600 L/f", "rm L/g",
                "python3 -c \"import mmap; f = open('V/f', 'r+b'); m = mmap.mmap(f.fileno(), 5); m[0:1] = b'M'; m.flush()\"",
            ]
            for change in changes {
                let script = change.replacing("V/", with: view + "/").replacing("L/", with: backing + "/")
                #expect(try Program.run(["sh", "-c", script]) == 0, "\(change)")
                // What the kernel was told before it keeps for a second.
                let format = "--printf=%i %W %w %y %z %s %b %o %h %u %g %a"
                let isSame = waitUntil(within: 5) {
                    let seen = [view, backing].map { try? Program.output(["stat", format, $0 + "/f"]).output }
                    return seen[0] != nil && seen[0] == seen[1]
                }
                #expect(isSame, "\(change)")
            }
        }
    }

    /// What the kernel would find out by itself too late, when it can only say EIO.
    @Test func refusalsToOpenForWritingKeepTheirReason() throws {
        try withPureStack { view, backing, twin throws in
            let results = try [(view, backing), (twin, twin)].map { place, library in
                try Program.output(
                    ["python3", "-c", OperationTests.beginning + OperationTests.refusals, place, library]
                ).output
            }
            #expect(results[0] == results[1])
            #expect(results[0].contains("ETXTBSY"))
        }
    }

    private static let refusals = """
        import shutil, subprocess
        place, library = sys.argv[1:3]
        shutil.copy("/bin/sleep", library + "/running"); running = subprocess.Popen([library + "/running", "60"])
        for name, attribute in [("fixed", "+i"), ("growing", "+a")]:
            file(library + "/" + name); subprocess.run(["chattr", attribute, library + "/" + name])
        for name in ["running", "fixed", "growing"]:
            for flags in [os.O_RDONLY, os.O_WRONLY, os.O_RDWR, os.O_RDWR | os.O_NONBLOCK, os.O_WRONLY | os.O_APPEND, os.O_WRONLY | os.O_TRUNC,
                          os.O_RDWR | os.O_DIRECT, os.O_RDWR | os.O_CREAT]:
                told("%s %o" % (name, flags), lambda: os.close(os.open(place + "/" + name, flags)))
        running.kill(); running.wait()
        for name in ["fixed", "growing"]: subprocess.run(["chattr", "-ia", library + "/" + name])
        """

    @Test(.enabled(if: LoopFilesystem.isAvailable, "\(LoopFilesystem.need)"))
    func aReadOnlyLibraryStaysAsItIs() throws {
        try LoopFilesystem.ext4.with(megabytes: 16) { mount in
            _ = try Program.run(["sh", "-c", "cd \(mount); echo content > f; mkdir d; ln -s f l; chmod -R a+rwX ."])
            try withPureStack(over: mount) { view throws in
                let script = """
                    cat f; for flags in r w a r+; do python3 -c "open('f', '$flags').close(); print('$flags')" 2>&1 | tail -1; done
                    touch f; touch new; mkdir e; rmdir d; mv f g; ln f h; chmod 600 f; setfattr -n user.k -v v f; truncate -s 0 f
                    ls; cat l; stat -c '%s %a' f; rm l; ln -s x y; mkfifo p
                    """
                func told(_ place: String) throws -> String {
                    try Program.output(["sh", "-c", "cd '\(place)'; { \(script); } 2>&1"]).output
                }
                // Opened while it could be written, and written to when it cannot any more.
                try #require(try Program.run(["mount", "-o", "remount,ro", mount]) == 0)
                #expect(try told(view) == told(mount))
            }
        }
    }
}
