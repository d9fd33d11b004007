import Control
import Foundation
import Testing

/// mediaveilctl as a process, against a service in this one.
@Suite(.timeLimit(.minutes(10)))
struct ServiceCommandTests {
    private func run(_ socket: String, _ arguments: String..., input: String = "") throws -> CommandRun {
        try CommandRun.mediaveilctl(
            arguments.map { Array($0.utf8) }, environment: ["MEDIAVEIL_SOCKET": socket], input: input)
    }

    @Test func statusIsPlainInAPipe() throws {
        try withService { socket, _, _ in
            let result = try run(socket, "status")
            #expect(result.status == 0 && result.errors.isEmpty)
            #expect(result.lines.contains("Library\t/srv/media"))
            #expect(result.lines.contains("shared\t-\t/media/library\tyes\t7\t1"))
            // A name cannot paint the terminal.
            #expect(!result.output.contains("\u{1B}") && result.output.contains(#"/v/a\x1b[31mb"#))
        }
    }

    @Test func statusIsOpenMetricsForMonitors() throws {
        try withService { socket, _, _ in
            let result = try run(socket, "status", "--openmetrics")
            #expect(result.lines.contains(#"mediaveil_opens_total{path="router"} 3"#))
            #expect(result.lines.contains("mediaveil_service_operations_total 11"))
            #expect(result.lines.contains("mediaveil_service_plan_cache_entries 2"))
            #expect(result.lines.last == "# EOF")
        }
    }

    @Test(arguments: [
        (["status"], ["library", "data_paths", "state_directory", "started"]),
        (["doctor"], ["state", "finding", "remedy"]),
        (["app", "list"], ["name", "uids"]), (["app", "show", "gallery"], ["owned_files", "app"]),
        (["check", "gallery", "x"], ["visible", "variant", "read", "write", "rule", "path", "app"]),
        (["grant", "gallery", "media.location"], ["grant", "changes"]),
        (["view", "add", "v", "--app", "gallery"], ["view"]), (["policy", "export"], ["toml"]),
        (["audit", "query"], ["time", "decision", "count"]),
        (["audit", "query", "--format", "json"], ["time", "decision", "count"]),
    ])
    func jsonIsOneObjectALine(arguments: [String], members: [String]) throws {
        try withService { socket, _, _ in
            for words in [arguments + ["--json"], ["--json"] + arguments] {
                let result = try CommandRun.mediaveilctl(
                    words.map { Array($0.utf8) }, environment: ["MEDIAVEIL_SOCKET": socket])
                #expect(result.status == 0 && !result.lines.isEmpty, "\(result)")
                for line in result.lines {
                    let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
                    for member in members { #expect(object?[member] != nil, "\(member) in \(line)") }
                }
            }
        }
    }

    @Test func theSocketIsFoundByOptionThenEnvironment() throws {
        try withService { socket, _, _ in
            for arguments in [["--socket", socket, "app", "list"], ["app", "list", "--socket=\(socket)"]] {
                let result = try CommandRun.mediaveilctl(
                    arguments.map { Array($0.utf8) }, environment: ["MEDIAVEIL_SOCKET": "/nowhere"])
                #expect(result.status == 0, "\(result)")
            }
        }
    }

    @Test func changesSayWhatTheyMean() throws {
        try withService { socket, _, _ in
            #expect(try run(socket, "app", "add", "maps", "--uid", "5").output == "uid [5] is now maps\n")
            #expect(
                try run(socket, "grant", "maps", "media.location", "--under", "DCIM", "--for", "1h30m").output
                    == "maps can now do media.location\n")
            let grants = try run(socket, "grants", "maps").lines
            #expect(grants.count == 1 && grants[0].hasPrefix("maps\tmedia.location\tDCIM\t"))
            #expect(try run(socket, "--quiet", "grant", "maps", "media.location").output.isEmpty)
            let revoked = try run(socket, "revoke", "maps", "media.location", "--terminate")
            #expect(revoked.output.contains("process 12 (cat, uid 1001, 1 file open): ended"))
            #expect(try run(socket, "revoke", "maps", "media.location").status == 5)
        }
    }

    @Test func mistypedNamesAreGuessed() throws {
        try withService { socket, _, _ in
            let app = try run(socket, "app", "show", "galery")
            #expect(app.status == 5 && app.errors.contains("did you mean “gallery”?") && app.output.isEmpty)
            let permission = try run(socket, "grant", "gallery", "media.lcoation")
            #expect(permission.status == 2 && permission.errors.contains("did you mean media.location?"))
            let json = try run(socket, "--json", "app", "show", "galery")
            #expect(json.errors.contains(#""error":"not_found""#) && json.errors.contains(#""status":5"#))
        }
    }

    @Test func exitStatusesAreThoseThatScriptsRelyOn() throws {
        try withService { socket, _, _ in
            let cases: [([String], Int32)] = [
                (["check", "gallery", "x"], 0), (["check", "gallery", "hidden/x"], 1), (["audit", "verify"], 1),
                (["bogus"], 2), (["--socket", "/nowhere", "status"], 3), (["app", "show", "nobody"], 5),
                (["app", "add", "notes"], 6), (["reload"], 70),
            ]
            for (arguments, status) in cases {
                let result = try CommandRun.mediaveilctl(
                    arguments.map { Array($0.utf8) }, environment: ["MEDIAVEIL_SOCKET": socket])
                #expect(result.status == status, "\(arguments): \(result)")
            }
        }
    }

