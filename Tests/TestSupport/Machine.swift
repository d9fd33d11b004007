import Glibc

/// What a test needs of the machine it runs on.
public enum Machine {
    /// Whether filesystems can be mounted and users be changed here. With CI=true this is always said, so that the
    /// lack of it makes tests fail where nobody reads what was skipped.
    public static let canMount = isContinuousIntegration || (getuid() == 0 && access("/dev/fuse", R_OK | W_OK) == 0)

    public static let need = "needs root and /dev/fuse"

    /// Long suites run only when they are asked for.
    public static let runsExtra = getenv("MEDIAVEIL_TEST_EXTRA") != nil

    public static let isContinuousIntegration = getenv("CI").map { String(cString: $0) } == "true"

    /// The programs that were built with the tests.
    public static func program(_ name: String) -> String {
        // The test bundle lies beside them.
        let bundle = (try? String(linkTarget: "/proc/self/exe")) ?? ""
        let folders =
            CommandLine.arguments.map { folder(of: $0) } + [folder(of: bundle), packageRoot + "/.build/debug"]
        return folders.map { $0 + "/" + name }.first { access($0, X_OK) == 0 } ?? name
    }

    /// The directory of Package.swift.
    public static let packageRoot: String = {
        folder(of: folder(of: folder(of: #filePath)))
    }()

    private static func folder(of path: String) -> String {
        path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    }
}

extension String {
    init(linkTarget path: String) throws {
        var buffer = [CChar](repeating: 0, count: 4_096)
        let count = readlink(path, &buffer, buffer.count)
        self = count > 0 ? String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self) : ""
    }
}

/// Waits until `condition` holds, at most `seconds`.
///
/// - Returns: whether it does.
public func waitUntil(within seconds: Int = 20, _ condition: () -> Bool) -> Bool {
    for _ in 0..<(seconds * 100) {
        if condition() { return true }
        usleep(10_000)
    }
    return condition()
}
