import Glibc
import TestSupport

/// What an app does that wants to know: Python programs that try one system call after the other and print a line for
/// each: what it got, or the name of the error.
enum Attacker {
    /// Runs one of the attacker's programs as an app.
    ///
    /// - Returns: its lines.
    static func run(_ program: String, _ arguments: [String], as uid: UInt32, seconds: Int = 60) throws -> [String] {
        let outcome = try Program.output(["python3", "-c", common + program] + arguments, uid: uid, seconds: seconds)
        guard outcome.status == 0 else {
            throw RunningService.Failure(description: "the attacker failed: \(outcome.output)\(outcome.errors)")
        }
        return outcome.output.split(separator: "\n").map(String.init)
    }

    private static let common = """
        import ctypes, errno, mmap, os, stat, struct, sys, fcntl
        libc = ctypes.CDLL(None, use_errno=True)

        def called(result):
            if result < 0:
                code = ctypes.get_errno()
                raise OSError(code, os.strerror(code))
            return result

        def tried(what, action):
            try:
                print(what, action())
            except OSError as error:
                print(what, errno.errorcode.get(error.errno, error.errno))

        def rename2(a, b, flags):
            called(libc.renameat2(-100, os.fsencode(a), -100, os.fsencode(b), flags))

        def opened(path, flags, mode=0o600):
            os.close(os.open(path, flags, mode))


        """

    /// Arguments: the view, a name, the attacker's own folder, "create" or "keep". Tries to learn whether the name exists.
    static let probe = """
        view, name, own, kind = sys.argv[1:5]
        os.chdir(view)
        mine, spare = own + "/mine", own + "/spare"
        open(mine, "w").close()

        def handle(path):
            buffer = ctypes.create_string_buffer(8 + 128)
            ctypes.cast(buffer, ctypes.POINTER(ctypes.c_uint32))[0] = 128
            called(libc.name_to_handle_at(-100, os.fsencode(path), buffer, ctypes.byref(ctypes.c_int()), 0))

        for path in [name, name + "/x", name + "/", name + "/files/secret", name + "/..", "./" + name, name + "/."]:
            tried("stat " + path, lambda: bool(os.stat(path)))
            tried("lstat " + path, lambda: bool(os.lstat(path)))
            tried("access " + path, lambda: called(libc.access(os.fsencode(path), 0)))
            tried("readlink " + path, lambda: os.readlink(path))
            tried("getxattr " + path, lambda: os.getxattr(path, "user.x"))
            tried("listxattr " + path, lambda: os.listxattr(path))
            tried("setxattr " + path, lambda: os.setxattr(path, "user.x", b"1"))
            tried("open " + path, lambda: opened(path, os.O_RDONLY))
            tried("open for writing " + path, lambda: opened(path, os.O_WRONLY))
            tried("open by path only " + path, lambda: opened(path, os.O_PATH))
            tried("opendir " + path, lambda: os.listdir(path))
            tried("truncate " + path, lambda: os.truncate(path, 0))
            tried("statfs " + path, lambda: bool(os.statvfs(path)))
            tried("chmod " + path, lambda: os.chmod(path, 0o777))
            tried("utime " + path, lambda: os.utime(path))
            tried("chdir " + path, lambda: os.chdir(path) or os.chdir(view))
            tried("unlink " + path, lambda: os.unlink(path))
            tried("rmdir " + path, lambda: os.rmdir(path))
            tried("handle " + path, lambda: handle(path))
            tried("rename from " + path, lambda: os.rename(path, spare))
            tried("link from " + path, lambda: os.link(path, spare))
            tried("exchange " + path, lambda: rename2(mine, path, 2))
            tried("exchange from " + path, lambda: rename2(path, mine, 2))
        if kind == "create":
            tried("mkdir", lambda: os.mkdir(name))
            tried("mkdir below", lambda: os.mkdir(name + "/x"))
            tried("symlink", lambda: os.symlink("x", name))
            tried("mknod", lambda: os.mknod(name, 0o644 | stat.S_IFREG))
            tried("mkfifo", lambda: os.mkfifo(name))
            tried("create", lambda: opened(name, os.O_CREAT | os.O_WRONLY))
            tried("create new", lambda: opened(name, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            tried("create and truncate", lambda: opened(name, os.O_CREAT | os.O_TRUNC | os.O_RDWR))
            tried("link to", lambda: os.link(mine, name))
            tried("rename to", lambda: os.rename(mine, name))
            tried("rename a directory to", lambda: os.mkdir(spare) or os.rename(spare, name))
            os.rmdir(spare)
            tried("rename to, not replacing", lambda: rename2(mine, name, 1))
            tried("rename to below", lambda: os.rename(mine, name + "/x"))
        os.unlink(mine)
        """

