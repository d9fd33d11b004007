import Foundation
import Glibc
import TestSupport
import Testing

/// The report as a browser shows it: loads without a complaint and without a request to anywhere, says what the log says,
/// and filters.
@Suite(
    .timeLimit(.minutes(10)),
    .enabled(if: Machine.runsExtra && Machine.canMount, "needs MEDIAVEIL_TEST_EXTRA=1, root, chromium and Python"))
struct ReportExtraTests {
    /// Drives Chromium by its DevTools protocol over a pipe, and prints what the page says as JSON.
    private static let driver = """
        import json, os, subprocess, sys, time
        page, folder, axe, since, until = sys.argv[1:6]
        to_browser, ours_out = os.pipe()
        ours_in, from_browser = os.pipe()
        def place():
            os.dup2(to_browser, 200); os.dup2(from_browser, 201)
            os.dup2(200, 3); os.dup2(201, 4)
        browser = subprocess.Popen(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", "--user-data-dir=" + folder,
             "--disable-background-networking", "about:blank"],
            preexec_fn=place, pass_fds=(3, 4), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_browser); os.close(from_browser)
        source, number, events = os.fdopen(ours_in, "rb"), 0, []
        pending = b""
        def receive():
            global pending
            while b"\\0" not in pending:
                part = os.read(source.fileno(), 65536)
                if not part: raise SystemExit("the browser is gone")
                pending += part
            message, pending = pending.split(b"\\0", 1)
            return json.loads(message)
        def call(method, session=None, **parameters):
            global number
            number += 1
            message = {"id": number, "method": method, "params": parameters}
            if session: message["sessionId"] = session
            os.write(ours_out, json.dumps(message).encode() + b"\\0")
            while True:
                answer = receive()
                if answer.get("id") == number:
                    if "error" in answer: raise SystemExit(method + ": " + str(answer["error"]))
                    return answer["result"]
                events.append(answer)
        try:
            target = call("Target.createTarget", url="about:blank")["targetId"]
            session = call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            for domain in ["Runtime", "Log", "Network", "Page"]: call(domain + ".enable", session)
            call("Page.navigate", session, url="file://" + page)
            def evaluate(text):
                answer = call("Runtime.evaluate", session, expression=text, returnByValue=True, awaitPromise=True)
                if "exceptionDetails" in answer: raise SystemExit(str(answer["exceptionDetails"]))
                return answer["result"].get("value")
            for _ in range(100):
                if evaluate("document.readyState === 'complete' && !!document.getElementById('total')"): break
                time.sleep(0.1)
            table = "[...document.querySelectorAll('#%s tbody tr')].map(r => [...r.cells].map(c => c.textContent))"
            choose = "(() => { const e = document.getElementById('%s'); e.value = %s; e.dispatchEvent(new Event('input')); })()"
            local = "new Date(Date.now() %s 3600000).toISOString().slice(0, 19)"
            # The tables as they are before the script makes them again, in a document that runs none.
            plain = "[...new DOMParser().parseFromString(%s, 'text/html').querySelectorAll('#%s tbody tr')]" \
                ".map(r => [...r.cells].map(c => c.textContent))"
            text = json.dumps(open(page, encoding="utf-8").read())
            names = ["apps", "redacted", "denied", "hidden", "grants", "events"]
            result = {"total": evaluate("document.getElementById('total').textContent")}
            result["plain"] = [evaluate(plain % (text, name)) for name in names]
            for name in names: result[name] = evaluate(table % name)
            result["bars"] = evaluate("document.querySelectorAll('#time span').length")
            evaluate(choose % ("app", "'org.editor'"))
            result["ofEditor"] = evaluate("document.getElementById('total').textContent")
            result["appsOfEditor"] = evaluate(table % "apps")
            result["shown"] = evaluate("document.getElementById('shown').textContent")
            result["eventsOfEditor"] = evaluate(
                "[...document.querySelectorAll('#events tbody tr')].filter(r => !r.hidden).map(r => r.cells[2].textContent)")
            evaluate(choose % ("by", "'app'"))
            result["legend"] = evaluate("document.getElementById('legend').textContent")
            evaluate(choose % ("since", json.dumps(since)))
            evaluate(choose % ("until", json.dumps(until)))
            result["between"] = evaluate("document.getElementById('total').textContent")
            evaluate(choose % ("until", "''"))
            evaluate(choose % ("since", local % "+"))
            result["later"] = evaluate("document.getElementById('total').textContent")
            evaluate(choose % ("since", local % "-"))
            result["sinceBefore"] = evaluate("document.getElementById('total').textContent")
            evaluate("document.querySelector('.filters').reset()")
            result["again"] = evaluate("new Promise(r => setTimeout(() => r(document.getElementById('total').textContent), 200))")
            result["binned"] = evaluate(
                "[...document.querySelectorAll('#bins tbody tr')].map(r => [...r.cells].slice(1).map(c => +c.textContent))")
            evaluate("document.querySelector('#apps button').click()")
            result["clicked"] = evaluate("document.getElementById('total').textContent")
            evaluate("document.querySelector('#time div').click()")
            result["zoomed"] = evaluate("document.getElementById('since').value.slice(0, 2)")
            evaluate("document.querySelector('.filters').reset()")
            fits = "document.documentElement.scrollWidth <= innerWidth && get('time').scrollWidth <= get('time').clientWidth"
            result["wide"] = evaluate("new Promise(r => setTimeout(() => r(%s), 200))" % fits)
            call("Emulation.setDeviceMetricsOverride", session, width=360, height=800, deviceScaleFactor=1, mobile=True)
            result["narrow"] = evaluate(fits + " && innerWidth === 360")
            # The rules of axe-core, as accessibility is commonly checked: contrast, names of controls, tables, landmarks.
            result["inaccessible"] = []
            evaluate(open(axe, encoding="utf-8").read() + ";0")
            for width in [1200, 360]:
                for scheme in ["light", "dark"]:
                    call("Emulation.setDeviceMetricsOverride", session, width=width, height=800, deviceScaleFactor=1,
                         mobile=width == 360)
                    call("Emulation.setEmulatedMedia", session, features=[{"name": "prefers-color-scheme", "value": scheme}])
                    found = evaluate(
                        "axe.run().then(r => [r.passes.length, r.violations.map(v => v.id + ': ' + v.nodes[0].html)])")
                    assert found[0] > 20, found
                    result["inaccessible"] += [f"{width} {scheme} {v}" for v in found[1]]
            result["printed"] = len(call("Page.printToPDF", session)["data"])
            result["complaints"] = [
                e for e in events if e["method"] in ("Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled")]
            urls = [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]
            # The browser's own icons are data: that asks nobody.
            result["requests"] = [u for u in urls if u != "file://" + page and not u.startswith("data:")]
            print(json.dumps(result))
        finally:
            browser.kill()
            browser.wait()
        """

