import Glibc
import TestSupport
import Testing

/// Mounts the pure stack over a directory, beside a twin directory that is not mounted.
func withPureStack(
    _ options: [String] = [], _ body: (_ view: String, _ backing: String, _ twin: String) throws -> Void
) throws {
    try withTemporaryDirectory { root in
        let (view, backing, twin) = (root + "/view", root + "/backing", root + "/twin")
        for folder in [view, backing, twin] { mkdir(folder, 0o777) }
        try withMount(of: backing, at: view, options) { try body(view, backing, twin) }
    }
}

/// Mounts the pure stack over a directory that is there.
func withPureStack(over backing: String, _ body: (_ view: String) throws -> Void) throws {
    try withTemporaryDirectory { root in
        mkdir(root + "/view", 0o777)
        try withMount(of: backing, at: root + "/view", []) { try body(root + "/view") }
    }
}

private func withMount(of backing: String, at view: String, _ options: [String], _ body: () throws -> Void) throws {
    let child = try Program.start([Machine.program("mediaveild"), "passthrough", backing, view] + options)
    defer {
        kill(child, SIGTERM)
        #expect((try? Program.wait(for: child, seconds: 20)) == 0)
    }
    let mounted = waitUntil(within: 30) {
        var (here, above) = (stat(), stat())
        return stat(view, &here) == 0 && stat(view + "/..", &above) == 0 && here.st_dev != above.st_dev
    }
    try #require(mounted)
    try body()
}

enum PureStack {
    /// Runs a script in both places; what it prints must be the same.
    static func compare(_ script: String, _ view: String, _ twin: String, uid: UInt32? = nil) throws {
        let outcomes = try [view, twin].map { place in
            try Program.output(["sh", "-c", "cd '\(place)'; { " + script + "; } 2>&1"], uid: uid, seconds: 120)
        }
        #expect(outcomes[0].output == outcomes[1].output)
        #expect(outcomes[0].status == outcomes[1].status)
    }
}
