import Foundation
import Glibc
import TestSupport
import Testing

/// The pure stack, mounted, beside a twin directory: the same calls have the same results in both.
@Suite(.enabled(if: Machine.canMount, "\(Machine.need)"), .timeLimit(.minutes(10)))
struct PureStackTests {
    private static let scripts = [
        "echo a > f; cat f; stat -c '%s %a %h %F' f; chmod 604 f; stat -c %a f; rm f; cat f",
        "mkdir -p a/b/c; touch a/b/c/f; find . | sort; rmdir a; rm -r a; ls -A",
        "ln -s target l; readlink l; cat l; ln -s . self; ls -d self/self/self; rm l self",
        "echo x > f; ln f g; stat -c %h f; echo y >> g; cat f; rm f; cat g; rm g",
        "mkfifo p; stat -c %F p; mknod n c 1 3; stat -c '%F %t %T' n; rm p n",
        "printf 12345 > f; truncate -s 2 f; cat f; truncate -s 6 f; od -c f; rm f",
        "touch -d '2001-02-03 04:05:06.789 UTC' f; TZ=UTC stat -c '%y' f; rm f",
        "echo 1 > a; echo 2 > b; mv a b; cat b; mv -n b b2; ls; mkdir d; mv b2 d; ls d; rm -r d",
        "touch f; setfattr -n user.k -v value f; getfattr --only-values -n user.k f; setfattr -x user.k f; rm f",
        "touch f; setfacl -m u:61301:r-- f; getfacl -c f; stat -c %a f; rm f",
        "mkdir d; setfacl -d -m g:61301:rwx d; touch d/f; getfacl -c d/f; rm -r d",
        "umask 027; touch f; mkdir d; stat -c %a f d; rm -r f d",
        "dd if=/dev/zero of=f bs=64k count=32 conv=fsync status=none; stat -c %s f; dd if=f bs=1M status=none | md5sum; rm f",
        "fallocate -l 1M f; stat -c %s f; fallocate -p -o 4096 -l 8192 f; cp f g; cmp f g && echo same; rm f g",
        "printf 'abc' > f; chmod 4755 f; stat -c %a f; chown 61301 f; stat -c '%a %u' f; rm f",
        "mkdir d; chgrp 61301 d; chmod 2775 d; touch d/f; mkdir d/e; stat -c '%a %g' d/f d/e; rm -r d",
        "for i in $(seq 300); do echo $i > file$i; done; ls | wc -l; cat file* | md5sum; rm file*; ls -A",
        "n=$(printf 'n%.0s' $(seq 255)); echo long > $n; cat $n; rm $n; touch ${n}x",
        "printf x > \"$(printf 'bad\\377name')\"; ls | od -c; rm bad*",
        "(flock -n 9 && echo locked; flock -n f true || echo busy) 9> f; rm f",
        "tar cf - -C /etc/apt . | tar xf - ; find . -type f | sort | xargs cat | md5sum; rm -rf ./*",
    ]

    @Test(arguments: scripts) func asTheBareDirectory(_ script: String) throws {
        try withPureStack { view, _, twin throws in try PureStack.compare(script, view, twin) }
    }

    @Test func ordinaryUsersMeetTheSameLimits() throws {
        try withPureStack { view, backing, twin throws in
            for place in [backing, twin] {
                let prepare = """
                    cd '\(place)'; chmod 1777 .; echo root > r; chmod 600 r; mkdir d; chmod 755 d; \
                    for s in 4 2 6; do echo set > s$s; chmod ${s}777 s$s; done
                    """
                _ = try Program.run(["sh", "-c", prepare])
            }
            let script = """
                cat r; echo x > r; rm -f r; touch d/f; touch own; stat -c '%u %g %a' own; chmod 700 own; chown 0 own; \
                mv own mine; ls -A; rm mine; mkdir m; chmod 2777 m; stat -c %a m; rmdir m; \
                echo x >> s4; echo x 1<> s2; truncate -s 1 s6; cat s4 s2 s6; stat -c %a s4 s2 s6
                """
            try PureStack.compare(script, view, twin, uid: 61_301)
        }
    }

    @Test func theRouterServesWhereTheKernelDoesNotPassThrough() throws {
        try withPureStack(["--no-passthrough"]) { view, backing, twin throws in
            try PureStack.compare(PureStackTests.scripts.prefix(8).joined(separator: "; "), view, twin)
            _ = try Program.run(["sh", "-c", "head -c 5000000 /dev/urandom > '\(backing)/big'"])
            #expect(try Program.run(["cmp", backing + "/big", view + "/big"]) == 0)
        }
    }

    @Test func whatIsMappedIsTheFile() throws {
        try withPureStack { view, backing, _ throws in
            let descriptor = open(view + "/m", O_RDWR | O_CREAT, 0o644)
            try #require(descriptor >= 0)
            defer { close(descriptor) }
            #expect(ftruncate(descriptor, 8_192) == 0)
            let map = try #require(mmap(nil, 8_192, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0))
            memset(map, 0x5a, 8_192)
            #expect(msync(map, 8_192, MS_SYNC) == 0)
            munmap(map, 8_192)
            let bytes = try Data(contentsOf: URL(fileURLWithPath: backing + "/m"))
            #expect(bytes == Data(repeating: 0x5a, count: 8_192))
        }
    }

    /// Of a file that was open before the kernel's number for it is kept: the service itself opens nothing.
    @Test(arguments: [false, true]) func aFileThatIsDeletedInTheLibraryCanStillBeUsed(_ isOpenAlready: Bool) throws {
        try withPureStack { view, backing, _ throws in
            _ = try Program.run([
                "sh", "-c", "cd \(backing); for i in $(seq 2000); do echo $i > other$i; done; echo abc > f",
            ])
            let first = open(view + "/f", O_RDONLY)
            try #require(first >= 0)
            if !isOpenAlready { close(first) }
            defer { if isOpenAlready { close(first) } }
            // So many others that the service no longer keeps its own descriptor of the file.
            _ = try Program.run(["sh", "-c", "cat \(view)/other* > /dev/null"])
            let again = open(view + "/f", O_RDONLY)
            try #require(again >= 0)
            defer { close(again) }
            #expect(unlink(backing + "/f") == 0)
            var buffer = [UInt8](repeating: 0, count: 3)
            #expect(pread(again, &buffer, 3, 0) == 3)
            #expect(flock(again, LOCK_EX | LOCK_NB) == 0)
            #expect(fsync(again) == 0)
            #expect(lseek(again, 0, 3) == 0)  // SEEK_DATA
            var status = stat()
            #expect(fstat(again, &status) == 0)
            #expect(status.st_nlink == 0)
        }
    }

    @Test func aDeletedFileStaysReadableWhileItIsOpen() throws {
        try withPureStack { view, backing, _ throws in
            let descriptor = open(view + "/gone", O_RDWR | O_CREAT, 0o644)
            try #require(descriptor >= 0)
            #expect(write(descriptor, "abc", 3) == 3)
            #expect(unlink(view + "/gone") == 0)
            #expect(access(backing + "/gone", F_OK) != 0)
            var status = stat()
            #expect(fstat(descriptor, &status) == 0)
            #expect(status.st_nlink == 0)
            var buffer = [UInt8](repeating: 0, count: 3)
            #expect(pread(descriptor, &buffer, 3, 0) == 3)
            close(descriptor)
        }
    }
}
