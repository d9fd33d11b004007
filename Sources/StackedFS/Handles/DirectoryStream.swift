import CLinux
import LinuxSystem
import Synchronization
import SystemPackage

/// One open directory: its entries in the order in which the backing filesystem gave them.
///
/// An entry's offset is its place among the entries that this caller sees, so offsets are dense and tell nothing of
/// what is hidden, and telldir/seekdir work. rewinddir reads the directory anew.
final class DirectoryStream: Sendable {
    struct Item: Sendable {
        let name: [UInt8]
        let inode: UInt64
        let kind: FileKind
    }

    struct State {
        var items: [Item] = []
        var atEnd = false
        /// Entries were read since the last rewind, so an offset of 0 means to start again.
        var started = false
    }

    let node: Node
    let descriptor: OwnedDescriptor
    let state = Mutex(State())

    init(node: Node, descriptor: OwnedDescriptor) {
        self.node = node
        self.descriptor = descriptor
    }

    /// Reads a batch of raw entries from the backing directory, without "." and "..". An empty batch is the end.
    func nextBatch() throws(Errno) -> [Item]? {
        var items: [Item] = []
        let capacity = 32 << 10
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 8)
        defer { buffer.deallocate() }
        guard let base = buffer.baseAddress else { throw .noMemory }
        let length = try retryingLength { mv_getdents(descriptor.raw, base, capacity) }
        if length == 0 { return nil }
        var position = 0
        // struct linux_dirent64 (getdents64(2)): d_ino 8, d_off 8, d_reclen 2, d_type 1, d_name.
        while position + 19 <= length {
            let record = Int(buffer.loadUnaligned(fromByteOffset: position + 16, as: UInt16.self))
            guard record >= 20, position + record <= length else { break }
            let name = UnsafeRawBufferPointer(rebasing: buffer[(position + 19)..<(position + record)])
            let bytes = Array(name.prefix { $0 != 0 })
            if bytes != [0x2e] && bytes != [0x2e, 0x2e] {
                let type = buffer[position + 18]
                items.append(
                    Item(
                        name: bytes, inode: buffer.loadUnaligned(fromByteOffset: position, as: UInt64.self),
                        kind: FileKind(mode: UInt32(type) << 12)))
            }
            position += record
        }
        return items
    }

    func rewind() throws(Errno) {
        guard lseek(descriptor.raw, 0, SEEK_SET) >= 0 else { throw Errno(rawValue: mv_errno()) }
    }
}
