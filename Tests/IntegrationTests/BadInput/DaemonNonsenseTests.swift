import TestSupport
import Testing

/// mediaveild with arguments that cannot be meant.
@Suite(.timeLimit(.minutes(10)))
struct DaemonNonsenseTests {
    static let table = [
        Nonsense("", 64, "--config FILE"), Nonsense("--bogus", 64, "--bogus"), Nonsense("extra", 64, "extra"),
        Nonsense("--config", 64, "--config"), Nonsense("--config a --check-config b", 64, "either"),
        Nonsense("--config ''", 78, "no file is named", "mediaveil.toml"),
        Nonsense("--config none", 78, "none", "no such file", "check the name"),
        Nonsense("--config .", 78, ".:", "directory", "name a file"),
        Nonsense("--config \"$long\"", 78, "5003 bytes", "cannot be reached"),
        Nonsense("--check-config ''", 78, "no file is named"),
        Nonsense("--check-config none", 78, "none", "no such file"),
        Nonsense("--check-config raw.toml", 78, "raw.toml", "UTF-8"),
        Nonsense("--bogus$'\\e[31m'", 64, "--bogus?[31m"),
        Nonsense("passthrough", 64, "<library>"), Nonsense("passthrough a", 64, "<mountpoint>"),
        Nonsense("passthrough a b c", 64, "c"), Nonsense("passthrough --bogus a b", 64, "--bogus"),
        Nonsense("passthrough '' b", 1, "library “”", "name a directory"),
        Nonsense("passthrough none b", 1, "library “none”", "No such file", "name a directory"),
        Nonsense("passthrough raw.toml b", 1, "library “raw.toml”", "Not a directory", "name a directory"),
    ]

    @Test(arguments: table) func isRefused(_ nonsense: Nonsense) throws {
        try withTemporaryDirectory { root throws in
            #expect(try Program.run(["sh", "-c", "printf '\\377' > '\(root)/raw.toml'"]) == 0)
            try nonsense.expectRefusal(Machine.program("mediaveild"), in: root)
        }
    }
}
