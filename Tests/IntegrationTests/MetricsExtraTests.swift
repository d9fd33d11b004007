import Foundation
import TestSupport
import Testing

/// The metrics' socket as collectors use it: asked by curl, read by the parser of Prometheus's own client library.
@Suite(
    .timeLimit(.minutes(10)),
    .enabled(if: Machine.runsExtra && Machine.canMount, "needs MEDIAVEIL_TEST_EXTRA=1, root, curl and Python"))
struct MetricsExtraTests {
    /// Prints every sample as name and labels, and fails on what is no OpenMetrics 1.0.
    private static let parser = """
        import json, sys
        from prometheus_client.openmetrics.parser import text_string_to_metric_families
        samples = {}
        for family in text_string_to_metric_families(open(sys.argv[1], encoding="utf-8").read()):
            assert family.documentation, family.name
            for sample in family.samples:
                key = sample.name + json.dumps(sample.labels, sort_keys=True)
                assert key not in samples, key
                samples[key] = sample.value
        print(json.dumps(samples))
        """

    private func withMetrics(_ body: (RunningService, _ socket: String) throws -> Void) throws {
        try withTemporaryDirectory { root in
            let socket = root + "/run/metrics.sock"
            let service = try RunningService(root, configuration: "metrics_socket = \"\(socket)\"")
            try service.start()
            defer { _ = try? service.stop() }
            try service.addApps()
            try service.administer("view add kiosk --app org.camera")
            try body(service, socket)
        }
    }

    private func curl(_ socket: String, _ arguments: [String], uid: UInt32? = nil) throws -> Program.Outcome {
        try Program.output(
            ["curl", "-sS", "--max-time", "20", "--unix-socket", socket] + arguments, uid: uid)
    }

    private func samples(_ python: String, _ root: String, _ text: String) throws -> [String: Double] {
        try Data(text.utf8).write(to: URL(fileURLWithPath: root + "/metrics.txt"))
        let outcome = try Program.output([python, "-c", Self.parser, root + "/metrics.txt"])
        try #require(outcome.status == 0, "\(outcome)")
        return try JSONDecoder().decode([String: Double].self, from: Data(outcome.output.utf8))
    }

    @Test func collectorsUnderstandIt() throws {
        try withMetrics { service, socket throws in
            let python = try PythonPackage("prometheus_client", in: service.root + "/python").python
            let url = "http://mediaveil/metrics"
            let served = try curl(socket, ["-i", url])
            try #require(served.status == 0, "\(served)")
            #expect(served.output.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(
                served.output.contains("Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n"))
            let plain = try curl(socket, [url])
            let scraped = try samples(python, service.root, plain.output)
            let printed = try samples(
                python, service.root, try service.administer("status --openmetrics"))
            #expect(Set(scraped.keys) == Set(printed.keys))
            #expect(scraped["mediaveil_apps{}"] == 2 && printed["mediaveil_apps{}"] == 2)
            #expect(scraped.keys.contains { $0.hasPrefix("mediaveil_view_nodes") && $0.contains("kiosk") })
        }
    }

    @Test func everythingElseIsRefused() throws {
        try withMetrics { _, socket throws in
            func status(_ arguments: [String], uid: UInt32? = nil) throws -> String {
                try curl(socket, ["-o", "/dev/null", "-w", "%{http_code}"] + arguments, uid: uid).output
            }
            #expect(try status(["http://mediaveil/metrics"]) == "200")
            #expect(try status(["--http1.0", "http://mediaveil/metrics"]) == "200")
            #expect(try status(["-I", "http://mediaveil/metrics"]) == "200")
            #expect(try status(["http://mediaveil/"]) == "404")
            #expect(try status(["--path-as-is", "http://mediaveil/metrics/../etc/passwd"]) == "404")
            #expect(try status(["-X", "PUT", "http://mediaveil/metrics"]) == "405")
            #expect(try status(["http://mediaveil/metrics"], uid: RunningService.stranger) == "403")
        }
    }
}
