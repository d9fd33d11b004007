import CLinux
import Glibc
import SystemPackage

/// Files that are read as a whole, such as those of /proc and configuration files.
public enum WholeFile {
    /// - Throws: EFBIG for a file of more than `limit` bytes.
    public static func bytes(_ path: FilePath, limit: Int = 64 << 20) throws(Errno) -> [UInt8] {
        let raw = path.bytes + [0]
        let file = OwnedDescriptor(
            try retrying {
                raw.withUnsafeBytes { bytes in
                    bytes.withMemoryRebound(to: CChar.self) { characters in
                        characters.baseAddress.map { mv_openat(mv_AT_FDCWD, $0, O_RDONLY | O_CLOEXEC, 0) } ?? -1
                    }
                }
            })
        var all: [UInt8] = []
        while true {
            let some = try scratchBytes(capacity: 65_536) { buffer throws(Errno) in
                try retryingLength { read(file.raw, buffer.baseAddress, buffer.count) }
            }
            if some.isEmpty { return all }
            all += some
            guard all.count <= limit else { throw .fileTooLarge }
        }
    }

    /// - Throws: EFBIG for a file of more than `limit` bytes.
    public static func text(_ path: FilePath, limit: Int = 1 << 20) throws(Errno) -> String {
        String(decoding: try bytes(path, limit: limit), as: UTF8.self)
    }
}