    private struct Page: Decodable {
        let total, ofEditor, later, sinceBefore, again, legend, shown, clicked, zoomed, between: String
        let apps, redacted, denied, hidden, grants, events, appsOfEditor: [[String]]
        /// The six tables without the script.
        let plain: [[[String]]]
        let eventsOfEditor: [String]
        let binned: [[Int]]
        let bars, printed: Int
        let wide, narrow: Bool
        let requests, inaccessible: [String]
        let complaints: [Complaint]
        struct Complaint: Decodable {}
    }

    private func furnish(_ service: RunningService) throws {
        for folder in ["DCIM", "Android/data/org.camera", "Android/data/org.editor"] {
            try FileManager.default.createDirectory(
                atPath: service.library + "/" + folder, withIntermediateDirectories: true)
        }
        for name in ["photo.jpg", "<b>&\"'.jpg", "家族.jpg"] {
            try Data(SamplePhoto.bytes()).write(to: URL(fileURLWithPath: service.library + "/DCIM/" + name))
        }
        _ = try Program.run(["chmod", "-R", "a+rwX", service.library])
    }

    /// - Returns: two times, to the second, between which some of it happens.
    private func act(_ service: RunningService) throws -> (since: String, until: String) {
        try service.addApps()
        try service.administer("grant org.camera media.manage")
        try service.administer("grant org.editor media.read.images")
        for _ in 0..<7 { _ = try service.shell(RunningService.editor, "cat DCIM/photo.jpg DCIM/*.jpg") }
        let since = pause()
        for _ in 0..<3 {
            _ = try service.shell(RunningService.editor, "echo x > DCIM/photo.jpg; cat Android/data/org.camera")
        }
        for _ in 0..<5 { _ = try service.shell(RunningService.camera, "cat DCIM/photo.jpg") }
        let until = pause()
        for _ in 0..<2 { _ = try service.shell(RunningService.editor, "cat DCIM/photo.jpg") }
        return (since, until)
    }

