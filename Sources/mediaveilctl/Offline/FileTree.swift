import CLinux
import LinuxSystem
import SystemPackage

/// The regular files of a directory tree.
enum FileTree {
    struct Listing {
        var files: [LocalPath] = []
        var failures: [Failure] = []
    }

    /// All of them, by name; what cannot be listed is a failure of its own.
    ///
    /// - Throws: if `start` itself cannot be looked at.
    static func files(below start: LocalPath) throws(Failure) -> Listing {
        var listing = Listing()
        let attributes: FileAttributes
        do throws(Errno) {
            attributes = try start.attributes(followingLinks: true)
        } catch {
            throw Failure("read", start.shown, error)
        }
        if attributes.kind == .regular {
            listing.files = [start]
            return listing
        }
        guard attributes.kind == .directory else {
            throw Failure(.usage, "\(start.shown) is neither a file nor a directory")
        }
        var waiting = [start]
        while let directory = waiting.popLast() {
            do throws(Errno) {
                var below: [LocalPath] = []
                for (name, kind) in try entries(directory) {
                    let path = directory.appending(name)
                    if kind == .regular { listing.files.append(path) }
                    if kind == .directory { below.append(path) }
                }
                waiting += below.reversed()
            } catch {
                let failure = Failure("read", directory.shown, error)
                if directory == start { throw failure }
                listing.failures.append(failure)
            }
        }
        return listing
    }

    /// What a directory has, by name.
    private static func entries(_ directory: LocalPath) throws(Errno) -> [(name: [UInt8], kind: FileKind)] {
        guard let stream = directory.withCString({ opendir($0) }) else { throw Errno(rawValue: mv_errno()) }
        defer { closedir(stream) }
        var result: [(name: [UInt8], kind: FileKind)] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if name == [UInt8(ascii: ".")] || name == [UInt8(ascii: "."), UInt8(ascii: ".")] { continue }
            let kind: FileKind? =
                switch Int(entry.pointee.d_type) {
                case Int(DT_REG): .regular
                case Int(DT_DIR): .directory
                // A filesystem that keeps no types in its directories has to be asked.
                case Int(DT_UNKNOWN): try? directory.appending(name).attributes(followingLinks: false).kind
                default: nil
                }
            if let kind { result.append((name, kind)) }
        }
        return result.sorted { $0.name.lexicographicallyPrecedes($1.name) }
    }
}

extension LocalPath {
    func appending(_ name: [UInt8]) -> LocalPath {
        let slash: [UInt8] = bytes.last == UInt8(ascii: "/") ? [] : [UInt8(ascii: "/")]
        return LocalPath(bytes: bytes + slash + name)
    }

    func attributes(followingLinks: Bool) throws(Errno) -> FileAttributes {
        let flags = mv_O_PATH | O_CLOEXEC | (followingLinks ? 0 : O_NOFOLLOW)
        let descriptor = OwnedDescriptor(try retrying { withCString { mv_openat(mv_AT_FDCWD, $0, flags, 0) } })
        return try FileAttributes.of(descriptor.raw)
    }
}