    /// Arguments: the view and a directory of app folders. Everything that the directory itself shows.
    static let look = """
        os.chdir(sys.argv[1])
        directory = sys.argv[2]

        class Dirent(ctypes.Structure):
            _fields_ = [("inode", ctypes.c_uint64), ("offset", ctypes.c_int64), ("length", ctypes.c_uint16),
                        ("type", ctypes.c_uint8), ("name", ctypes.c_char * 256)]

        libc.opendir.restype = ctypes.c_void_p
        libc.readdir.restype = ctypes.POINTER(Dirent)
        libc.readdir.argtypes = [ctypes.c_void_p]
        libc.closedir.argtypes = [ctypes.c_void_p]
        stream = libc.opendir(os.fsencode(directory))
        while entry := libc.readdir(stream):
            print("entry", entry.contents.name, entry.contents.offset, entry.contents.type)
        libc.closedir(stream)
        of = os.stat(directory)
        print("stat", of.st_nlink, of.st_size, of.st_blocks, of.st_mtime_ns, of.st_ctime_ns, of.st_atime_ns, of.st_mode)
        print("parent", os.stat(os.path.dirname(directory)).st_nlink)
        """

    /// Arguments: the view, a file, a folder of the attacker's own, the needle in hex. Reads it in every way.
    static let read = """
        view, name, own, needle = sys.argv[1], sys.argv[2], sys.argv[3], bytes.fromhex(sys.argv[4])
        os.chdir(view)
        size = os.stat(name).st_size

        def judged(what, action):
            try:
                data = action()
            except OSError as error:
                print(what, errno.errorcode.get(error.errno, error.errno))
                return
            print(what, "LEAK" if needle in data else "clean" if len(data) == size else "short %d" % len(data))

        def whole(path):
            with open(path, "rb", buffering=0) as file:
                return file.readall()

        def vectored(flags=0):
            with open(name, "rb", buffering=0) as file:
                parts = [bytearray(7), bytearray(50), bytearray(size)]
                count = os.preadv(file.fileno(), parts, 0, flags)
                return b"".join(parts)[:count]

        def plain_vectored():
            with open(name, "rb", buffering=0) as file:
                parts = [bytearray(9), bytearray(size)]
                count = os.readv(file.fileno(), parts)
                return b"".join(parts)[:count]

        def bytewise():
            with open(name, "rb", buffering=0) as file:
                return b"".join(os.pread(file.fileno(), 1, i) for i in range(size))

        def mapped(flags):
            with open(name, "rb", buffering=0) as file, mmap.mmap(file.fileno(), size, flags, mmap.PROT_READ) as memory:
                return memory[:]

        def sent():
            with open(name, "rb", buffering=0) as file:
                read, write = os.pipe()
                count = os.sendfile(write, file.fileno(), 0, size)
                os.close(write)
                with os.fdopen(read, "rb") as end:
                    return end.read()

        def spliced():
            with open(name, "rb", buffering=0) as file:
                read, write = os.pipe()
                os.splice(file.fileno(), write, size, 0)
                os.close(write)
                with os.fdopen(read, "rb") as end:
                    return end.read()

        def copied():
            target = own + "/copied"
            with open(name, "rb", buffering=0) as file, open(target, "wb", buffering=0) as out:
                done = 0
                while done < size:
                    done += os.copy_file_range(file.fileno(), out.fileno(), size - done) or size
            data = whole(target)
            os.unlink(target)
            return data

        def cloned():
            target = own + "/cloned"
            try:
                with open(name, "rb", buffering=0) as file, open(target, "wb", buffering=0) as out:
                    fcntl.ioctl(out.fileno(), 0x40049409, file.fileno())
                return whole(target)
            finally:
                os.unlink(target)

        def direct():
            file = os.open(name, os.O_RDONLY | os.O_DIRECT)
            with mmap.mmap(-1, (size + 8191) & ~4095) as memory:
                count = os.preadv(file, [memory], 0)
                os.close(file)
                return memory[:count]

        def advised():
            with open(name, "rb", buffering=0) as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_WILLNEED)
                libc.readahead(file.fileno(), ctypes.c_int64(0), ctypes.c_size_t(size))
                return file.readall()

        def reopened():
            file = os.open(name, os.O_PATH)
            try:
                return whole("/proc/self/fd/%d" % file)
            finally:
                os.close(file)

        def seeked(whence):
            with open(name, "rb", buffering=0) as file:
                return os.lseek(file.fileno(), 0, whence)

        def extents():
            with open(name, "rb", buffering=0) as file:
                return fcntl.ioctl(file.fileno(), 0xC020660B, bytearray(4096))

        def both():
            file = os.open(name, os.O_RDWR)
            try:
                return os.pread(file, size, 0)
            finally:
                os.close(file)

        def syscall(number, *arguments):
            return called(libc.syscall(number, *arguments))

        # io_setup, io_destroy, io_getevents, io_submit have other numbers on each architecture.
        setup, destroy, events, submit = (206, 207, 208, 209) if os.uname().machine == "x86_64" else (0, 1, 4, 2)

        class Memory:
            def __init__(self):
                self.map = mmap.mmap(-1, (size + 8191) & ~4095)
                self.address = ctypes.addressof(ctypes.c_char.from_buffer(self.map))

        def asynchronous(flags):
            file, memory, context = os.open(name, os.O_RDONLY | flags), Memory(), ctypes.c_ulong(0)
            syscall(setup, 4, ctypes.byref(context))
            block = ctypes.create_string_buffer(64)
            struct.pack_into("<QIIHhIQQq", block, 0, 0, 0, 0, 0, 0, file, memory.address, len(memory.map), 0)
            syscall(submit, context, ctypes.c_long(1), (ctypes.c_void_p * 1)(ctypes.addressof(block)))
            event = ctypes.create_string_buffer(32)
            syscall(events, context, ctypes.c_long(1), ctypes.c_long(1), event, None)
            count = struct.unpack("<QQqq", event)[2]
            libc.syscall(destroy, context)
            os.close(file)
            if count < 0: raise OSError(-count, "aio")
            return memory.map[:count]

        # io_uring(7) as it is in the kernel's header: the offsets of both rings are in the parameters.
        class Ring:
            def __init__(self, flags=0):
                parameters = ctypes.create_string_buffer(120)
                struct.pack_into("<I", parameters, 8, flags)
                self.polled = flags & 2
                self.file = syscall(425, 8, parameters)
                words = struct.unpack("<30I", parameters)
                self.sq, self.cq = words[10:20], words[20:30]
                self.submissions = mmap.mmap(self.file, self.sq[6] + 4 * words[0], offset=0)
                self.completions = mmap.mmap(self.file, self.cq[5] + 16 * words[1], offset=0x8000000)
                self.entries = mmap.mmap(self.file, 64 * words[0], offset=0x10000000)

            def do(self, opcode, file, offset, address, length, flags=0, how=0, other=0):
                tail = struct.unpack_from("<I", self.submissions, self.sq[1])[0]
                index = tail & struct.unpack_from("<I", self.submissions, self.sq[2])[0]
                struct.pack_into(
                    "<BBHiQQIIQHHiQQ", self.entries, 64 * index, opcode, how, 0, file, offset, address, length, flags,
                    7, 0, 0, other, 0, 0)
                struct.pack_into("<I", self.submissions, self.sq[6] + 4 * index, index)
                struct.pack_into("<I", self.submissions, self.sq[1], tail + 1)
                syscall(426, self.file, 1, 1, 3 if self.polled else 1, None, ctypes.c_size_t(0))
                head = struct.unpack_from("<I", self.completions, self.cq[0])[0]
                index = head & struct.unpack_from("<I", self.completions, self.cq[2])[0]
                result = struct.unpack_from("<Qi", self.completions, self.cq[5] + 16 * index)[1]
                struct.pack_into("<I", self.completions, self.cq[0], head + 1)
                if result < 0: raise OSError(-result, "io_uring")
                return result

        # READ; how=16 makes it a worker thread's work (IOSQE_ASYNC).
        def ringed(ring_flags=0, how=0, file_flags=0):
            ring, memory, file = Ring(ring_flags), Memory(), os.open(name, os.O_RDONLY | file_flags)
            return memory.map[:ring.do(22, file, 0, memory.address, len(memory.map), how=how)]

        # READ_FIXED into a registered buffer from a registered file (IOSQE_FIXED_FILE).
        def registered():
            ring, memory, file = Ring(), Memory(), os.open(name, os.O_RDONLY)
            vector = (ctypes.c_uint64 * 2)(memory.address, len(memory.map))
            syscall(427, ring.file, 0, vector, 1)
            syscall(427, ring.file, 2, (ctypes.c_int * 1)(file), 1)
            os.close(file)
            return memory.map[:ring.do(4, 0, 0, memory.address, len(memory.map), how=1)]

        # OPENAT by a worker thread, then READ.
        def ring_opened():
            ring, memory, path = Ring(), Memory(), ctypes.create_string_buffer(os.fsencode(name))
            file = ring.do(18, -100, 0, ctypes.addressof(path), 0, os.O_RDONLY, how=16)
            return memory.map[:ring.do(22, file, 0, memory.address, len(memory.map))]

        # SPLICE into a pipe; both offsets: -1 for the pipe, 0 in the file.
        def ring_spliced():
            ring, file = Ring(), os.open(name, os.O_RDONLY)
            read, write = os.pipe()
            ring.do(30, write, 2**64 - 1, 0, size, other=file)
            os.close(write)
            with os.fdopen(read, "rb") as end:
                return end.read()

        judged("read", lambda: whole(name))
        judged("readv", plain_vectored)
        judged("preadv", vectored)
        judged("preadv without waiting", lambda: vectored(os.RWF_NOWAIT) or whole(name))
        judged("pread", bytewise)
        judged("private mapping", lambda: mapped(mmap.MAP_PRIVATE))
        judged("shared mapping", lambda: mapped(mmap.MAP_SHARED))
        judged("sendfile", sent)
        judged("splice", spliced)
        judged("copy_file_range", copied)
        judged("clone", cloned)
        judged("direct", direct)
        judged("read ahead", advised)
        judged("AIO", lambda: asynchronous(0))
        judged("direct AIO", lambda: asynchronous(os.O_DIRECT))
        judged("io_uring", ringed)
        judged("io_uring by a worker", lambda: ringed(how=16))
        judged("io_uring by a polling thread", lambda: ringed(2))
        judged("direct io_uring", lambda: ringed(file_flags=os.O_DIRECT))
        judged("io_uring, all registered", registered)
        judged("io_uring that opens", ring_opened)
        judged("io_uring that splices", ring_spliced)
        judged("opened by descriptor", reopened)
        judged("for reading and writing", both)
        tried("hole", lambda: seeked(os.SEEK_HOLE) == size)
        tried("data", lambda: seeked(os.SEEK_DATA))
        tried("extents", extents)
        tried("attributes", lambda: [n for n in os.listxattr(name) if n.startswith("user.")])
        tried("attribute", lambda: os.getxattr(name, "user.place"))
        """
}