    /// Waits for the next second to begin and lets it pass.
    ///
    /// - Returns: that second, in which nothing happens.
    private func pause() -> String {
        sleep(1)
        var now = time(nil)
        var parts = tm()
        gmtime_r(&now, &parts)
        sleep(1)
        var text = [CChar](repeating: 0, count: 32)
        strftime(&text, text.count, "%Y-%m-%dT%H:%M:%S", &parts)
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    @Test func aBrowserShowsWhatTheLogSays() throws {
        try withService(prepare: furnish) { service in
            let (since, until) = try act(service)
            let report = service.root + "/report.html"
            try service.administer("audit report --output \(report)")
            let rows = try query(service, "")
            let between = try query(service, "--app org.editor --since \(since)Z --until \(until)Z")
            let axe = try PythonPackage("axe-core-python", in: service.root + "/python")
            let script = try Program.output(
                [axe.python, "-c", "import axe_core_python as a; print(a.__path__[0] + '/axe.min.js', end='')"])
            let driver = service.root + "/driver.py"
            try service.write(driver, Self.driver)
            let outcome = try Program.output(
                ["python3", driver, report, service.root + "/profile", script.output, since, until], seconds: 120)
            try #require(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
            let page = try JSONDecoder().decode(Page.self, from: Data(outcome.output.utf8))
            compare(page, rows)
            #expect(page.between == String(between.reduce(0) { $0 + $1.count }))
            #expect(between.count > 0 && page.between != page.ofEditor)
        }
    }

    private func query(_ service: RunningService, _ filter: String) throws -> [LogRow] {
        try service.administer("audit query --json --limit 100000 \(filter)").split(separator: "\n").map {
            try JSONDecoder().decode(LogRow.self, from: Data($0.utf8))
        }
    }

    private struct LogRow: Decodable {
        let app: String?
        let decision: String
        let count: Int
        let path: String?
        let view: String?
        let operation: String
    }

    private func compare(_ page: Page, _ rows: [LogRow]) {
        // Accesses are what came through a view.
        func sum(_ isWanted: (LogRow) -> Bool) -> String {
            String(rows.filter { $0.view != nil && isWanted($0) }.reduce(0) { $0 + $1.count })
        }
        #expect(page.complaints.isEmpty)
        #expect(page.requests == [])
        #expect(page.inaccessible == [])
        #expect(page.total == sum { _ in true })
        #expect(page.ofEditor == sum { $0.app == "org.editor" })
        #expect(page.appsOfEditor.map(\.first) == ["org.editor"])
        #expect(page.legend == "org.editor")
        #expect(page.shown == "Shown: \(page.ofEditor) accesses by org.editor in all this time.")
        for app in ["org.editor", "org.camera"] {
            let line = page.apps.first { $0.first == app } ?? []
            let sums = ["allow", "redact", "hide", "deny"].map { kind in sum { $0.app == app && $0.decision == kind } }
            #expect(Array(line.dropFirst()) == sums + [sum { $0.app == app }])
        }
        for (table, kind) in [(page.redacted, "redact"), (page.denied, "deny"), (page.hidden, "hide")] {
            #expect(!table.isEmpty)
            for line in table { #expect(line.last == sum { $0.decision == kind && $0.path == line.first }) }
            #expect(table.allSatisfy { $0.dropFirst().first == "org.editor" })
        }
        #expect(page.redacted.contains { $0.first == "DCIM/<b>&\"'.jpg" })
        #expect(page.grants.contains(["org.camera", "media.manage", "all", "revoked"]))
        #expect(page.events.map { $0[1] }.reversed() == rows.filter { $0.view == nil }.map(\.operation))
        #expect(Set(page.eventsOfEditor) == ["org.editor"])
        #expect(
            page.plain == [page.apps, page.redacted, page.denied, page.hidden, page.grants, page.events],
            "the page says the same without its script")
        #expect(page.bars > 0 && page.printed > 10_000)
        #expect([page.later, page.sinceBefore, page.again] == ["0", page.ofEditor, page.total])
        #expect(String(page.binned.joined().reduce(0, +)) == page.total)
        #expect(page.clicked == page.apps.first?.last && page.zoomed == "20")
        #expect(page.wide && page.narrow)
    }
}
