import CLinux
import Glibc
import SystemPackage

/// A filesystem of another kind than the machine's own, in an image file on a loop device.
public enum LoopFilesystem: String, Sendable, CaseIterable {
    case xfs, btrfs, ext4

    /// Whether such filesystems can be made here. Under CI they must be: the tests then run and fail.
    public static let isAvailable: Bool =
        getenv("CI").map { String(cString: $0) } == "true"
        || geteuid() == 0 && access("/dev/loop-control", R_OK | W_OK) == 0

    /// What a test that is skipped for the lack of it says.
    public static let need = "needs root and loop devices"

    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    /// Calls `body` with the path of a fresh mounted filesystem, and takes everything down again, whatever happens.
    ///
    /// - Throws: what `body` throws; ``Failure`` when it cannot be made or not be unmounted, which also says that a
    ///   descriptor in it was left open.
    public func with<R>(megabytes: Int = 320, options: [String] = [], _ body: (String) throws -> R) throws -> R {
        var template = Array("/tmp/mediaveil-loop-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw Errno(rawValue: errno) }
        let folder = String(cString: made)
        chmod(folder, 0o755)
        let image = folder + "/image"
        let mount = folder + "/mount"
        defer {
            unlink(image)
            rmdir(mount)
            rmdir(folder)
        }
        try Self.must(["truncate", "-s", "\(megabytes)M", image])
        try Self.must(["mkfs.\(rawValue)", "-q"] + options + [image])
        guard mkdir(mount, 0o755) == 0 else { throw Errno(rawValue: errno) }
        // `mount` makes a loop device that goes with the mount.
        try Self.must(["mount", "-o", "loop", image, mount])
        let outcome = Result { try body(mount) }
        let isUnmounted = Self.unmount(mount)
        let value = try outcome.get()
        guard isUnmounted else { throw Failure(description: "\(mount) is still in use after the test") }
        return value
    }

    private static func unmount(_ mount: String) -> Bool {
        // A process that another test started at the same time may have inherited a descriptor for a while.
        for _ in 0..<1_500 {
            if umount2(mount, 0) == 0 { return true }
            usleep(20_000)
        }
        umount2(mount, Int32(2))  // MNT_DETACH
        return false
    }

    private static func must(_ arguments: [String]) throws {
        let status = try Program.run(arguments)
        if status != 0 {
            throw Failure(description: "\(arguments.joined(separator: " ")) ended with status \(status)")
        }
    }
}
