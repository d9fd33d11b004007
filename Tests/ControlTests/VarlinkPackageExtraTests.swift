import Control
import Foundation
import TestSupport
import Testing

/// Every method, called by a client that is not ours: the `varlink` package of PyPI.
@Suite(
    .timeLimit(.minutes(10)),
    .enabled(if: Machine.runsExtra, "needs MEDIAVEIL_TEST_EXTRA=1, and Python with the varlink package"))
struct VarlinkPackageExtraTests {
    private static let script = """
        import sys, varlink
        client = varlink.Client(address="unix:" + sys.argv[1])
        assert set(client.get_interfaces()) >= {"org.mediaveil.Control", "org.varlink.service"}
        control = client.open("org.mediaveil.Control")
        called = set()

        def call(method, *args, more=False, **parameters):
            called.add(method)
            reply = getattr(control, method)(*args, **parameters, **({"_more": True} if more else {}))
            return list(reply) if more else reply

        def fails(error, method, **parameters):
            try:
                call(method, **parameters)
            except varlink.VarlinkError as e:
                assert e.as_dict()["error"] == "org.mediaveil.Control." + error, e
            else:
                raise AssertionError(method)

        assert call("Status")["data_paths"]["router"] == 3
        assert call("Doctor")["checks"][0]["state"] == "warning"
        fails("Failed", "Reload")
        assert call("AddApp", "maps", [5])["app"]["name"] == "maps"
        fails("Conflict", "AddApp", name="maps", uids=[])
        assert [a["name"] for a in call("ListApps")["apps"]] == ["gallery", "maps", "notes"]
        assert call("ShowApp", "maps")["owned_files"] == 3
        fails("NotFound", "ShowApp", app="nobody")
        assert call("RemoveApp", "maps")["changes"]
        assert call("Grant", "gallery", "media.location", "DCIM", None, 60)["grant"]["under"] == "DCIM"
        fails("InvalidParameter", "Grant", app="gallery", permission="x")
        assert len(call("ListGrants")["grants"]) == 1
        replies = call("Revoke", "gallery", "media.location", None, None, True, more=True)
        assert [p["pid"] for r in replies for p in r["processes"]] == [11, 12]
        assert call("Check", "gallery", "a/b")["rule"] == "no grant"
        assert call("AddView", "v", "gallery")["view"]["mounted"]
        assert call("ListViews")["views"] == []
        fails("NotFound", "RemoveView", name="v")
        assert call("PrepareRun", "gallery")["places"]
        assert "gallery" in call("ExportPolicy")["toml"]
        assert call("ImportPolicy", "abc", True)["applied"] is False
        assert sum(len(r["rows"]) for r in call("QueryAudit", limit=1000, more=True)) == 1000
        follow = control.FollowAudit(_more=True)
        called.add("FollowAudit")
        assert next(follow)["rows"] == [] and next(follow)["rows"][0]["operation"] == "open"
        control.close()
        control = client.open("org.mediaveil.Control")
        assert call("VerifyAudit", more=True)[-1]["verdict"]["intact"] is False
        assert "".join(r["text"] for r in call("AuditReport", more=True)) == "<html></html>"
        print(" ".join(sorted(called)))
        """

    @Test func everyMethodAnswersIt() throws {
        try withService { socket, _, _ in
            let directory = URL(fileURLWithPath: socket).deletingLastPathComponent().path + "/python"
            let python = directory + "/bin/python"
            // A place of its own for the package, so that the machine stays as it is.
            for step in [
                ["/usr/bin/python3", "-m", "venv", directory], [python, "-m", "pip", "-q", "install", "varlink"],
            ] {
                var result = try CommandRun.run(step.map { Array($0.utf8) }, ["HOME": directory], "")
                // A registry may be away for a moment.
                for _ in 0..<3 where result.status != 0 {
                    sleep(10)
                    result = try CommandRun.run(step.map { Array($0.utf8) }, ["HOME": directory], "")
                }
                try #require(result.status == 0, "\(result)")
            }
            let result = try CommandRun.run(
                [python, "-c", Self.script, socket].map { Array($0.utf8) }, [:], "")
            #expect(result.status == 0, "\(result)")
            let called = Set(result.output.split(whereSeparator: \.isWhitespace).map(String.init))
            #expect(called == Set(ControlInterface.requests.map { $0.method }))
        }
    }
}
