import CLinux
import SystemPackage

/// A filesystem's own persistent name for an inode (name_to_handle_at(2)), generation included.
///
/// Up to 20 bytes are kept inline, which is what ext4, XFS and Btrfs need at most: there is one for each file that the kernel
/// knows. A filesystem with longer handles or none is served by keeping a descriptor.
public struct FileHandle: Sendable, Hashable {
    private static let capacity = 20

    let words: (UInt64, UInt64, UInt32)
    let type: UInt16
    let length: UInt8

    public static func == (a: FileHandle, b: FileHandle) -> Bool {
        a.type == b.type && a.length == b.length && a.words == b.words
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
    }

    /// The handle of the file behind `descriptor`; nil where the filesystem has none that fits.
    public static func of(_ descriptor: Int32) -> FileHandle? {
        var raw = mv_file_handle()
        var mount: Int32 = 0
        guard mv_name_to_handle(descriptor, "", &raw, &mount, mv_AT_EMPTY_PATH) == 0, raw.bytes <= capacity,
            let type = UInt16(exactly: raw.type), let length = UInt8(exactly: raw.bytes)
        else { return nil }
        var words: (UInt64, UInt64, UInt32) = (0, 0, 0)
        withUnsafeBytes(of: &raw.data) { source in
            withUnsafeMutableBytes(of: &words) { target in
                target.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[0..<Int(length)]))
            }
        }
        return FileHandle(words: words, type: type, length: length)
    }

    /// Opens the file again; `mount` is any descriptor (not O_PATH) on its filesystem.
    ///
    /// - Throws: ESTALE when the file is gone.
    public func open(mount: Int32, flags: Int32) throws(Errno) -> OwnedDescriptor {
        var raw = mv_file_handle()
        raw.bytes = UInt32(length)
        raw.type = Int32(type)
        withUnsafeMutableBytes(of: &raw.data) { target in
            withUnsafeBytes(of: words) { source in
                target.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[0..<Int(length)]))
            }
        }
        return OwnedDescriptor(try retrying { mv_open_by_handle(mount, &raw, flags | O_CLOEXEC) })
    }
}
