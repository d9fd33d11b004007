import CLinux
import Glibc
import LinuxSystem

/// A walk down a path of the library, one component at a time.
///
/// A symbolic link is itself, and nothing is below it: followed, it would show what is elsewhere.
struct LibraryWalk: ~Copyable {
    private var here: OwnedDescriptor?
    /// What is where the walk is; nil if there is nothing.
    private(set) var attributes: FileAttributes?

    /// Begins at the library itself.
    init(library: String) {
        attributes = nil
        enter(Array(library.utf8), from: mv_AT_FDCWD, flags: 0)
    }

    /// Goes to `name` below; where there is nothing, nothing is below it.
    mutating func step(to name: [UInt8]) {
        guard let from = here?.raw else { return }
        enter(name, from: from, flags: O_NOFOLLOW)
    }

    private mutating func enter(_ name: [UInt8], from directory: Int32, flags: Int32) {
        let opened = (name + [0]).withUnsafeBytes { bytes in
            bytes.withMemoryRebound(to: CChar.self) { name in
                name.baseAddress.flatMap { name in
                    try? retrying { mv_openat(directory, name, mv_O_PATH | O_CLOEXEC | flags, 0) }
                }
            }
        }
        here = opened.map { OwnedDescriptor($0) }
        attributes = here.flatMap { try? FileAttributes.of($0.raw) }
    }
}
