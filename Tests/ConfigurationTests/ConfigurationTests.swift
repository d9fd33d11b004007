import Configuration
import Foundation
import Policy
import TestSupport
import Testing

@Suite struct ConfigurationTests {
    private func load(_ text: String, dropIns: [String: String] = [:]) throws -> Configuration {
        try withTemporaryDirectory { root in
            let path = root + "/mediaveil.toml"
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            for (name, text) in dropIns {
                try FileManager.default.createDirectory(atPath: path + ".d", withIntermediateDirectories: true)
                try Data(text.utf8).write(to: URL(fileURLWithPath: path + ".d/" + name))
            }
            return try Configuration.load(path)
        }
    }

    private func refusal(_ text: String) -> ConfigurationError? {
        do {
            _ = try load(text)
            return nil
        } catch {
            return error as? ConfigurationError
        }
    }

    private let library = "[library]\npath = \"/srv/media\"\n"

    @Test func theShippedFileSaysTheDefaults() throws {
        let shipped = try Configuration.load(Machine.packageRoot + "/config/mediaveil.toml")
        var expected = Configuration()
        expected.libraryPath = "/srv/media/library"
        expected.sharedViewMount = "/media/library"
        #expect(shipped == expected)
        // Every line that is commented out is a key with its default: read as it stands it changes nothing.
        let text = try String(contentsOfFile: Machine.packageRoot + "/config/mediaveil.toml", encoding: .utf8)
        let active = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.hasPrefix("#") && !line.hasPrefix("# ") ? String(line.dropFirst()) : String(line)
        }
        #expect(try load(active.joined(separator: "\n")) == expected)
    }

    @Test func everyKeyIsRead() throws {
        let all = try load(
            """
            [library]
            path = "/srv/media/"
            [shared_view]
            mount = "/m"
            [service]
            state_directory = "/s"
            runtime_directory = "/r"
            socket = "/r/c"
            metrics_socket = "/r/m"
            admin_group = "wheel"
            [callers]
            unknown = "deny"
            trusted_uids = [0, 1000]
            identify = ["executable"]
            [app_folders]
            private = ["x/{app}"]
            shared = []
            [files]
            permissions = "policy"
            [redaction]
            snapshots = "off"
            [audit]
            retention = "1h30m"
            max_size = "5MiB"
            [timeouts]
            names = "10s"
            attributes = "2m"
            [logging]
            level = "debug"
            """)
        var expected = Configuration()
        expected.libraryPath = "/srv/media"
        expected.sharedViewMount = "/m"
        expected.stateDirectory = "/s"
        expected.runtimeDirectory = "/r"
        expected.socket = "/r/c"
        expected.metricsSocket = "/r/m"
        expected.adminGroup = "wheel"
        expected.unknownCallers = .deny
        expected.trustedUIDs = [0, 1_000]
        expected.identify = [.executable]
        expected.privateFolders = ["x/{app}"]
        expected.sharedFolders = []
        expected.permissions = .policy
        expected.snapshots = .off
        expected.auditRetention = 5_400
        expected.auditMaxSize = 5 << 20
        expected.nameTimeout = 10
        expected.attributeTimeout = 120
        expected.logLevel = .debug
        #expect(all == expected)
    }

    @Test func dropInsWinInTheOrderOfTheirNames() throws {
        let dropIns = [
            "20-b.toml": "[callers]\nunknown = \"redacted-readonly\"", "10-a.toml": "[callers]\nunknown = \"deny\"",
            "30-c.txt": "nonsense",
        ]
        #expect(try load(library, dropIns: dropIns).unknownCallers == .redactedReadonly)
    }

    @Test(arguments: [
        ("[library]\npath = 5\n", 2, "library.path"),
        ("[library]\npath = \"relative\"\n", 2, "library.path"),
        ("[library]\npath = \"/a\"\n[service]\n\nsokcet = \"/x\"\n", 5, "service.sokcet"),
        ("[library]\npath = \"/a\"\n[servize]\n", 3, "servize"),
        ("[library]\npath = \"/a\"\n[callers]\nunknown = \"maybe\"\n", 4, "callers.unknown"),
        ("[library]\npath = \"/a\"\n[callers]\ntrusted_uids = [-1]\n", 4, "callers.trusted_uids"),
        ("[library]\npath = \"/a\"\n[callers]\nidentify = [\"pid\"]\n", 4, "callers.identify"),
        ("[library]\npath = \"/a\"\n[callers]\nidentify = \"unit\"\n", 4, "callers.identify"),
        ("[library]\npath = \"/a\"\n[audit]\nretention = \"soon\"\n", 4, "audit.retention"),
        ("[library]\npath = \"/a\"\n[audit]\nmax_size = \"1GB\"\n", 4, "audit.max_size"),
        ("[library]\npath = \"/a\"\n[audit]\nmax_size = \"1KiB\"\n", 4, "audit.max_size"),
        ("[library]\npath = \"/a\"\n[audit]\n# none\nretention = \"0d\"\n", 5, "audit.retention"),
        ("[library]\npath = \"/a/../b\"\n", 2, "library.path"),
        ("[library]\npath = \"/a\"\n[shared_view]\nmount = \"//a//b\"\n", 4, "shared_view.mount"),
        ("[library]\npath = \"/a\"\n[service]\nsocket = \"/a/socket\"\n", 4, "service.socket"),
        ("[library]\npath = \"/a\"\n[service]\nmetrics_socket = \"/a/socket\"\n", 4, "service.metrics_socket"),
        (
            "[library]\npath = \"/a\"\n[service]\nsocket = \"/b/s\"\nmetrics_socket = \"/b/s\"\n", 5,
            "service.metrics_socket"
        ),
        ("[library]\npath = \"/a\"\n[app_folders]\nprivate = [\"{app}\"]\n", 4, "app_folders.private"),
        ("[library]\npath = \"/a\"\n[app_folders]\nprivate = [\"x/{app}/y\"]\n", 4, "app_folders.private"),
        ("[library]\npath = \"/a\"\n[app_folders]\nshared = [\"../{app}\"]\n", 4, "app_folders.shared"),
        (
            "[library]\npath = \"/a\"\n[app_folders]\nprivate = [\"x/{app}\"]\nshared = [\"x/{app}\"]\n", 5,
            "app_folders.shared"
        ),
        ("[library]\npath = \"/a\"\n[app_folders]\nprivate = [\"x/{app}\", \"x/{app}\"]\n", 4, "app_folders.private"),
        ("[library]\npath = \"/a\"\n[app_folders]\nprivate = [\"x/{app}\", \"x/y/{app}\"]\n", 4, "app_folders.private"),
        (
            "[library]\npath = \"/a\"\n[app_folders]\nprivate = [\"x/y/z/{app}\", \"x/{app}\"]\n", 4,
            "app_folders.private"
        ),
        ("[library]\npath = \"/a\"\n[app_folders]\n\nshared = [\"Android/{app}\"]\n", 5, "app_folders.shared"),
    ])
    func whatIsWrongIsNamed(_ text: String, _ line: Int, _ key: String) {
        let error = refusal(text)
        #expect(error?.line == line)
        #expect(error?.key == key)
        #expect(error?.file.hasSuffix("mediaveil.toml") ?? false)
    }

    @Test func theDropInThatContradictsIsNamed() {
        do {
            _ = try load(library, dropIns: ["50-mount.toml": "[shared_view]\nmount = \"/srv/media/view\""])
            Issue.record("a view inside the library is accepted")
        } catch {
            let error = error as? ConfigurationError
            #expect(error?.file.hasSuffix("/mediaveil.toml.d/50-mount.toml") ?? false)
            #expect(error?.line == 2)
        }
    }

    @Test func dropInsThatCannotBeReadAreAnError() throws {
        try withTemporaryDirectory { root in
            let path = root + "/mediaveil.toml"
            try Data(library.utf8).write(to: URL(fileURLWithPath: path))
            try Data("no directory".utf8).write(to: URL(fileURLWithPath: path + ".d"))
            #expect(throws: ConfigurationError.self) { try Configuration.load(path) }
        }
    }

    @Test func aSyntaxErrorHasItsLine() {
        #expect(refusal("[library]\npath = \"/a\"\nx = = 1\n")?.line == 3)
    }

    @Test(arguments: [
        "", "[library]\npath = \"/\"", "[library]\npath = \"/a\"\n[shared_view]\nmount = \"/a/view\"",
        "[library]\npath = \"/a/b\"\n[shared_view]\nmount = \"/a\"",
        "[library]\npath = \"/a\"\n[service]\nstate_directory = \"/a/state\"",
    ])
    func keysThatContradictEachOtherAreRefused(_ text: String) {
        #expect(refusal(text) != nil)
    }

    @Test func durationsAndSizes() {
        #expect(Duration.seconds("90d") == 7_776_000)
        #expect(Duration.seconds("1h30m") == 5_400)
        for nonsense in ["", "5", "d", "1x", "-1h", "1h 2m", "99999999999999999999d"] {
            #expect(Duration.seconds(nonsense) == nil)
        }
        #expect(ByteSize.bytes("1GiB") == 1 << 30)
        for nonsense in ["", "GiB", "1 GiB", "1gb", "-5", "99999999999999TiB"] {
            #expect(ByteSize.bytes(nonsense) == nil)
        }
    }
}
