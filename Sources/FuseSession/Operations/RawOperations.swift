import CFuse
import CLinux
import LinuxSystem
import StackedFS
import SystemPackage

/// Operations that libfuse 3.14 does not know, taken from the buffer before libfuse sees it: TMPFILE and STATX.
enum RawOperations {
    private static let tmpfile: UInt32 = 51
    private static let statx: UInt32 = 52

    /// Answers the request in `memory` if it is one of ours.
    ///
    /// - Returns: false when libfuse has to process it.
    static func serve(_ memory: UnsafeMutableRawPointer?, _ length: Int, _ session: ViewSession) -> Bool {
        guard let memory, length >= MemoryLayout<mv_fuse_in_header>.size, session.isReady, let stack = session.stack
        else { return false }
        let header = memory.loadUnaligned(as: mv_fuse_in_header.self)
        guard header.opcode == tmpfile || header.opcode == statx else { return false }
        let body = UnsafeRawBufferPointer(start: memory, count: length)
            .dropFirst(MemoryLayout<mv_fuse_in_header>.size)
        let context = RequestContext(
            uid: header.uid, gid: header.gid, pid: Int32(truncatingIfNeeded: header.pid), view: stack.view, names: stack
        )
        do {
            if header.opcode == tmpfile {
                try createUnnamed(header, UnsafeRawBufferPointer(rebasing: body), session, stack, context)
            } else {
                try attributes(header, session, stack, context)
            }
        } catch {
            _ = mv_reply_raw(session.descriptor, header.unique, error.rawValue, nil, 0)
        }
        return true
    }

    private static func createUnnamed(
        _ header: mv_fuse_in_header, _ body: UnsafeRawBufferPointer, _ session: ViewSession, _ stack: Stack,
        _ context: RequestContext
    ) throws(Errno) {
        guard body.count >= MemoryLayout<mv_fuse_create_in>.size else { throw .invalidArgument }
        let input = body.loadUnaligned(as: mv_fuse_create_in.self)
        let (found, opened) = try stack.createUnnamed(
            try stack.node(header.nodeid), mode: input.mode, umask: input.umask,
            flags: Int32(bitPattern: input.flags), context)
        var out = session.created(found, opened)
        let failure = mv_reply_raw(
            session.descriptor, header.unique, 0, &out, MemoryLayout<mv_fuse_create_out>.size)
        guard failure != 0 else { return }
        stack.release(opened.handle, lockOwner: 0, context)
        stack.forget(found.node.id, count: 1)
    }

    private static func attributes(
        _ header: mv_fuse_in_header, _ session: ViewSession, _ stack: Stack, _ context: RequestContext
    ) throws(Errno) {
        let (attributes, timeout) = try stack.attributes(of: try stack.node(header.nodeid), context)
        var out = mv_fuse_statx_out()
        (out.attr_valid, out.attr_valid_nsec) = split(timeout)
        out.mask = 0x7ff | (attributes.born == nil ? 0 : 0x800)
        out.blksize = attributes.blockSize
        out.nlink = attributes.links
        out.uid = attributes.owner
        out.gid = attributes.group
        out.mode = UInt16(truncatingIfNeeded: attributes.mode)
        out.ino = session.shownInode(attributes)
        out.size = attributes.size
        out.blocks = attributes.blocks
        out.atime = mv_fuse_sx_time(attributes.accessed)
        out.mtime = mv_fuse_sx_time(attributes.modified)
        out.ctime = mv_fuse_sx_time(attributes.changed)
        if let born = attributes.born { out.btime = mv_fuse_sx_time(born) }
        out.rdev_major = mv_major(dev_t(attributes.rdev))
        out.rdev_minor = mv_minor(dev_t(attributes.rdev))
        _ = mv_reply_raw(session.descriptor, header.unique, 0, &out, MemoryLayout<mv_fuse_statx_out>.size)
    }
}

/// A timeout in seconds as the kernel's seconds and nanoseconds.
func split(_ timeout: Double) -> (UInt64, UInt32) {
    let seconds = UInt64(max(0, min(timeout, 1e9)))
    return (seconds, UInt32(max(0, min((timeout - Double(seconds)) * 1e9, 999_999_999))))
}

extension mv_fuse_sx_time {
    init(_ time: FileAttributes.Time) {
        self.init(tv_sec: time.seconds, tv_nsec: time.nanoseconds, reserved: 0)
    }
}

extension ViewSession {
    /// The reply of CREATE and TMPFILE, which libfuse 3.14 cannot make with a backing id.
    func created(_ found: FoundNode, _ opened: Opened) -> mv_fuse_create_out {
        let a = found.attributes
        var out = mv_fuse_create_out()
        out.entry.nodeid = found.node.id
        (out.entry.entry_valid, out.entry.entry_valid_nsec) = split(found.nameTimeout)
        (out.entry.attr_valid, out.entry.attr_valid_nsec) = split(found.attributeTimeout)
        out.entry.attr = mv_fuse_attr(
            ino: shownInode(a), size: a.size, blocks: a.blocks, atime: UInt64(bitPattern: a.accessed.seconds),
            mtime: UInt64(bitPattern: a.modified.seconds), ctime: UInt64(bitPattern: a.changed.seconds),
            atimensec: a.accessed.nanoseconds, mtimensec: a.modified.nanoseconds, ctimensec: a.changed.nanoseconds,
            mode: a.mode, nlink: a.links, uid: a.owner, gid: a.group, rdev: encodedDevice(a.rdev),
            blksize: a.blockSize, flags: 0)
        out.open = mv_fuse_open_out(fh: opened.handle, open_flags: opened.flags, backing_id: opened.backingID)
        return out
    }
}

/// A device number as the kernel's new_encode_dev writes it.
private func encodedDevice(_ device: UInt64) -> UInt32 {
    let major = mv_major(dev_t(device))
    let minor = mv_minor(dev_t(device))
    return (minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12)
}
