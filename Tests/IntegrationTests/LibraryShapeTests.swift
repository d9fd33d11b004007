import Foundation
import Glibc
import TestSupport
import Testing

/// Libraries that are more than one filesystem: Btrfs with a subvolume, and a second device mounted inside.
@Suite(
    .enabled(if: Machine.canMount && LoopFilesystem.isAvailable, "\(Machine.need); \(LoopFilesystem.need)"),
    .timeLimit(.minutes(10)))
struct LibraryShapeTests {
    /// A view of an app that may do everything, over a library of three filesystems.
    private func withShapes(_ body: (_ view: String, _ library: String) throws -> Void) throws {
        try LoopFilesystem.btrfs.with { mount in
            try withTemporaryDirectory { root throws in
                let service = try RunningService(root)
                let script = """
                    set -e; cd '\(mount)'; btrfs -q subvolume create photos >/dev/null; mkdir second plain
                    mount -t tmpfs -o size=64m tmpfs second; mount --rbind '\(mount)' '\(service.library)'
                    for folder in plain photos second; do
                        mkdir -p $folder/a/b; for i in $(seq 40); do echo "$folder $i" > $folder/a/f$i; done
                        ln $folder/a/f1 $folder/a/b/linked; ln -s ../f2 $folder/a/b/pointer
                    done
                    chmod -R a+rwX .
                    """
                defer {
                    umount2(service.library + "/second", Int32(MNT_DETACH))
                    umount2(service.library, Int32(MNT_DETACH))
                    umount2(mount + "/second", Int32(MNT_DETACH))
                }
                let prepared = try Program.output(["sh", "-c", script])
                try #require(prepared.status == 0, "\(prepared.errors)")
                try service.start()
                defer { _ = try? service.stop() }
                try service.administer("app add curator")
                try service.administer("grant curator media.manage")
                try service.administer("view add curator --app curator --at \(root)/curator")
                try body(root + "/curator", service.library)
            }
        }
    }

    /// Runs a script in a directory; it must succeed.
    private func run(_ script: String, in place: String) throws -> String {
        let outcome = try Program.output(["sh", "-c", "cd '\(place)' && { \(script); }"], seconds: 120)
        #expect(outcome.status == 0, "\(script): \(outcome.errors)")
        return outcome.output
    }

    /// The inode numbers of a subvolume and of another device are as low as those beside them.
    @Test func noTwoFilesLookLikeOne() throws {
        try withShapes { view, library throws in
            let numbers = try run("find . ! -name linked -printf '%D %i\\n'", in: view).split(separator: "\n")
            #expect(numbers.count > 130)
            #expect(Set(numbers).count == numbers.count)
            // The two names of one file are one file.
            for folder in ["plain", "photos", "second"] {
                #expect(try run("stat -c %i \(folder)/a/f1 \(folder)/a/b/linked | uniq | wc -l", in: view) == "1\n")
            }
            let listed = "find . | LC_ALL=C sort"
            #expect(try run(listed, in: view) == run(listed, in: library))
        }
    }

    @Test func archivesAreThoseOfTheLibrary() throws {
        try withShapes { view, library throws in
            // Hard links of a directory are told by their inode numbers, so they too are in the archive.
            let archive =
                "tar --sort=name --format=posix --pax-option=delete=atime,delete=ctime -cf - . | tar -tvf - | LC_ALL=C sort"
            #expect(try run(archive, in: view) == run(archive, in: library))
            let copy = "mkdir '\(view)/second/copy' && tar -cf - photos | tar -xf - -C '\(view)/second/copy'"
            _ = try run(copy + " && diff -r photos second/copy/photos", in: view)
            #expect(try run("stat -c %h second/copy/photos/a/f1", in: view) == "2\n")
        }
    }

    @Test func filesMoveBetweenTheFilesystems() throws {
        try withShapes { view, library throws in
            _ = try run(
                "mv photos/a/f3 second/moved && mv second/a plain/from-second && mv plain/a/f4 photos/", in: view)
            #expect(
                try run("cat second/moved photos/f4 plain/from-second/f1", in: library)
                    == "photos 3\nplain 4\nsecond 1\n")
        }
    }

    @Test(arguments: ["plain", "photos", "second"]) func gitWorksIn(_ folder: String) throws {
        try withShapes { view, library throws in
            let git = "git -c user.name=a -c user.email=a@b -c init.defaultBranch=main"
            let script = """
                cd \(folder) && \(git) init -q . && \(git) add -A && \(git) commit -qm one && echo more >> a/f5 \
                && \(git) commit -qam two && \(git) checkout -q -b side HEAD~ && echo side > new && \(git) add new \
                && \(git) commit -qm three && \(git) merge -q -m four main && \(git) gc -q && \(git) fsck --strict \
                && \(git) status --porcelain && \(git) log --oneline | wc -l
                """
            #expect(try run(script, in: view) == "4\n")
            let fsck =
                "cd \(folder) && git -c safe.directory='*' fsck --strict && git -c safe.directory='*' status --porcelain"
            #expect(try run(fsck, in: library) == "")
        }
    }
}
