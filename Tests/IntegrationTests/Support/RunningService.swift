import CLinux
import Foundation
import Glibc
import SystemPackage
import TestSupport

/// The built service, started on a library of its own and stopped when the test ends, however that is.
final class RunningService {
    /// Two registered apps, and a uid that belongs to none.
    static let camera: UInt32 = 61_101
    static let editor: UInt32 = 61_102
    static let stranger: UInt32 = 61_103

    let root: String
    /// The backing directory; its parent keeps everybody else out.
    let library: String
    let view: String
    private(set) var child: pid_t = 0
    private let log: Int32

    init(_ root: String, configuration: String = "") throws {
        self.root = root
        library = root + "/lower/library"
        view = root + "/view"
        log = memfd_create("log", 0)
        _ = try Program.run(["mkdir", "-p", library, view, root + "/run", root + "/state"])
        chmod(root + "/lower", 0o700)
        chmod(library, 0o777)
        try write(
            root + "/mediaveil.toml",
            """
            [library]
            path = "\(library)"
            [shared_view]
            mount = "\(view)"
            [service]
            state_directory = "\(root)/state"
            runtime_directory = "\(root)/run"
            socket = "\(socket)"
            \(configuration)
            """)
    }

    var socket: String { root + "/run/control.sock" }

    func write(_ path: String, _ text: String) throws { try Data(text.utf8).write(to: URL(fileURLWithPath: path)) }

    /// Starts the service and waits until it answers.
    ///
    /// - Parameter limits: words before the command, such as `prlimit` and its options.
    func start(limits: [String] = []) throws {
        child = try Program.start(
            limits + [Machine.program("mediaveild"), "--config", root + "/mediaveil.toml"], output: log, errors: log)
        let ready = waitUntil(within: 60) { (try? control(["status"]))?.status == 0 }
        guard ready else { throw Failure(description: "the service does not answer: \(logText)") }
    }

    /// Starts the service where it is expected to refuse.
    func startExpectingFailure() throws -> Program.Outcome {
        try Program.output([Machine.program("mediaveild"), "--config", root + "/mediaveil.toml"])
    }

    /// Asks it to stop and waits for its end.
    ///
    /// - Returns: its exit status.
    @discardableResult
    func stop() throws -> Int32 {
        guard child > 0 else { return 0 }
        kill(child, SIGTERM)
        defer { child = 0 }
        return try Program.wait(for: child, seconds: 30)
    }

    /// Ends it as a power failure would, or as a kill that leaves the dead mounts behind.
    func crash(leavingMounts: Bool = false) throws {
        kill(child, SIGKILL)
        _ = try Program.wait(for: child, seconds: 10)
        child = 0
        if !leavingMounts { umount2(view, Int32(MNT_DETACH)) }
    }

    deinit {
        if child > 0 {
            kill(child, SIGKILL)
            waitpid(child, nil, 0)
        }
        close(log)
    }

    struct Failure: Error, CustomStringConvertible { let description: String }

    var logText: String { (try? String(contentsOfFile: "/proc/self/fd/\(log)", encoding: .utf8)) ?? "" }

    // MARK: administration

    @discardableResult
    func control(_ arguments: [String], uid: UInt32? = nil) throws -> Program.Outcome {
        try Program.output([Machine.program("mediaveilctl"), "--socket", socket] + arguments, uid: uid)
    }

    /// As ``control(_:uid:)``, and must succeed.
    @discardableResult
    func administer(_ words: String) throws -> String {
        let outcome = try control(words.split(separator: " ").map(String.init))
        guard outcome.status == 0 else {
            throw Failure(description: "mediaveilctl \(words): \(outcome.status) \(outcome.output)\(outcome.errors)")
        }
        return outcome.output
    }

    /// Registers the camera and the editor, without any grant.
    func addApps() throws {
        try administer("app add org.camera --uid \(RunningService.camera)")
        try administer("app add org.editor --uid \(RunningService.editor)")
    }

    // MARK: acting as a user

    /// Runs a shell script in the view as a uid.
    func shell(_ uid: UInt32, _ script: String) throws -> Program.Outcome {
        try Program.output(["sh", "-c", "cd '\(view)' && " + script], uid: uid)
    }

    /// The file's bytes as a uid reads them through the view; nil if it may not.
    func bytes(_ uid: UInt32, _ path: String) throws -> [UInt8]? {
        let outcome = try shell(uid, "od -An -v -tx1 '\(path)'")
        guard outcome.status == 0 else { return nil }
        return outcome.output.split(whereSeparator: \.isWhitespace).compactMap { UInt8($0, radix: 16) }
    }
}

/// Runs a test against a running service.
func withService(
    configuration: String = "", prepare: (RunningService) throws -> Void = { _ in },
    _ body: (RunningService) throws -> Void
) throws {
    try withTemporaryDirectory { root in
        let service = try RunningService(root, configuration: configuration)
        try prepare(service)
        try service.start()
        defer { _ = try? service.stop() }
        try body(service)
    }
}
