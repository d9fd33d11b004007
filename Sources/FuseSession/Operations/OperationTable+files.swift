import CFuse
import CLinux
import LinuxSystem
import StackedFS
import SystemPackage

extension OperationTable {
    static func fillFiles(_ table: inout fuse_lowlevel_ops) {
        table.open = { raw, id, info in
            serve(raw) { r throws(Errno) in
                guard let info else { throw .invalidArgument }
                r.reply(try r.stack.open(try r.node(id), flags: info.pointee.flags, r.context))
            }
        }
        table.create = { raw, parent, name, mode, info in
            serve(raw) { r throws(Errno) in
                guard let info else { throw .invalidArgument }
                let (found, opened) = try r.stack.createFile(
                    try r.node(parent), try bytes(name), mode: mode, umask: r.umask, flags: info.pointee.flags,
                    r.context)
                r.reply(found, opened)
            }
        }
        table.read = { raw, _, size, offset, info in
            serve(raw) { r throws(Errno) in
                guard let info else { throw .invalidArgument }
                try r.read(try r.stack.file(info.pointee.fh), size: size, offset: offset)
            }
        }
        table.write = { raw, _, data, size, offset, info in
            serve(raw) { r throws(Errno) in
                guard let info, let start = UInt64(exactly: offset) else { throw .invalidArgument }
                let file = try r.stack.file(info.pointee.fh)
                let buffer = UnsafeRawBufferPointer(start: data, count: size)
                let count = try r.stack.write(file, at: start, from: buffer, r.context)
                fuse_reply_write(r.raw, count)
            }
        }
        table.flush = { raw, _, info in
            serve(raw) { r throws(Errno) in
                guard let info else { throw .invalidArgument }
                try r.stack.flush(try r.stack.file(info.pointee.fh), lockOwner: info.pointee.lock_owner, r.context)
                r.succeed()
            }
        }
        table.release = { raw, _, info in
            serve(raw) { r throws(Errno) in
                guard let info else { throw .invalidArgument }
                r.stack.release(info.pointee.fh, lockOwner: info.pointee.lock_owner, r.context)
                r.succeed()
            }
        }
        table.fsync = { raw, id, dataOnly, info in
            serve(raw) { r throws(Errno) in
                let file = try info.map { info throws(Errno) in try r.stack.file(info.pointee.fh) }
                try r.stack.synchronize(try r.node(id), file, dataOnly: dataOnly != 0, r.context)
                r.succeed()
            }
        }
        fillRanges(&table)
    }

    private static func fillRanges(_ table: inout fuse_lowlevel_ops) {
        table.lseek = { raw, _, offset, whence, info in
            serve(raw) { r throws(Errno) in
                guard let info else { throw .invalidArgument }
                guard let start = UInt64(exactly: offset) else { throw .noSuchAddressOrDevice }
                let file = try r.stack.file(info.pointee.fh)
                let result = try r.stack.seek(file, offset: start, whence: whence, r.context)
                fuse_reply_lseek(r.raw, off_t(clamping: result))
            }
        }
        table.fallocate = { raw, _, mode, offset, length, info in
            serve(raw) { r throws(Errno) in
                guard let info, let start = UInt64(exactly: offset), let count = UInt64(exactly: length) else {
                    throw .invalidArgument
                }
                let operation = Allocate(
                    file: try r.stack.file(info.pointee.fh), mode: mode, offset: start, length: count)
                try r.stack.allocate(operation, r.context)
                r.succeed()
            }
        }
        table.copy_file_range = { raw, _, offset, info, _, newOffset, newInfo, length, _ in
            serve(raw) { r throws(Errno) in
                guard let info, let newInfo, let from = UInt64(exactly: offset), let to = UInt64(exactly: newOffset)
                else { throw .invalidArgument }
                let operation = CopyRange(
                    source: try r.stack.file(info.pointee.fh), sourceOffset: from,
                    destination: try r.stack.file(newInfo.pointee.fh), destinationOffset: to,
                    count: min(length, 1 << 30))
                fuse_reply_write(r.raw, try r.stack.copyRange(operation, r.context))
            }
        }
    }
}

extension Request {
    func reply(_ found: FoundNode, _ opened: Opened) {
        var out = session.created(found, opened)
        let result = withUnsafeBytes(of: &out) { bytes in
            fuse_reply_buf(raw, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
        }
        guard result != 0 else { return }
        stack.release(opened.handle, lockOwner: 0, context)
        stack.forget(found.node.id, count: 1)
    }

    func read(_ file: OpenFile, size: Int, offset: off_t) throws(Errno) {
        guard let start = UInt64(exactly: offset) else { throw .invalidArgument }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 4_096)
        defer { buffer.deallocate() }
        let count = try stack.read(file, at: start, into: buffer, context)
        fuse_reply_buf(raw, buffer.baseAddress?.assumingMemoryBound(to: CChar.self), count)
    }
}
