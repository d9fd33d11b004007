import Foundation
import Glibc
import TestSupport
import Testing

/// Reading against writers: the photo comes, grows, goes and is replaced under the reader. `make stress` tries longer.
@Suite(.enabled(if: Machine.canMount, "\(Machine.need)"), .timeLimit(.minutes(120)))
struct RaceAttackTests {
    /// Reads in each view.
    private static let asked = getenv("MEDIAVEIL_STRESS_TRIES").map { String(cString: $0) } ?? "2000"

    /// Arguments: a file, the needle in hex, how many reads. Opens the file as it is, keeps it, and opens it ever again.
    private static let race = """
        import time
        name, needle, tries = sys.argv[1], bytes.fromhex(sys.argv[2]), int(sys.argv[3])
        early = os.open(name, os.O_RDONLY)
        leaks = reads = failures = 0
        while reads < tries and failures < 20 * tries:
            for action in (lambda: os.pread(early, 65536, 0), lambda: open(name, "rb").read()):
                try:
                    data = action()
                except OSError:
                    failures += 1
                    continue
                reads += 1
                leaks += needle in data
        print("leaks", leaks, "reads", reads >= tries)
        """

    @Test(
        "what is written over, appended to or replaced under an open file never shows an original byte",
        arguments: AttackedLibrary.allCases)
    func changedUnderAReader(_ below: AttackedLibrary) throws {
        try below.with { service in
            let tries = try #require(Int(RaceAttackTests.asked), "MEDIAVEIL_STRESS_TRIES is a number of reads")
            try AttackedLibrary.prepareApps(service)
            let target = service.library + "/DCIM/new.jpg"
            #expect(try Program.run(["sh", "-c", ": > '\(target)'; chmod a+rw '\(target)'"]) == 0)
            let photo = service.library + "/DCIM/photo.jpg"
            let writer = try Program.start([
                "sh", "-c",
                """
                while :; do
                  cat '\(photo)' > '\(target)'; sleep 0.01; echo more >> '\(target)'; : > '\(target)'
                  cp '\(photo)' '\(target)'; dd if='\(photo)' of='\(target)' conv=notrunc bs=64 2>/dev/null
                  cp '\(photo)' '\(target).tmp'; chmod a+rw '\(target).tmp'; mv '\(target).tmp' '\(target)'; sleep 0.01
                done
                """,
            ])
            defer {
                kill(writer, SIGKILL)
                waitpid(writer, nil, 0)
            }
            for view in AttackedLibrary.views(service) {
                let lines = try Attacker.run(
                    RaceAttackTests.race,
                    [view + "/DCIM/new.jpg", AttackedLibrary.needle, "\(tries)"],
                    as: RunningService.editor, seconds: tries > 10_000 ? 6_000 : 100)
                #expect(lines == ["leaks 0 reads True"])
            }
        }
    }

    /// Arguments: two views, the needle in hex, how many renames. One process exchanges its own photo with a secret one, as
    /// it may; the other, which sees locations in Free, moves its own photo there. The kernel does not keep two views from
    /// changing one directory at once.
    private static let exchange = """
        view, other, needle, tries = sys.argv[1], sys.argv[2], bytes.fromhex(sys.argv[3]), int(sys.argv[4])
        os.chdir(view)
        with open("DCIM/own.jpg", "wb") as file: file.write(b"mine")
        parent = os.getpid()
        child = os.fork()
        if child == 0:
            os.chdir(other)
            while os.getppid() == parent:
                try: rename2("DCIM/own.jpg", "DCIM/photo.jpg", 2)
                except OSError: pass
            os._exit(0)
        moved = refused = leaks = failures = 0
        while moved + refused < tries and failures < 20 * tries:
            try:
                os.rename("DCIM/own.jpg", "Free/a.jpg")
                moved += 1
            except PermissionError:
                refused += 1
                continue
            except OSError:
                failures += 1
                continue
            try:
                with open("Free/a.jpg", "rb") as file: leaks += needle in file.read()
            except OSError: failures += 1
            os.rename("Free/a.jpg", "DCIM/own.jpg")
        os.kill(child, 9)
        print("leaks", leaks, "moved", moved > 0, "refused", refused > 0, "done", moved + refused >= tries)
        """

    @Test("what a name means when a rename is judged, it means when the rename is done", arguments: [0, 1])
    func exchangedUnderARename(_ first: Int) throws {
        try AttackedLibrary.ext4.with { service in
            let tries = try #require(Int(RaceAttackTests.asked), "MEDIAVEIL_STRESS_TRIES is a number of renames")
            try AttackedLibrary.prepareApps(service)
            try service.administer("grant org.editor media.write.images")
            try service.administer("grant org.editor media.location --under Free")
            let views = AttackedLibrary.views(service)
            let lines = try Attacker.run(
                RaceAttackTests.exchange, [views[first], views[1 - first], AttackedLibrary.needle, "\(tries)"],
                as: RunningService.editor, seconds: tries > 10_000 ? 6_000 : 100)
            #expect(lines == ["leaks 0 moved True refused True done True"])
        }
    }
}
