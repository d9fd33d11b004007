import CLinux
import Glibc
import LinuxSystem
import Redaction
import Synchronization
import SystemPackage

@testable import StackedFS

/// A medium of these tests: bytes in which every `SECRET..` (8 bytes) is a location.
///
/// The planner really reads the file and finds the secrets wherever they are, so a plan of one version is wrong for
/// another.
enum Secrets {
    static let marker = Array("SECRET".utf8)
    static let length = 8

    /// `size` bytes of `filler` with a secret at each of `offsets`.
    static func file(size: Int, filler: UInt8 = UInt8(ascii: "."), at offsets: [Int]) -> [UInt8] {
        var bytes = [UInt8](repeating: filler, count: size)
        for offset in offsets { bytes.replaceSubrange(offset..<offset + length, with: marker + [0x31, 0x32]) }
        return bytes
    }

    /// What a redacted reader must get for `bytes`.
    static func redacted(_ bytes: [UInt8]) -> [UInt8] {
        var result = bytes
        for offset in offsets(in: bytes) {
            for index in offset..<min(offset + length, bytes.count) { result[index] = UInt8(ascii: "x") }
        }
        return result
    }

    static func offsets(in bytes: [UInt8]) -> [Int] {
        var found: [Int] = []
        var index = 0
        while index + marker.count <= bytes.count {
            if bytes[index] == marker[0], bytes[index..<index + marker.count].elementsEqual(marker) {
                found.append(index)
                index += length
            } else {
                index += 1
            }
        }
        return found
    }

    static let planner: RedactedContent.Planner = { source in
        var bytes = [UInt8](repeating: 0, count: Int(source.size))
        let count = try bytes.withUnsafeMutableBytes { try source.read(at: 0, into: $0) }
        let patches = offsets(in: Array(bytes[..<count])).map { offset in
            Patch(
                range: UInt64(offset)..<UInt64(offset + length), replacement: .fill(UInt8(ascii: "x")), kind: "secret")
        }
        return RedactionPlan(size: source.size, container: "test", patches: patches, reasons: [])
    }
}

/// A temporary directory that goes with the object.
final class Folder: Sendable {
    let path: String

    init(in parent: String = "/tmp") throws {
        var template = Array((parent + "/mediaveil-test-XXXXXX").utf8CString)
        guard let made = mkdtemp(&template) else { throw Errno(rawValue: errno) }
        path = String(cString: made)
    }

    deinit {
        for name in (try? Folder.names(path)) ?? [] { unlink(path + "/" + name) }
        rmdir(path)
    }

    static func names(_ path: String) throws -> [String] {
        guard let directory = opendir(path) else { throw Errno(rawValue: errno) }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Writes a file that looks as if it had been written long ago, so that its version counts as settled.
    @discardableResult
    func write(_ name: String, _ bytes: [UInt8], settled: Bool = true) throws -> String {
        let file = path + "/" + name
        try StackedFSTests.write(bytes, to: file, flags: O_WRONLY | O_CREAT | O_TRUNC)
        if settled { settle(file) }
        return file
    }

    /// Descriptors of this process in the folder.
    var openDescriptors: Int {
        (0..<4_096).reduce(0) { count, number in
            var buffer = [CChar](repeating: 0, count: 4_096)
            let length = readlink("/proc/self/fd/\(number)", &buffer, buffer.count - 1)
            let target = String(decoding: buffer[..<max(0, length)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
            return target.hasPrefix(path + "/") ? count + 1 : count
        }
    }

    func directory() throws -> OwnedDescriptor {
        OwnedDescriptor(try retrying { open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) })
    }
}

/// Waits until the time of the file's last change is older than the kernel's clock is coarse.
func settle(_ path: String) { usleep(45_000) }

func write(_ bytes: [UInt8], to path: String, flags: Int32, at offset: off_t = 0) throws {
    let descriptor = OwnedDescriptor(try retrying { open(path, flags | O_CLOEXEC, 0o644) })
    var done = 0
    while done < bytes.count {
        done += try bytes.withUnsafeBytes { buffer in
            try retryingLength {
                pwrite(descriptor.raw, buffer.baseAddress.map { $0 + done }, bytes.count - done, offset + off_t(done))
            }
        }
    }
}

func readable(_ path: String) throws(Errno) -> OwnedDescriptor {
    OwnedDescriptor(try retrying { open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC) })
}

extension RedactedContent {
    func open(_ path: String, in folder: Folder, onStale: @escaping @Sendable () -> Void = {}) throws -> RedactedFile {
        try open(readable(path), directory: folder.directory(), onStale: onStale)
    }
}

extension RedactedFile {
    /// All bytes, or those of `range`.
    func bytes(_ range: Range<Int>? = nil) throws -> [UInt8] {
        let range = range ?? 0..<Int(size)
        var buffer = [UInt8](repeating: 0xEE, count: range.count)
        let count = try buffer.withUnsafeMutableBytes { buffer in
            try read(into: buffer, at: UInt64(range.lowerBound))
        }
        return Array(buffer[..<count])
    }
}

/// Waits for `condition`, for at most `seconds`.
func eventually(seconds: Double = 10, _ condition: () -> Bool) -> Bool {
    for _ in 0..<Int(seconds * 500) {
        if condition() { return true }
        usleep(2_000)
    }
    return condition()
}

/// Runs `body` on `count` threads at once and waits for all.
func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    let threads = (0..<count).map { index in SystemThread(name: "test") { body(index) } }
    for thread in threads { thread.join() }
}

/// Counts calls and failures from any thread.
final class Tally: Sendable {
    private let counter = Atomic<Int>(0)
    func add() { counter.add(1, ordering: .relaxed) }
    var value: Int { counter.load(ordering: .relaxed) }
}
