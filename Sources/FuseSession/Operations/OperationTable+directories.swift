import CFuse
import CLinux
import LinuxSystem
import StackedFS
import SystemPackage

extension OperationTable {
    static func fillDirectories(_ table: inout fuse_lowlevel_ops) {
        table.opendir = { raw, id, _ in
            serve(raw) { r throws(Errno) in r.reply(try r.stack.openDirectory(try r.node(id), r.context)) }
        }
        table.readdir = { raw, _, size, offset, info in
            serve(raw) { r throws(Errno) in try r.list(info, size: size, offset: offset, withAttributes: false) }
        }
        table.readdirplus = { raw, _, size, offset, info in
            serve(raw) { r throws(Errno) in try r.list(info, size: size, offset: offset, withAttributes: true) }
        }
        table.releasedir = { raw, _, info in
            serve(raw) { r throws(Errno) in
                guard let info else { throw .invalidArgument }
                r.stack.releaseDirectory(info.pointee.fh)
                r.succeed()
            }
        }
        table.fsyncdir = { raw, _, dataOnly, info in
            serve(raw) { r throws(Errno) in
                guard let info else { throw .invalidArgument }
                try r.stack.synchronizeDirectory(info.pointee.fh, dataOnly: dataOnly != 0, r.context)
                r.succeed()
            }
        }
    }
}

extension Request {
    func list(
        _ info: UnsafeMutablePointer<fuse_file_info>?, size: Int, offset: off_t, withAttributes: Bool
    ) throws(Errno) {
        guard let info, let start = UInt64(exactly: offset) else { throw .invalidArgument }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 8)
        defer { buffer.deallocate() }
        guard let base = buffer.baseAddress?.assumingMemoryBound(to: CChar.self) else { throw .noMemory }
        var used = 0
        let (handle, context) = (info.pointee.fh, context)
        try stack.list(handle, from: start, withAttributes: withAttributes, context) { item, found in
            let room = size - used
            let needed =
                withAttributes ? add(item, found, at: base + used, room: room) : add(item, at: base + used, room: room)
            guard needed <= room else { return false }
            used += needed
            return true
        }
        fuse_reply_buf(raw, base, used)
        // The client is busy with the reply: what it will ask for next is read meanwhile.
        if start > 0, used > 0 { stack.readAhead(handle, context) }
    }

    /// Writes one entry if it fits; returns the space that it needs.
    ///
    /// struct fuse_dirent (linux/fuse.h): ino 8, off 8, namelen 4, type 4, name, filled up to a multiple of 8. Not by
    /// fuse_add_direntry, which is given a struct stat for it: long listings would take twice the time.
    private func add(_ item: ListingItem, at place: UnsafeMutablePointer<CChar>, room: Int) -> Int {
        let needed = (24 + item.length + 7) & ~7
        guard needed <= room else { return needed }
        let entry = UnsafeMutableRawBufferPointer(start: place, count: needed)
        entry.storeBytes(of: 0, toByteOffset: needed - 8, as: UInt64.self)
        entry.storeBytes(of: item.inode, toByteOffset: 0, as: UInt64.self)
        entry.storeBytes(of: item.next, toByteOffset: 8, as: UInt64.self)
        entry.storeBytes(of: UInt32(truncatingIfNeeded: item.length), toByteOffset: 16, as: UInt32.self)
        entry.storeBytes(of: item.kind.modeBits >> 12, toByteOffset: 20, as: UInt32.self)
        UnsafeMutableRawBufferPointer(rebasing: entry[24...])
            .copyMemory(from: UnsafeRawBufferPointer(start: item.cName, count: item.length))
        return needed
    }

    /// The same with the looked-up node, for READDIRPLUS.
    private func add(
        _ item: ListingItem, _ found: FoundNode?, at place: UnsafeMutablePointer<CChar>, room: Int
    ) -> Int {
        var entry = fuse_entry_param()
        if let found {
            entry = session.entry(found)
        } else {
            entry.attr.st_ino = UInt(item.inode)
            entry.attr.st_mode = item.kind.modeBits
        }
        return fuse_add_direntry_plus(raw, place, room, item.cName, &entry, off_t(item.next))
    }
}
