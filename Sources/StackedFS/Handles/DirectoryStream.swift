import CLinux
import LinuxSystem
import Synchronization
import SystemPackage

/// One open directory: its entries in the order in which the backing filesystem gave them.
///
/// An entry's offset is its place among the entries that this caller sees, so offsets are dense and tell nothing of
/// what is hidden, and telldir/seekdir work. rewinddir reads the directory anew.
final class DirectoryStream: Sendable {
    struct State {
        var entries = EntryList()
        var atEnd = false
        /// Entries were read since the last rewind, so an offset of 0 means to start again.
        var started = false
        /// The offsets of the last listing: where it began, and the first that was not handed over any more.
        var handed = 0..<0
    }

    let node: Node
    let descriptor: OwnedDescriptor
    let state = Mutex(State())

    init(node: Node, descriptor: OwnedDescriptor) {
        self.node = node
        self.descriptor = descriptor
    }

    /// Reads a batch of raw entries from the backing directory, without "." and "..", and hands each to `body`.
    ///
    /// - Returns: false at the directory's end.
    @inline(__always)
    func readBatch(
        _ body: (_ name: UnsafeRawBufferPointer, _ inode: UInt64, _ kind: FileKind) -> Void
    ) throws(Errno) -> Bool {
        // As much as the kernel asks for at once makes of it.
        let capacity = 32 << 10
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 8)
        defer { buffer.deallocate() }
        guard let base = buffer.baseAddress else { throw .noMemory }
        let length = try retryingLength { mv_getdents(descriptor.raw, base, capacity) }
        var position = 0
        // struct linux_dirent64 (getdents64(2)): d_ino 8, d_off 8, d_reclen 2, d_type 1, d_name.
        while position + 19 <= length {
            let record = Int(buffer.loadUnaligned(fromByteOffset: position + 16, as: UInt16.self))
            guard record >= 20, position + record <= length else { break }
            let field = UnsafeRawBufferPointer(rebasing: buffer[(position + 19)..<(position + record)])
            let length = field.baseAddress.map { strnlen($0.assumingMemoryBound(to: CChar.self), field.count) } ?? 0
            let name = UnsafeRawBufferPointer(rebasing: field[..<length])
            if !DirectoryStream.isDot(name) {
                body(
                    name, buffer.loadUnaligned(fromByteOffset: position, as: UInt64.self),
                    kind(name, type: buffer[position + 18]))
            }
            position += record
        }
        return length > 0
    }

    @inline(__always)
    private func kind(_ name: UnsafeRawBufferPointer, type: UInt8) -> FileKind {
        type == UInt8(DT_UNKNOWN) ? askedKind(name) : FileKind(mode: UInt32(type) << 12)
    }

    /// Some filesystems' directories do not tell what their entries are.
    private func askedKind(_ name: UnsafeRawBufferPointer) -> FileKind {
        let attributes = try? withName(Array(name)) { name throws(Errno) in
            try FileAttributes.of(descriptor.raw, name: name)
        }
        return attributes?.kind ?? .regular
    }

    private static func isDot(_ name: UnsafeRawBufferPointer) -> Bool {
        guard name.count <= 2, name.first == 0x2e else { return false }
        return name.count == 1 || name[1] == 0x2e
    }

    func rewind() throws(Errno) {
        guard lseek(descriptor.raw, 0, SEEK_SET) >= 0 else { throw Errno(rawValue: mv_errno()) }
    }
}
