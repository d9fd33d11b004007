import Foundation
import Glibc
import TestSupport
import Testing

/// Locks through a view are those of the bare directory.
@Suite(.enabled(if: Machine.canMount, "\(Machine.need)"), .timeLimit(.minutes(10)))
struct LockTests {
    /// What the programs share: locks by fcntl(2), and what another process sees of them.
    private static let prelude = """
        import fcntl, os, struct
        READ, WRITE, NONE = fcntl.F_RDLCK, fcntl.F_WRLCK, fcntl.F_UNLCK
        def lock(file, kind, start=0, length=0, how=fcntl.F_SETLK):
            try:
                fcntl.fcntl(file, how, struct.pack("hhqqi4x", kind, 0, start, length, 0))
                return "locked"
            except OSError as error: return os.strerror(error.errno)
        def elsewhere(action):
            ends = os.pipe()
            child = os.fork()
            if child == 0:
                os.write(ends[1], repr(action(os.open("f", os.O_RDWR))).encode())
                os._exit(0)
            os.waitpid(child, 0)
            os.close(ends[1])
            result = os.read(ends[0], 10000).decode()
            os.close(ends[0])
            return result
        def attempt(kind): return elsewhere(lambda file: lock(file, kind))
        def seen(file, start=0, kind=WRITE, how=fcntl.F_GETLK):
            raw = fcntl.fcntl(file, how, struct.pack("hhqqi4x", kind, 0, start, 1, 0))
            kind, _, start, length, pid = struct.unpack("hhqqi4x", raw)
            return ("free",) if kind == NONE else (kind == WRITE, start, length, pid == os.getppid())
        def ranges(): return elsewhere(lambda file: [seen(file, byte) for byte in range(0, 50, 3)])
        open("f", "w").write("x" * 100)
        """

    /// Runs a program in the view and in the bare directory; it prints the same there.
    private func compare(_ program: String, _ view: String, _ twin: String) throws {
        try PureStack.compare("python3 -c '\(LockTests.prelude)\n\(program)'", view, twin)
    }

    /// close(2) ends a process's POSIX locks on a file, also those of the first file that anybody ever locked.
    @Test func posixLocksEndWithAClose() throws {
        try withPureStack { view, _, twin throws in
            try compare(
                """
                for mode, kind in [(os.O_RDONLY, READ), (os.O_RDWR, WRITE)] * 20:
                    file = os.open("f", mode)
                    lock(file, kind)
                    held = attempt(WRITE)
                    os.close(file)
                    print(held, attempt(WRITE))
                first, second = os.open("f", os.O_RDWR), os.open("f", os.O_RDONLY)
                lock(first, WRITE)
                os.close(second)
                print(attempt(READ))
                """, view, twin)
        }
    }

    @Test func aReadersLockBecomesAWritersThroughAnotherDescriptor() throws {
        try withPureStack { view, _, twin throws in
            try compare(
                """
                reader, writer = os.open("f", os.O_RDONLY), os.open("f", os.O_RDWR)
                print(lock(reader, READ), attempt(READ), attempt(WRITE))
                print(lock(writer, WRITE), attempt(READ))
                print(lock(reader, READ), attempt(READ), attempt(WRITE))
                print(lock(reader, WRITE), lock(os.open("f", os.O_WRONLY), READ))
                print(lock(reader, NONE), attempt(WRITE))
                """, view, twin)
        }
    }

    /// Nobody else gets in while a lock changes its kind, and what it does not reach stays as it was.
    @Test func aChangeOfKindKeepsTheOtherRanges() throws {
        try withPureStack { view, _, twin throws in
            try compare(
                """
                reader, writer = os.open("f", os.O_RDONLY), os.open("f", os.O_RDWR)
                for start in (0, 20, 40): print(lock(reader, READ, start, 10))
                print(ranges())
                print(lock(writer, WRITE, 5, 20), ranges())
                print(lock(reader, NONE, 22, 2), lock(writer, READ, 6, 2), ranges())
                """, view, twin)
        }
    }

    @Test func aRefusedChangeOfKindKeepsTheLock() throws {
        try withPureStack { view, _, twin throws in
            try compare(
                """
                ready, done = os.pipe(), os.pipe()
                other = os.fork()
                if other == 0:
                    lock(os.open("f", os.O_RDONLY), READ, 50, 1)
                    os.write(ready[1], b"x")
                    os.read(done[0], 1)
                    os._exit(0)
                os.read(ready[0], 1)
                reader, writer = os.open("f", os.O_RDONLY), os.open("f", os.O_RDWR)
                print(lock(reader, READ), lock(writer, WRITE), ranges())
                os.write(done[1], b"x")
                os.waitpid(other, 0)
                print(lock(writer, WRITE), ranges())
                """, view, twin)
        }
    }

    /// A lock of an open file description ends with the description, not with another descriptor of the file.
    @Test func locksOfOpenFilesEndWithThem() throws {
        try withPureStack { view, _, twin throws in
            try compare(
                """
                for turn in range(20):
                    first, second = os.open("f", os.O_RDWR), os.open("f", os.O_RDWR)
                    print(lock(first, WRITE, how=fcntl.F_OFD_SETLK), lock(second, READ, how=fcntl.F_OFD_SETLK))
                    copy = os.dup(first)
                    os.close(first)
                    print(lock(second, READ, how=fcntl.F_OFD_SETLK))
                    os.close(copy)
                    print(lock(second, READ, how=fcntl.F_OFD_SETLK), attempt(WRITE))
                    os.close(second)
                    print(attempt(WRITE))
                """, view, twin)
        }
    }

    @Test func anAppendOnlyFileIsLocked() throws {
        try withPureStack { view, backing, twin throws in
            for place in [backing, twin] {
                let made = try Program.run(["sh", "-c", "cd '\(place)' && : > log && chattr +a log"])
                try #require(made == 0, "the filesystem has append-only files")
            }
            defer { for place in [backing, twin] { _ = try? Program.run(["chattr", "-a", place + "/log"]) } }
            try compare(
                """
                file = os.open("log", os.O_WRONLY | os.O_APPEND)
                print(lock(file, WRITE), os.write(file, b"abc"))
                """, view, twin)
        }
    }

    @Test func aWaiterForALockGetsIt() throws {
        try withPureStack { view, _, _ throws in
            let outcome = try Program.output([
                "sh", "-c", "cd '\(view)'; flock -x f sleep 0.5 & sleep 0.1; flock -x f echo got",
            ])
            #expect(outcome.output == "got\n")
        }
    }
}
