import CLinux
import Foundation
import Glibc
import TestSupport
import Testing

/// Changes of the policy, small and large, while the library is in use.
@Suite(.enabled(if: Machine.canMount, "\(Machine.need)"), .timeLimit(.minutes(10)))
struct PolicyChangeTests {
    private func furnish(_ service: RunningService) throws {
        _ = try Program.run(["mkdir", "-p", service.library + "/DCIM/new"])
        try Data(SamplePhoto.bytes()).write(to: URL(fileURLWithPath: service.library + "/DCIM/photo.jpg"))
        _ = try Program.run(["chmod", "-R", "a+rwX", service.library])
    }

    private func policy(apps: Int, grants: Int) -> String {
        let named = (0..<apps).map { "[[app]]\nname = \"app\($0)\"\nuids = [\(100_000 + $0)]\n" }
        let given = (0..<grants).map {
            """
            [[grant]]
            app = "app\($0 % apps)"
            permission = "media.read.images"
            under = "DCIM/\(String(repeating: "a folder with a long name ", count: 8))/\($0)"

            """
        }
        return (named + given).joined()
    }

    @Test func aPolicyLongerThanOtherRequestsGoesOutAndInAgain() throws {
        try withService(prepare: furnish) { service in
            let file = service.root + "/policy.toml"
            try service.write(file, policy(apps: 500, grants: 5_000))
            #expect(try FileManager.default.attributesOfItem(atPath: file)[.size] as? Int ?? 0 > 1 << 20)
            let first = try service.control(["policy", "import", file, "--quiet"])
            #expect(first.status == 0, "\(first.errors)")
            let exported = try service.control(["policy", "export"])
            #expect(exported.output.components(separatedBy: "[[grant]]").count == 5_001)
            try service.write(file, exported.output)
            let again = try service.control(["policy", "import", file])
            #expect(again.output.contains("nothing changes"), "\(again.errors)")
        }
    }

    @Test(arguments: [
        ("[[grant]]\napp = \"nobody\"\npermission = \"media.manage\"", "the app nobody"),
        ("[[app]]\nname = \"a\"\n[[app]]\nname = \"a\"", "app a: it is there twice"),
        ("[[app]]\nname = \"a\"\nuids = [7]\n[[app]]\nname = \"b\"\nuids = [7]", "uid 7"),
        (
            "[[app]]\nname = \"a\"\n"
                + String(
                    repeating: "[[grant]]\napp = \"a\"\npermission = \"media.manage\"\nunder = \"DCIM/\"\n", count: 2),
            "media.manage to a under DCIM is there twice"
        ),
        (
            "[[app]]\nname = \"a\"\n[[grant]]\napp = \"a\"\npermission = \"media.manage\"\nunder = \"../x\"",
            "grant.under"
        ),
        ("[[view]]\nname = \"v\"\napp = \"a\"\npath = \"/v\"", "the view v names the app a"),
        (
            "[[app]]\nname = \"a\"\n"
                + ["/v", "/w"].map { "[[view]]\nname = \"v\"\napp = \"a\"\npath = \"\($0)\"\n" }.joined(),
            "the view v is there twice"
        ),
        (
            "[[app]]\nname = \"a\"\n"
                + ["v", "w"].map { "[[view]]\nname = \"\($0)\"\napp = \"a\"\npath = \"/v\"\n" }.joined(),
            "the views v at /v and w at /v would cover each other"
        ),
        (
            "[[app]]\nname = \"a\"\n"
                + [("v", "/v/x/y"), ("u", "/v.x"), ("w", "/v/x/")].map {
                    "[[view]]\nname = \"\($0.0)\"\napp = \"a\"\npath = \"\($0.1)\"\n"
                }.joined(),
            "the views w at /v/x and v at /v/x/y would cover each other"
        ),
        ("[[app]]\nname = \"a\"\n[[view]]\nname = \"v\"\napp = \"a\"\npath = \"v\"", "not an absolute path"),
        ("[[app]]\nname = \"a b\"", "app name"), ("[[app]]\nname = ", "line 2"), ("\u{1}", "line 1"),
    ])
    func anImportThatContradictsItselfIsRefused(_ text: String, _ named: String) throws {
        try withService(prepare: furnish) { service in
            try service.addApps()
            let before = try service.administer("policy export")
            try service.write(service.root + "/policy.toml", text)
            for options in [["--dry-run"], []] {
                let outcome = try service.control(["policy", "import", service.root + "/policy.toml"] + options)
                #expect(outcome.status == 2, "\(outcome.output)\(outcome.errors)")
                #expect(outcome.errors.contains(named), "\(outcome.errors)")
            }
            #expect(try service.administer("policy export") == before)
        }
    }

