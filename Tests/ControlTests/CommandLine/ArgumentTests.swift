import Foundation
import Testing

/// What every argument does with nonsense: exit status 2, and a text that names the argument and the way out. None of
/// these reaches a service.
@Suite(.timeLimit(.minutes(10)))
struct ArgumentTests {
    static let nonsense: [([String], String)] = [
        ([], ""), (["bogus"], "bogus"), (["app"], ""), (["app", "bogus"], "bogus"), (["--bogus", "status"], "--bogus"),
        (["status", "extra"], "extra"), (["status", "--socket"], "--socket"), (["doctor", "--bogus"], "--bogus"),
        (["app", "add"], "<name>"), (["app", "add", "x", "--uid", "anna"], "--uid"),
        (["app", "add", "x", "--uid", "-1"], "--uid"), (["app", "add", "x", "--uid", "4294967296"], "--uid"),
        (["app", "add", "x", "--uid", "4294967295"], "--uid"), (["app", "add", "x", "--uid", ""], "--uid"),
        (["app", "show"], "<name>"), (["app", "remove"], "<name>"), (["app", "list", "x"], "x"),
        (["grant", "x"], "<permission>"), (["grant", "x", "read"], "<permission>"),
        (["grant", "x", ""], "<permission>"), (["grant", "x", "media.location", "--for", ""], "--for"),
        (["grant", "x", "media.location", "--for", "2"], "2h"),
        (["grant", "x", "media.location", "--for", "-2h"], "“-” stands where a number is due"),
        (["grant", "x", "media.location", "--for", "2y"], "“y” is no unit"),
        (["grant", "x", "media.location", "--for", "h"], "number"),
        (["grant", "x", "media.location", "--for", "0h"], "no time"),
        (["grant", "x", "media.location", "--for", "30m1h"], "larger units"),
        (["grant", "x", "media.location", "--for", "1h1h"], "once"),
        (["grant", "x", "media.location", "--for", "99999999999999999999d"], "100 years"),
        (["grant", "x", "media.location", "--for", "٣h"], "--for"),
        (["grant", "x", "media.location", "--under", ""], "--under"),
        (["revoke", "x"], "<permission>"), (["revoke", "x", "media.bogus"], "<permission>"),
        (["check", "x"], "<path>"),
        (["check", "x", ""], "<path>"), (["view", "add", "x"], "--app"), (["view", "add", "x", "--app"], "--app"),
        (["view", "remove"], "<view>"), (["run", "--app", "x"], "--"), (["run", "--app", "x", "--"], "--"),
        (["run", "--", "ls"], "--app"), (["inspect"], "<files>"), (["inspect", ""], "<files>"), (["redact"], "<file>"),
        (["redact", "x"], "--output"), (["redact", "x", "--output", ""], "--output"), (["policy", "import"], "<file>"),
        (["audit", "query", "--uid", "anna"], "--uid"), (["audit", "query", "--decision", "maybe"], "allow, redact"),
        (["audit", "query", "--since", "soon"], "RFC 3339"), (["audit", "query", "--until", "2026-02-30"], "--until"),
        (["audit", "query", "--limit", "0"], "--limit"), (["audit", "query", "--limit", "many"], "--limit"),
        (["audit", "query", "--limit", "99999999999999999999"], "--limit"),
        (["audit", "query", "--format", "xml"], "table, json"),
        (["audit", "query", "--since", "2026-11-02", "--until", "2026-11-01"], "before"),
        (["audit", "follow", "--decision", ""], "--decision"), (["audit", "report"], "--output"),
        (["audit", "report", "--output", "x", "--since", "never"], "--since"), (["completion"], "<shell>"),
        (["completion", "powershell"], "bash"), (["scan", "a", "b"], "b"), (["scan", ""], "<path>"),
    ]

    @Test(arguments: nonsense)
    func isRefusedWithAReason(arguments: [String], text: String) throws {
        let result = try CommandRun.mediaveilctl(
            arguments.map { Array($0.utf8) }, environment: ["MEDIAVEIL_SOCKET": "/nowhere/socket"])
        // Without a command, or with half of one, help is what is wanted.
        if arguments.isEmpty || arguments == ["app"] {
            #expect(result.status == 0 && result.output.contains("USAGE"), "\(result)")
            return
        }
        #expect(result.status == 2 && result.output.isEmpty, "\(result)")
        #expect(result.errors.contains(text), "\(result)")
        #expect(!result.errors.contains("Swift.") && !result.errors.contains("Fatal"))
    }