    @Test(.enabled(if: canActAsOtherUsers, "needs root, to act as other users"))
    func whoMayNotIsTold() throws {
        try withService { socket, _, _ in
            // The program may lie where other users cannot reach it.
            let copy = socket.replacingOccurrences(of: "control.sock", with: "mediaveilctl")
            // By another process: children of this one would hold the copy open for writing, and nobody could run it.
            let copied = try CommandRun.run(["/bin/cp", CommandRun.program, copy].map { Array($0.utf8) }, [:], "")
            #expect(copied.status == 0)
            func asNotes(_ arguments: String...) throws -> CommandRun {
                let words = ["/usr/bin/setpriv", "--reuid=1002", "--regid=1002", "--clear-groups", copy] + arguments
                return try CommandRun.run(words.map { Array($0.utf8) }, ["MEDIAVEIL_SOCKET": socket], "")
            }
            let status = try asNotes("status")
            #expect(status.status == 4 && status.errors.contains("use sudo"), "\(status)")
            #expect(try asNotes("app", "show", "notes").status == 0)
            #expect(try asNotes("app", "show", "gallery").status == 5)
            #expect(try asNotes("run", "--app", "notes", "--", "true").status == 4)
        }
    }

    @Test func namesThatAreNotUTF8AreKept() throws {
        try withService { socket, _, _ in
            let path: [UInt8] = [0x61, 0xFF, 0xF4, 0x8F, 0xBC, 0x85, 0x0A]
            let arguments = ["--json", "check", "gallery"].map { Array($0.utf8) } + [path]
            let json = try CommandRun.mediaveilctl(arguments, environment: ["MEDIAVEIL_SOCKET": socket])
            let base64 = Data(path).base64EncodedString()
            #expect(json.output.contains("\"path_base64\":\"\(base64)\""), "\(json)")
            let text = try CommandRun.mediaveilctl(
                Array(arguments.dropFirst()), environment: ["MEDIAVEIL_SOCKET": socket])
            #expect(text.output.contains(#"a\xff"#) && text.lines.count == 1, "\(text)")
        }
    }

    @Test func rowsCannotForgeOthersInAnyFormat() throws {
        try withService { socket, _, _ in
            // The second row's path is "a", 0xFF, ESC, "," and a quotation mark.
            let csv = try run(socket, "audit", "query", "--format", "csv").lines
            #expect(csv.count == 4 && csv[0].hasPrefix("id,time,app,"))
            #expect(csv[2].contains(#","a"#) && csv[2].contains(#"\x1b,"""#) && !csv[2].contains("\u{1B}"))
            let table = try run(socket, "audit", "query").lines
            #expect(table.count == 3 && table[1].contains(#"a\xff\x1b,""#))
            let json = try run(socket, "audit", "query", "--json").lines
            #expect(json.count == 3 && json[1].contains("path_base64"))
        }
    }

    @Test(arguments: [30, 50, 80, 200])
    func tablesFitTheTerminal(columns: Int) throws {
        try withService { socket, _, _ in
            let result = try CommandRun.onTerminal(
                columns: columns, "--socket", socket, "audit", "query", environment: ["NO_COLOR": "1"])
            let lines = result.lines
            #expect(lines.count == 4 && lines[0].hasPrefix("T"), "\(result)")
            for line in lines { #expect(line.count <= columns, "\(line)") }
        }
    }

    @Test func coloursAreForTerminalsThatWantThem() throws {
        try withService { socket, _, _ in
            let coloured = try CommandRun.onTerminal(columns: 80, "--socket", socket, "audit", "query")
            #expect(coloured.output.contains("\u{1B}[33mredact"))
            for environment in [["NO_COLOR": "1"], ["TERM": "dumb"]] {
                let plain = try CommandRun.onTerminal(
                    columns: 80, "--socket", socket, "audit", "query", environment: environment)
                #expect(!plain.output.contains("\u{1B}"))
            }
        }
    }

    @Test func aReportReplacesAnOlderOneInOneStep() throws {
        try withService { socket, _, _ in
            let page = socket + ".html"
            for _ in 0..<2 {
                #expect(try run(socket, "audit", "report", "--output", page).status == 0)
                #expect(try String(contentsOfFile: page, encoding: .utf8) == "<html></html>")
            }
            let mode = try FileManager.default.attributesOfItem(atPath: page)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            #expect(try run(socket, "audit", "report", "--output", "/nowhere/x.html").status == 5)
        }
    }

    @Test func policiesAreReadFromFilesAndStandardInput() throws {
        try withService { socket, _, _ in
            #expect(try run(socket, "policy", "export").output == "[[app]]\nname = \"gallery\"\n")
            let file = socket + ".toml"
            try "# empty\n".write(toFile: file, atomically: true, encoding: .utf8)
            #expect(try run(socket, "policy", "import", file).output == "8 bytes read\n")
            let dry = try run(socket, "policy", "import", "-", "--dry-run", input: "abc")
            #expect(dry.output == "3 bytes read\n(nothing was changed)\n")
            #expect(try run(socket, "policy", "import", "/nowhere").status == 5)
            try Data([0xFF]).write(to: URL(fileURLWithPath: file))
            #expect(try run(socket, "policy", "import", file).status == 2)
        }
    }

    @Test func verificationTellsWhatIsBrokenAndWhenTheServiceCrashed() throws {
        try withService { socket, _, _ in
            let result = try run(socket, "audit", "verify")
            #expect(result.output.contains("row 2: its hash does not match"))
            #expect(result.output.contains("the last durable row before it is 1"))
        }
    }
}
