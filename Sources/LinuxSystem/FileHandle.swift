import CLinux
import SystemPackage

/// A filesystem's own persistent name for an inode (name_to_handle_at(2)), generation included.
///
/// Up to 32 bytes are kept inline; ext4, XFS and Btrfs need 8 to 20. A filesystem with longer handles or none is
/// served by keeping a descriptor.
public struct FileHandle: Sendable, Hashable {
    let type: Int32
    let length: UInt32
    let words: (UInt64, UInt64, UInt64, UInt64)

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
        guard mv_name_to_handle(descriptor, "", &raw, &mount, mv_AT_EMPTY_PATH) == 0, raw.bytes <= 32 else {
            return nil
        }
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        withUnsafeBytes(of: &raw.data) { source in
            withUnsafeMutableBytes(of: &words) { target in
                target.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[0..<Int(raw.bytes)]))
            }
        }
        return FileHandle(type: raw.type, length: raw.bytes, words: words)
    }

    /// Opens the file again; `mount` is any descriptor (not O_PATH) on its filesystem.
    ///
    /// - Throws: ESTALE when the file is gone.
    public func open(mount: Int32, flags: Int32) throws(Errno) -> OwnedDescriptor {
        var raw = mv_file_handle()
        raw.bytes = length
        raw.type = type
        withUnsafeMutableBytes(of: &raw.data) { target in
            withUnsafeBytes(of: words) { source in
                target.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[0..<Int(length)]))
            }
        }
        return OwnedDescriptor(try retrying { mv_open_by_handle(mount, &raw, flags | O_CLOEXEC) })
    }
}
