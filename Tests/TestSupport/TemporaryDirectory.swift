import Glibc
import SystemPackage

/// Runs `body` with a new directory that is gone afterwards, whatever happened.
///
/// Whatever is still mounted below it is detached first, as the last resort of a test that failed.
public func withTemporaryDirectory<R>(_ body: (String) throws -> R) throws -> R {
    var template = Array("/tmp/mediaveil-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Errno(rawValue: errno) }
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { _ = try? Program.run(["sh", "-c", cleanup, "sh", path]) }
    chmod(path, 0o755)
    return try body(path)
}

/// Detaches mounts below $1, the deepest first, and removes it.
private let cleanup = """
    grep " $1/" /proc/self/mounts | cut -d' ' -f2 | sort -r | while read -r m; do umount -l "$m"; done
    rm -rf --one-file-system "$1"
    """
