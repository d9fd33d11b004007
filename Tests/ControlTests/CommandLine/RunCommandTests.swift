import CLinux
import Foundation
import Synchronization
import Testing

@testable import mediaveilctl

/// A command behind a view: here the view is a directory that a mount puts in its place, which is all that `run` knows
/// of it.
@Suite(.timeLimit(.minutes(10)), .enabled(if: canActAsOtherUsers, "needs root, to mount"))
struct RunCommandTests {
    private func withPlaces<T>(_ body: (_ directory: String, _ run: ([String]) throws -> CommandRun) throws -> T) throws
        -> T
    {
        try withService { socket, service, _ in
            let directory = URL(fileURLWithPath: socket).deletingLastPathComponent().path
            for name in ["library/DCIM", "library/private", "view/DCIM", "views/other"] {
                try FileManager.default.createDirectory(
                    atPath: "\(directory)/\(name)", withIntermediateDirectories: true)
            }
            for name in ["library/DCIM/original", "library/private/secret", "view/DCIM/redacted", "views/other/x"] {
                try Data().write(to: URL(fileURLWithPath: "\(directory)/\(name)"))
            }
            service.state.withLock { $0.directory = directory }
            return try body(directory) { arguments in
                let words = ["--socket", socket, "run", "--app", "gallery"] + arguments
                return try CommandRun.mediaveilctl(words.map { Array($0.utf8) })
            }
        }
    }

    @Test func theCommandSeesTheViewInTheLibrarysPlace() throws {
        try withPlaces { directory, run in
            let result = try run(["--", "find", "\(directory)/library", "\(directory)/views", "-type", "f"])
            #expect(result.output == "\(directory)/library/DCIM/redacted\n", "\(result)")
            // And nobody else does.
            #expect(FileManager.default.fileExists(atPath: "\(directory)/library/DCIM/original"))
        }
    }

    @Test func otherWaysToTheLibraryLeadToTheViewToo() throws {
        try withPlaces { directory, run in
            let ways = ["whole", "part", "hidden"]
            for way in ways {
                try FileManager.default.createDirectory(
                    atPath: "\(directory)/\(way)", withIntermediateDirectories: true)
            }
            let script = """
                mount --bind \(directory)/library \(directory)/whole && mount --bind \(directory)/library/DCIM \
                \(directory)/part && mount --bind \(directory)/library/private \(directory)/hidden && "$@"
                """
            let socket = directory + "/control.sock"
            let words =
                [
                    "/usr/bin/unshare", "-m", "sh", "-c", script, "sh", CommandRun.program, "--socket", socket, "run",
                    "--app",
                ]
                + ["gallery", "--", "find"] + ways.map { "\(directory)/\($0)" } + ["-type", "f"]
            let result = try CommandRun.run(words.map { Array($0.utf8) }, [:], "")
            #expect(
                result.lines == ["\(directory)/whole/DCIM/redacted", "\(directory)/part/redacted"], "\(result)")
        }
    }

    @Test func theWorkingDirectoryLeadsToTheViewToo() throws {
        try withPlaces { directory, _ in
            let script = "cd \(directory)/library && exec \"$@\""
            let words =
                ["/bin/sh", "-c", script, "sh", CommandRun.program, "--socket", directory + "/control.sock"]
                + ["run", "--app", "gallery", "--", "ls", "DCIM"]
            let result = try CommandRun.run(words.map { Array($0.utf8) }, [:], "")
            #expect(result.output == "redacted\n", "\(result)")
        }
    }

    @Test func theCommandHasNoMoreRightsThanItsUser() throws {
        try withPlaces { directory, run in
            let result = try run([
                "--user", "nobody", "--", "sh", "-c",
                "id -u; echo $USER; grep -E 'CapEff|CapBnd|NoNewPrivs' /proc/self/status",
            ])
            #expect(result.status == 0, "\(result)")
            #expect(result.lines.prefix(2) == ["65534", "nobody"])
            #expect(result.lines.filter { $0.hasSuffix("\t0000000000000000") }.count == 2)
            #expect(result.lines.contains("NoNewPrivs:\t1"))
            #expect(try run(["--user", "no-such-user", "--", "true"]).status == 5)
        }
    }

    @Test func rootCannotTakeTheViewAway() throws {
        try withPlaces { directory, run in
            let result = try run(["--", "umount", "\(directory)/library"])
            #expect(result.status != 0)
        }
    }

    @Test func theCommandSeesNoProcessesOfOthers() throws {
        try withPlaces { _, run in
            let result = try run(["--", "sh", "-c", "ls -d /proc/[0-9]* | wc -l"])
            #expect(
                Int(result.output.trimmingCharacters(in: .whitespacesAndNewlines)).map { $0 < 6 } == true, "\(result)")
        }
    }

    @Test func theExitStatusIsTheCommands() throws {
        try withPlaces { directory, run in
            #expect(try run(["--", "sh", "-c", "exit 7"]).status == 7)
            #expect(try run(["--", "sh", "-c", "kill -TERM $$"]).status == 143)
            let absent = try run(["--", "no-such-program"])
            #expect(absent.status == 127 && absent.errors.contains("no-such-program"))
            #expect(try run(["--", directory]).status == 126)
        }
    }

    @Test func aSignalReachesTheCommand() throws {
        try withPlaces { directory, _ in
            let words = [
                "/usr/bin/timeout", "--preserve-status", "-s", "TERM", "2", CommandRun.program, "--socket",
                directory + "/control.sock", "run", "--app", "gallery", "--", "sleep", "300",
            ]
            let result = try CommandRun.run(words.map { Array($0.utf8) }, [:], "")
            #expect(result.status == 143, "\(result)")
        }
    }

    @Test func anUnknownAppRunsNothing() throws {
        try withPlaces { directory, _ in
            let result = try CommandRun.mediaveilctl(
                "--socket", directory + "/control.sock", "run", "--app", "nobody", "--", "touch", directory + "/ran")
            #expect(result.status == 5)
            #expect(!FileManager.default.fileExists(atPath: directory + "/ran"))
        }
    }

    @Test func withoutTheViewNothingIsRun() throws {
        try withPlaces { directory, run in
            try FileManager.default.removeItem(atPath: directory + "/view")
            let result = try run(["--", "touch", directory + "/ran"])
            #expect(result.status == 5, "\(result)")
            #expect(!FileManager.default.fileExists(atPath: directory + "/ran"))
        }
    }
}
