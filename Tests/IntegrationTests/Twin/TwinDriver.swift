/// The program that does the same to two directories and compares everything that can be observed.
enum TwinDriver {
    /// Arguments: one directory, the other, a seed, how many operations, "links" if link counts of directories count.
    static let program = """
        import ctypes, errno, fcntl, mmap, os, random, stat, sys

        libc = ctypes.CDLL(None, use_errno=True)
        roots = sys.argv[1:3]
        chance = random.Random(int(sys.argv[3]))
        total, links = int(sys.argv[4]), sys.argv[5] == "links"
        names = ["a", "b", "c", "d.txt", "e.txt", "\\u00e9\\u0301", "x" * 255]
        held = []
        log = []

        def called(result):
            if result < 0:
                code = ctypes.get_errno()
                raise OSError(code, os.strerror(code))
            return result

        def path():
            return "/".join(chance.choice(names) for _ in range(chance.choice([1, 1, 2, 2, 3])))

        def seen(of):
            return (of.st_mode, of.st_size if not stat.S_ISDIR(of.st_mode) else 0, of.st_uid, of.st_gid,
                    of.st_nlink if links or not stat.S_ISDIR(of.st_mode) else 0)

        def both(what, action):
            results = []
            for side in (0, 1):
                try:
                    results.append(action(side))
                except OSError as error:
                    results.append(errno.errorcode.get(error.errno, error.errno))
            log.append((what, results[0] if not isinstance(results[0], bytes) else len(results[0])))
            if results[0] != results[1]:
                print("differs:", what, str(results[0])[:300], "!=", str(results[1])[:300])
                for line in log[-15:]:
                    print("  after", line)
                sys.exit(1)
            return results[0]

        def at(side, name):
            return roots[side] + "/" + name

        def with_file(side, name, flags, action):
            file = os.open(at(side, name), flags, 0o640)
            try:
                return action(file)
            finally:
                os.close(file)

        def written(name, offset, data, flags):
            both("write %s %d+%d" % (name[:20], offset, len(data)), lambda s: with_file(
                s, name, os.O_RDWR | flags, lambda f: (os.pwrite(f, data, offset), seen(os.fstat(f)), os.pread(f, 1 << 20, 0))))

        def mapped(name, offset, data):
            def action(file):
                size = os.fstat(file).st_size
                if size <= offset:
                    return "short"
                with mmap.mmap(file, size, mmap.MAP_SHARED) as memory:
                    part = data[:size - offset]
                    memory[offset:offset + len(part)] = part
                    memory.flush()
                return os.pread(file, 1 << 20, 0)
            both("map " + name, lambda s: with_file(s, name, os.O_RDWR, action))

        def allocated(name, mode, offset, length):
            def action(file):
                called(libc.fallocate(file, mode, ctypes.c_int64(offset), ctypes.c_int64(length)))
                return seen(os.fstat(file)), os.pread(file, 1 << 20, 0)
            both("fallocate %s %d %d+%d" % (name, mode, offset, length), lambda s: with_file(s, name, os.O_RDWR, action))

        def copied(a, b, offset, length):
            def action(s):
                def from_file(source):
                    return with_file(s, b, os.O_RDWR, lambda out: os.copy_file_range(source, out, length, 0, offset))
                return with_file(s, a, os.O_RDONLY, from_file)
            both("copy %s %s" % (a, b), action)

        def hold(name, flags):
            pair = []
            def action(side):
                pair.append(os.open(at(side, name), flags, 0o600))
                return "open"
            if both("hold " + name, action) == "open":
                held.append(pair)
            if len(held) > 6:
                for file in held.pop(0):
                    os.close(file)

        def use_held(offset, data):
            if not held:
                return
            pair = chance.choice(held)
            both("held write", lambda s: os.pwrite(pair[s], data, offset))
            both("held read", lambda s: os.pread(pair[s], 1 << 20, 0))
            both("held stat", lambda s: seen(os.fstat(pair[s])))
            if chance.random() < 0.3:
                both("held truncate", lambda s: os.ftruncate(pair[s], offset))

        def unnamed(name, data):
            def action(side):
                file = os.open(os.path.dirname(at(side, name)), os.O_TMPFILE | os.O_RDWR, 0o640)
                try:
                    os.write(file, data)
                    called(libc.linkat(-100, b"/proc/self/fd/%d" % file, -100, os.fsencode(at(side, name)), 0x400))
                    return seen(os.fstat(file)), seen(os.stat(at(side, name)))
                finally:
                    os.close(file)
            both("unnamed " + name, action)

        def walked(name):
            # In pieces, from a place in the middle on, and again after something was added.
            def action(side):
                folder = os.open(at(side, name), os.O_RDONLY | os.O_DIRECTORY)
                try:
                    first = sorted(os.listdir(folder))
                    os.close(os.open("between", os.O_CREAT | os.O_WRONLY, 0o600, dir_fd=folder))
                    second = sorted(os.listdir(folder))
                    os.unlink("between", dir_fd=folder)
                    kinds = sorted((e.name, e.is_dir(), e.is_symlink(), e.inode() == e.stat(follow_symlinks=False).st_ino)
                                   for e in os.scandir(folder))
                    return first, second, kinds
                finally:
                    os.close(folder)
            both("walk " + name, action)

        def sought(name, offset):
            def action(file):
                if not stat.S_ISREG(os.fstat(file).st_mode):
                    return "no file"  # where a directory ends is its filesystem's own business
                places = []
                for whence in (os.SEEK_DATA, os.SEEK_HOLE, os.SEEK_END):
                    try: places.append(os.lseek(file, offset, whence))
                    except OSError as error: places.append(errno.errorcode[error.errno])
                return places
            both("seek %s %d" % (name, offset), lambda s: with_file(s, name, os.O_RDONLY, action))

        def locked(name, offset, length):
            # By record and by file, beside what the same process holds already.
            def action(file):
                results = []
                for call in (lambda: fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, length, offset),
                             lambda: fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB),
                             lambda: fcntl.lockf(file, fcntl.LOCK_UN, length, offset)):
                    try: results.append(call())
                    except OSError as error: results.append(errno.errorcode[error.errno])
                return results
            both("lock " + name, lambda s: with_file(s, name, os.O_RDWR, action))

        def tree(side):
            result = []
            for folder, folders, files in os.walk(roots[side]):
                folders.sort()
                for name in sorted(folders + files):
                    full = folder + "/" + name
                    of = os.lstat(full)
                    item = [full[len(roots[side]):], seen(of)]
                    if stat.S_ISREG(of.st_mode):
                        with open(full, "rb") as file:
                            item.append(file.read())
                        item.append(sorted(os.listxattr(full)))
                    elif stat.S_ISLNK(of.st_mode):
                        item.append(os.readlink(full))
                    result.append(item)
            return result

        def step():
            name, other = path(), path()
            offset, data = chance.choice([0, 1, 4095, 4096, 70000, chance.randrange(100000)]), chance.randbytes(
                chance.choice([0, 1, 100, 4096, chance.randrange(20000)]))
            mode = chance.choice([0o600, 0o644, 0o755, 0o640])
            what = chance.randrange(36)
            if what < 4: written(name, offset, data, os.O_CREAT)
            elif what == 4: written(name, offset, data, os.O_CREAT | os.O_TRUNC)
            elif what == 5: written(name, offset, data, os.O_APPEND)
            elif what == 6: written(name, offset, data, os.O_CREAT | os.O_EXCL)
            elif what == 7: both("truncate " + name, lambda s: os.truncate(at(s, name), offset))
            elif what == 8: mapped(name, offset, data)
            elif what == 9: both("rename %s %s" % (name, other), lambda s: os.rename(at(s, name), at(s, other)))
            elif what == 10:
                flags = chance.choice([1, 2])
                both("rename2 %s %s %d" % (name, other, flags), lambda s: called(libc.renameat2(
                    -100, os.fsencode(at(s, name)), -100, os.fsencode(at(s, other)), flags)))
            elif what == 11: both("link %s %s" % (name, other), lambda s: os.link(at(s, name), at(s, other)))
            elif what == 12: both("symlink " + name, lambda s: os.symlink(other, at(s, name)))
            elif what == 13: both("unlink " + name, lambda s: os.unlink(at(s, name)))
            elif what < 17: both("mkdir " + name, lambda s: os.mkdir(at(s, name), 0o755))
            elif what == 17: both("rmdir " + name, lambda s: os.rmdir(at(s, name)))
            elif what == 18: both("chmod " + name, lambda s: os.chmod(at(s, name), mode | 0o700))
            elif what == 19: both("utime " + name, lambda s: (os.utime(at(s, name), ns=(12345, offset)),
                                                           os.stat(at(s, name)).st_mtime_ns))
            elif what == 20: both("setxattr " + name, lambda s: os.setxattr(at(s, name), "user.n%d" % (offset % 3), data[:200]))
            elif what == 21: both("getxattr " + name, lambda s: os.getxattr(at(s, name), "user.n%d" % (offset % 3)))
            elif what == 22: allocated(name, chance.choice([0, 1, 3, 16, 17]), offset, len(data) + 1)
            elif what == 23: copied(name, other, offset, len(data) + 1)
            elif what == 24: hold(name, os.O_RDWR | chance.choice([0, os.O_CREAT]))
            elif what == 25: use_held(offset, data)
            elif what == 27: unnamed(name, data)
            elif what == 28: walked(chance.choice([name, os.path.dirname(name) or "."]))
            elif what == 29: sought(name, offset)
            elif what == 30: locked(name, offset, len(data))
            elif what == 31: both("removexattr " + name, lambda s: os.removexattr(at(s, name), "user.n%d" % (offset % 3)))
            elif what == 32: both("socket " + name, lambda s: os.mknod(at(s, name), stat.S_IFSOCK | mode))
            elif what == 33: both("access " + name, lambda s: [os.access(at(s, name), m) for m in (os.R_OK, os.W_OK, os.X_OK)])
            elif what == 34: both("space " + name, lambda s: os.statvfs(at(s, name)).f_namemax)
            elif what == 35: hold(name, os.O_RDONLY)
            else: both("list " + name, lambda s: sorted(os.listdir(at(s, name))))

        for number in range(total):
            step()
            if number % 200 == 199:
                both("tree", tree)
        both("tree", tree)
        print("equal", len([1 for _, result in log if not isinstance(result, str)]) > total // 8)
        """
}
