import CFuse
import CLinux
import LinuxSystem
import StackedFS
import SystemPackage

extension OperationTable {
    static func fillAttributes(_ table: inout fuse_lowlevel_ops) {
        table.getattr = { raw, id, _ in
            serve(raw) { r throws(Errno) in
                let (attributes, timeout) = try r.stack.attributes(of: try r.node(id), r.context)
                r.reply(attributes, timeout: timeout)
            }
        }
        table.setattr = { raw, id, value, valid, info in
            serve(raw) { r throws(Errno) in try r.setAttributes(id, value, valid, info) }
        }
        table.access = { raw, id, mask in
            serve(raw) { r throws(Errno) in
                try r.stack.access(try r.node(id), mask: mask, r.context)
                r.succeed()
            }
        }
        table.statfs = { raw, id in
            serve(raw) { r throws(Errno) in
                var value = statvfs(try r.stack.statistics(try r.node(id == 0 ? 1 : id), r.context))
                fuse_reply_statfs(r.raw, &value)
            }
        }
        table.getxattr = { raw, id, name, size in
            serve(raw) { r throws(Errno) in
                let value = try r.stack.xattr(try r.node(id), name: try bytes(name), r.context)
                try r.reply(bytes: value, size: size)
            }
        }
        table.listxattr = { raw, id, size in
            serve(raw) { r throws(Errno) in
                let names = try r.stack.xattrNames(of: try r.node(id), r.context)
                try r.reply(bytes: names.flatMap { $0 + [0] }, size: size)
            }
        }
        table.setxattr = { raw, id, name, value, size, flags in
            serve(raw) { r throws(Errno) in
                let content = Array(UnsafeRawBufferPointer(start: value, count: size))
                try r.changeXattr(id, name, content, flags)
            }
        }
        table.removexattr = { raw, id, name in
            serve(raw) { r throws(Errno) in try r.changeXattr(id, name, nil, 0) }
        }
    }
}

extension Request {
    func changeXattr(
        _ id: fuse_ino_t, _ name: UnsafePointer<CChar>?, _ value: [UInt8]?, _ flags: Int32
    ) throws(Errno) {
        let operation = ChangeXattr(node: try node(id), name: try bytes(name), value: value, flags: flags)
        try stack.changeXattr(operation, context)
        succeed()
    }

    func setAttributes(
        _ id: fuse_ino_t, _ value: UnsafeMutablePointer<stat>?, _ valid: Int32,
        _ info: UnsafeMutablePointer<fuse_file_info>?
    ) throws(Errno) {
        guard let value = value?.pointee else { throw .invalidArgument }
        func has(_ bit: Int32) -> Bool { valid & bit != 0 }
        func time(_ set: Int32, _ now: Int32, _ time: timespec) -> SetAttributes.TimeChange? {
            if has(now) { return .now }
            guard has(set) else { return nil }
            return .to(FileAttributes.Time(seconds: Int64(time.tv_sec), nanoseconds: UInt32(clamping: time.tv_nsec)))
        }
        let handle = try info.map { info throws(Errno) in try stack.file(info.pointee.fh) }
        let operation = SetAttributes(
            node: try node(id), mode: has(FUSE_SET_ATTR_MODE) ? value.st_mode : nil,
            owner: has(FUSE_SET_ATTR_UID) ? value.st_uid : nil, group: has(FUSE_SET_ATTR_GID) ? value.st_gid : nil,
            size: has(FUSE_SET_ATTR_SIZE) ? UInt64(clamping: value.st_size) : nil,
            accessed: time(FUSE_SET_ATTR_ATIME, FUSE_SET_ATTR_ATIME_NOW, value.st_atim),
            modified: time(FUSE_SET_ATTR_MTIME, FUSE_SET_ATTR_MTIME_NOW, value.st_mtim), handle: handle)
        let (attributes, timeout) = try stack.setAttributes(operation, context)
        reply(attributes, timeout: timeout)
    }
}

extension statvfs {
    init(_ statistics: Statistics) {
        self.init()
        f_bsize = UInt(statistics.blockSize)
        f_frsize = UInt(statistics.fragmentSize)
        f_blocks = UInt(statistics.blocks)
        f_bfree = UInt(statistics.freeBlocks)
        f_bavail = UInt(statistics.availableBlocks)
        f_files = UInt(statistics.files)
        f_ffree = UInt(statistics.freeFiles)
        f_favail = UInt(statistics.freeFiles)
        f_namemax = UInt(statistics.longestName)
    }
}
