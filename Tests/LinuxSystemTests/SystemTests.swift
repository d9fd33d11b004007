import CLinux
import Glibc
import LinuxSystem
import Synchronization
import SystemPackage
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10))) struct SystemTests {
    @Test func attributesAreThoseOfStat() throws {
        try withTemporaryDirectory { root in
            let path = root + "/f"
            #expect(try Program.run(["sh", "-c", "printf 12345 > '\(path)'; chmod 640 '\(path)'"]) == 0)
            var status = stat()
            #expect(stat(path, &status) == 0)
            let attributes = try FileAttributes.of(path: path)
            #expect(attributes.size == 5)
            #expect(attributes.mode == status.st_mode)
            #expect(attributes.inode == UInt64(status.st_ino))
            #expect(attributes.modified.seconds == Int64(status.st_mtim.tv_sec))
            #expect(attributes.kind == .regular)
            #expect(try FileAttributes.of(path: root).kind == .directory)
            #expect(throws: Errno.noSuchFileOrDirectory) { try FileAttributes.of(path: root + "/none") }
        }
    }

    @Test func aHandleReopensAMovedFileAndNoOther() throws {
        guard Machine.canMount else { return }
        try withTemporaryDirectory { root in
            #expect(try Program.run(["sh", "-c", "echo a > '\(root)/a'"]) == 0)
            let mount = OwnedDescriptor(open(root, O_RDONLY | O_DIRECTORY))
            let pin = OwnedDescriptor(open(root + "/a", mv_O_PATH))
            guard let handle = FileHandle.of(pin.raw) else { return }
            #expect(rename(root + "/a", root + "/b") == 0)
            let again = try handle.open(mount: mount.raw, flags: mv_O_PATH)
            let moved = try FileAttributes.of(path: root + "/b")
            #expect(try FileAttributes.of(again.raw) == moved)
        }
    }

    @Test func aThreadRunsAndIsWaitedFor() {
        let box = Flag()
        SystemThread(name: "test") { box.set() }.join()
        #expect(box.isSet)
    }

    private final class Flag: Sendable {
        private let value = Atomic<Bool>(false)
        var isSet: Bool { value.load(ordering: .acquiring) }
        func set() { value.store(true, ordering: .releasing) }
    }

    @Test func whatACallerCreatesIsHis() throws {
        guard Machine.canMount else { return }
        try withTemporaryDirectory { root in
            chmod(root, 0o700)
            let made = Flag()
            SystemThread(name: "worker") {
                try? ThreadCredentials.becomeWorker()
                _ = try? ThreadCredentials.asCaller(uid: 61_201, gid: 61_202, umask: 0o027) { () throws(Errno) in
                    try checked(mv_openat(mv_AT_FDCWD, root + "/f", O_CREAT | O_WRONLY, 0o666))
                }
                made.set()
            }.join()
            #expect(made.isSet)
            let attributes = try FileAttributes.of(path: root + "/f")
            #expect(attributes.owner == 61_201)
            #expect(attributes.group == 61_202)
            #expect(attributes.mode & 0o777 == 0o640)
        }
    }
}