    @Test(arguments: [
        (["statsu"], "mediaveilctl status"), (["app", "lsit"], "mediaveilctl app list"),
        (["--json", "audit", "querry"], "mediaveilctl audit query"), (["aduit", "query"], "mediaveilctl audit"),
    ])
    func mistypedCommandsAreGuessed(arguments: [String], meant: String) throws {
        let result = try CommandRun.mediaveilctl(arguments.map { Array($0.utf8) })
        #expect(result.status == 2 && result.errors.contains("did you mean “\(meant)”?"), "\(result)")
    }

    @Test func withJSONTheReasonIsAnObjectToo() throws {
        let result = try CommandRun.mediaveilctl("--json", "app", "add", "x", "--uid", "anna")
        #expect(result.errors.hasPrefix(#"{"error":"usage","reason":"The value 'anna' is invalid for '--uid <n>'"#))
    }

    @Test func whatIsSaidAboutAnArgumentCannotActOnTheTerminal() throws {
        let result = try CommandRun.mediaveilctl("grant", "x", "\u{1B}[2Jmedia.location\u{202E}")
        #expect(result.status == 2 && !result.errors.contains("\u{1B}") && !result.errors.contains("\u{202E}"))
    }

    @Test(arguments: [
        ["status"], ["doctor"], ["reload"], ["app", "add"], ["app", "list"], ["app", "show"], ["app", "remove"],
        ["grant"],
        ["revoke"], ["grants"], ["check"], ["view", "add"], ["view", "list"], ["view", "remove"], ["run"], ["inspect"],
        ["redact"], ["scan"], ["policy", "export"], ["policy", "import"], ["audit", "query"], ["audit", "follow"],
        ["audit", "report"], ["audit", "verify"], ["completion"],
    ])
    func everyCommandsHelpHasAnExample(command: [String]) throws {
        let result = try CommandRun.mediaveilctl((command + ["--help"]).map { Array($0.utf8) })
        #expect(result.status == 0 && result.errors.isEmpty)
        let example = "mediaveilctl \(command.joined(separator: " "))"
        #expect(result.output.contains("Example: \(example)") || result.output.contains("sudo \(example)"))
    }

    @Test(arguments: [
        ["status"], ["doctor"], ["reload"], ["app", "list"], ["app", "add", "x"], ["app", "show", "x"],
        ["app", "remove", "x"], ["grant", "x", "media.location"], ["revoke", "x", "media.location"], ["grants"],
        ["check", "x", "y"], ["view", "list"], ["view", "add", "x", "--app", "y"], ["view", "remove", "x"],
        ["policy", "export"], ["audit", "query"], ["audit", "follow"], ["audit", "verify"],
    ])
    func withoutAServiceTheWayToStartItIsShown(command: [String]) throws {
        let result = try CommandRun.mediaveilctl(
            command.map { Array($0.utf8) }, environment: ["MEDIAVEIL_SOCKET": "/nowhere/socket"])
        #expect(result.status == 3 && result.output.isEmpty)
        #expect(result.errors.contains("/nowhere/socket") && result.errors.contains("systemctl start mediaveil"))
    }

    @Test func aSocketPathThatIsTooLongIsSaidToBe() throws {
        let result = try CommandRun.mediaveilctl("--socket", "/" + String(repeating: "x", count: 200), "status")
        #expect(result.status == 3 && result.errors.contains("107 bytes"))
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func completionIsAScriptOfTheShell(shell: String) throws {
        let result = try CommandRun.mediaveilctl("completion", shell)
        #expect(result.status == 0 && result.output.contains("mediaveilctl"))
        let checker = "/bin/\(shell)"
        guard FileManager.default.isExecutableFile(atPath: checker) else { return }
        let checked = try CommandRun.run([checker, "-n"].map { Array($0.utf8) }, [:], result.output)
        #expect(checked.status == 0, "\(checked)")
    }

    @Test func theVersionIsTold() throws {
        let result = try CommandRun.mediaveilctl("--version")
        #expect(result.status == 0 && result.output.hasPrefix("mediaveilctl "))
    }
}
