import TestSupport
import Testing

/// audit, policy, the offline commands and the global options with arguments that cannot be meant.
@Suite(.enabled(if: Machine.canMount, "\(Machine.need)"), .timeLimit(.minutes(10)))
struct AuditNonsenseTests {
    @Test func audit() throws {
        try Nonsense.expectRefusals(of: [
            Nonsense("audit query --uid -1", 2, "--uid", "0 to 4294967294"),
            Nonsense("audit query --uid ''", 2, "--uid", "number"),
            Nonsense("audit query --uid \"$raw\"", 2, "--uid", #"a\xff\xfeb"#),
            Nonsense("audit query --limit -5", 2, "--limit", "from 1 on"),
            Nonsense("audit query --limit 0", 2, "--limit", "from 1 on"),
            Nonsense("audit query --limit 99999999999999999999", 2, "--limit", "from 1 on"),
            Nonsense("audit query --limit \"$long\"", 2, "--limit", "5000 bytes"),
            Nonsense("audit query --since -1h", 2, "--since", "RFC 3339"),
            Nonsense("audit query --since ''", 2, "--since", "today"),
            Nonsense("audit query --since \"$lines\"", 2, "--since", #"a\x1b[31m\nb"#),
            Nonsense("audit query --until 2026-13-01", 2, "--until", "2026-11-26"),
            Nonsense("audit query --until \"$long\"", 2, "--until", "5000 bytes"),
            Nonsense("audit query --since 2026-11-02 --until 2026-11-01", 2, "before"),
            Nonsense("audit query --decision maybe", 2, "--decision", "allow"),
            Nonsense("audit query --format xml", 2, "--format", "table"), Nonsense("audit query extra", 2, "extra"),
            Nonsense("audit follow --uid x", 2, "--uid", "number"),
            Nonsense("audit follow --decision \"$raw\"", 2, "--decision"),
            Nonsense("audit report", 2, "--output"), Nonsense("audit report --output ''", 2, "--output", "it is empty"),
            Nonsense("audit report --output ROOT/no/x.html", 5, "ROOT/no/x.html", "No such file"),
            Nonsense("audit report --output \"$long\"", 2, "5000 bytes", "255 bytes"),
            Nonsense("audit report --output x --since soon", 2, "--since", "RFC 3339"),
            Nonsense("audit verify extra", 2, "extra"), Nonsense("audit bogus", 2, "bogus"),
        ])
    }

    @Test func policyAndFiles() throws {
        try Nonsense.expectRefusals(of: [
            Nonsense("policy import ''", 2, "<file>", "it is empty"),
            Nonsense("policy import ROOT/none", 5, "ROOT/none", "check the name"),
            Nonsense("policy import /etc", 2, "/etc", "directory"),
            Nonsense("policy import \"$long\"", 2, "5000 bytes", "255 bytes"),
            Nonsense("policy import \"$raw\"", 5, #"a\xff\xfeb"#, "check the name"),
            Nonsense("policy export extra", 2, "extra"),
            Nonsense("inspect ''", 2, "<files>", "it is empty"), Nonsense("inspect none", 5, "none", "check the name"),
            Nonsense("inspect \"$lines\"", 5, #"read a\x1b[31m\nb:"#, "check the name"),
            Nonsense("inspect \"$raw\"", 5, #"read a\xff\xfeb:"#, "check the name"),
            Nonsense("inspect \"$long\"", 2, "5000 bytes", "255 bytes"), Nonsense("inspect /etc", 2, "/etc", "scan"),
            Nonsense("inspect /dev/null", 2, "/dev/null", "regular file"),
            Nonsense("redact '' -o x", 2, "<file>", "it is empty"),
            Nonsense("redact none -o x", 5, "none", "check the name"),
            Nonsense("redact ../DCIM/a.txt -o ''", 2, "--output", "it is empty"),
            Nonsense("redact ../DCIM/a.txt -o ../DCIM", 6, "../DCIM", "another name"),
            Nonsense("redact ../DCIM/a.txt -o none/x", 5, "none/x", "check the name"),
            Nonsense("redact ../DCIM/a.txt -o \"$long\"", 2, "5000 bytes", "255 bytes"),
            Nonsense("scan ''", 2, "<path>", "it is empty"), Nonsense("scan none", 5, "none", "check the name"),
            Nonsense("scan \"$raw\"", 5, #"read a\xff\xfeb:"#, "check the name"), Nonsense("scan a b", 2, "b"),
            Nonsense("completion ''", 2, "<shell>", "bash"), Nonsense("completion \"$raw\"", 2, #"a\xff\xfeb"#, "bash"),
            Nonsense("status extra", 2, "extra"), Nonsense("doctor extra", 2, "extra"),
            Nonsense("reload extra", 2, "extra"),
            Nonsense("bogus", 2, "bogus"), Nonsense("\"$raw\"", 2, #"a\xff\xfeb"#), Nonsense("--bogus", 2, "--bogus"),
            Nonsense("status --socket ''", 3, "1 to 107 bytes", "--socket"),
            Nonsense("status --socket none", 3, "none", "--socket"),
            Nonsense("status --socket \"$raw\"", 3, #"a\xff\xfeb"#, "--socket"),
            Nonsense("status --socket \"$long\"", 3, "107 bytes", "--socket"),
        ])
    }
}