    @Test func anImportMountsNoViewOverSomebodysFiles() throws {
        try withService(prepare: furnish) { service in
            let full = service.root + "/full"
            _ = try Program.run(["mkdir", "-p", full + "/of/something"])
            let file = service.root + "/policy.toml"
            try service.write(file, "[[app]]\nname = \"a\"\n[[view]]\nname = \"v\"\napp = \"a\"\npath = \"\(full)\"")
            for options in [["--dry-run"], []] {
                let outcome = try service.control(["policy", "import", file] + options)
                #expect(outcome.status == 6 && outcome.errors.contains("\(full) is not empty"), "\(outcome.errors)")
            }
            #expect(!(try service.administer("policy export").contains("[[")))
            _ = try Program.run(["rm", "-r", full + "/of"])
            #expect(try service.control(["policy", "import", file]).status == 0)
            // What is mounted there now is this view.
            #expect(try service.administer("policy import \(file)").contains("nothing changes"))
        }
    }

    /// Arguments: a photo, a file that says to stop, the process of the test. Reads the photo ever again and counts what
    /// failed.
    private static let reader = """
        n=0; bad=0
        until [ -e "$2" ] || ! [ -d "/proc/$3" ]; do
          n=$((n+1)); cat "$1" > /dev/null || bad=$((bad+1)); ls "${1%/*}" > /dev/null || bad=$((bad+1))
          stat "$1" > /dev/null || bad=$((bad+1))
        done
        echo "$n $bad"
        """

    @Test("grants come and go beside eight readers, and no operation of theirs fails")
    func nothingFailsWhileThePolicyChanges() throws {
        try withService(prepare: furnish) { service in
            try service.addApps()
            try service.administer("grant org.editor media.read.images")
            try service.administer("view add editor --app org.editor --at \(service.root)/editor")
            let stop = service.root + "/run/stop"
            let log = memfd_create("readers", 0)
            defer { close(log) }
            let readers = try (0..<8).map { number in
                let view = number % 2 == 0 ? service.view : service.root + "/editor"
                return try Program.start(
                    [
                        "setpriv", "--reuid", "\(RunningService.editor)", "--clear-groups", "sh", "-c",
                        PolicyChangeTests.reader, "reader", view + "/DCIM/photo.jpg", stop, "\(getpid())",
                    ], output: log, errors: log)
            }
            var waited = false
            defer {
                for reader in waited ? [] : readers {
                    kill(reader, SIGKILL)
                    _ = try? Program.wait(for: reader, seconds: 60)
                }
            }
            for round in 0..<25 {
                try service.administer("grant org.camera media.read.images --under DCIM/new")
                try service.administer("grant org.editor media.location")
                try service.administer("app add other\(round) --uid \(90_000 + round)")
                try service.administer("revoke org.editor media.location")
                try service.administer("revoke org.camera media.read.images --under DCIM/new")
            }
            try service.write(stop, "")
            waited = true
            for reader in readers { #expect(try Program.wait(for: reader, seconds: 60) == 0) }
            let text = try String(contentsOfFile: "/proc/self/fd/\(log)", encoding: .utf8)
            let counts = text.split(separator: "\n").map { $0.split(separator: " ").compactMap { Int($0) } }
            #expect(counts.count == 8)
            for count in counts { #expect(count.count == 2 && count[0] > 0 && count[1] == 0, "\(text)") }
        }
    }
}
