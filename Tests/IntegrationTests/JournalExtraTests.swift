import Foundation
import TestSupport
import Testing

/// The service under a real journal: systemd-journald in a mount namespace of its own, so that the machine's is left alone.
@Suite(
    .timeLimit(.minutes(10)),
    .enabled(if: Machine.runsExtra && Machine.canMount, "needs MEDIAVEIL_TEST_EXTRA=1, root and systemd-journald"))
struct JournalExtraTests {
    /// Arguments: the programs, the configuration and the socket. Prints what the journal has of the service as JSON.
    private static let script = """
        daemon=$1 ctl=$2 config=$3 socket=$4 out=$5
        mkdir -p /run/systemd /run/log
        mount -t tmpfs none /run/systemd && mount -t tmpfs none /run/log || exit 90
        mkdir -p /run/systemd/journal
        /lib/systemd/systemd-journald 2>/dev/null & journal=$!
        service=
        trap 'kill $service $journal 2>/dev/null; wait' EXIT
        for i in $(seq 100); do [ -S /run/systemd/journal/stdout ] && break; sleep 0.1; done
        # As systemd does it: standard error leads to the journal, and JOURNAL_STREAM says which stream that is.
        systemd-cat sh -c 'JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2); export JOURNAL_STREAM
            exec "$0" --config "$1"' "$daemon" "$config" & service=$!
        for i in $(seq 200); do "$ctl" --socket "$socket" status >/dev/null 2>&1 && break; sleep 0.1; done
        "$ctl" --socket "$socket" app add org.camera --uid 5 >/dev/null || exit 91
        kill $service; wait $service; service=
        journalctl --sync
        find /run/log -name '*.journal' | while read -r file; do
            journalctl --file "$file" --no-pager -o json "$6"
        done > "$out"
        """

    @Test func theJournalKnowsTheApp() throws {
        try withTemporaryDirectory { root throws in
            let service = try RunningService(root)
            try service.write(root + "/script.sh", Self.script)
            let outcome = try Program.output(
                [
                    "unshare", "-m", "--propagation", "private", "sh", root + "/script.sh",
                    Machine.program("mediaveild"), Machine.program("mediaveilctl"), root + "/mediaveil.toml",
                    service.socket, root + "/out", "MEDIAVEIL_APP=org.camera",
                ], seconds: 90)
            try #require(outcome.status == 0, "\(outcome)")
            let lines = try String(contentsOfFile: root + "/out", encoding: .utf8).split(separator: "\n")
            let entries = try lines.map { try JSONDecoder().decode([String: String].self, from: Data($0.utf8)) }
            #expect(entries.count == 1)
            let entry = try #require(entries.first)
            let wanted = [
                "MESSAGE": "the policy has changed (app=org.camera operation=app-add decision=allow uid=0)",
                "PRIORITY": "6", "SYSLOG_IDENTIFIER": "mediaveild", "_TRANSPORT": "journal",
                "MEDIAVEIL_OPERATION": "app-add", "MEDIAVEIL_DECISION": "allow", "MEDIAVEIL_UID": "0",
            ]
            for (name, value) in wanted { #expect(entry[name] == value) }
        }
    }
}
