import CFuse
import CLinux
import LinuxSystem
import StackedFS
import SystemPackage

// Each operation of libfuse's table is one line into one of these wrappers: decode, run, reply.

/// A request of the kernel in libfuse's hands: answered exactly once.
struct Request {
    let raw: fuse_req_t
    let session: ViewSession
    let stack: Stack

    init?(_ raw: fuse_req_t?) {
        guard let raw else { return nil }
        self.raw = raw
        guard let userdata = fuse_req_userdata(raw)?.assumingMemoryBound(to: mv_session.self),
            let owner = userdata.pointee.owner
        else { return nil }
        session = Unmanaged<ViewSession>.fromOpaque(owner).takeUnretainedValue()
        guard let stack = session.stack else { return nil }
        self.stack = stack
    }

    var context: RequestContext {
        let caller = fuse_req_ctx(raw).pointee
        return RequestContext(uid: caller.uid, gid: caller.gid, pid: caller.pid, view: stack.view, names: stack)
    }

    var umask: UInt32 { fuse_req_ctx(raw).pointee.umask }

    func fail(_ code: Errno) { fuse_reply_err(raw, code.rawValue) }
    func succeed() { fuse_reply_err(raw, 0) }
}

/// Runs `body`; an errno that it throws is the reply.
@inline(__always)
func serve(_ raw: fuse_req_t?, _ body: (Request) throws(Errno) -> Void) {
    guard let request = Request(raw) else {
        if let raw { fuse_reply_err(raw, EIO) }
        return
    }
    do { try body(request) } catch { request.fail(error) }
}

extension Request {
    func node(_ id: fuse_ino_t) throws(Errno) -> Node { try stack.node(UInt64(id)) }

    /// Replies with a node; takes the lookup back if the kernel is gone.
    func reply(_ found: FoundNode) {
        var entry = session.entry(found)
        if fuse_reply_entry(raw, &entry) != 0 { stack.forget(found.node.id, count: 1) }
    }

    func reply(_ attributes: FileAttributes, timeout: Double) {
        var value = session.stat(attributes)
        fuse_reply_attr(raw, &value, timeout)
    }

    func reply(_ opened: Opened) {
        var out = mv_fuse_open_out(fh: opened.handle, open_flags: opened.flags, backing_id: opened.backingID)
        let result = withUnsafeBytes(of: &out) { bytes in
            fuse_reply_buf(raw, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
        }
        if result != 0 { stack.release(opened.handle, lockOwner: 0, context) }
    }

    func reply(bytes: [UInt8], size: Int) throws(Errno) {
        if size == 0 {
            fuse_reply_xattr(raw, bytes.count)
        } else if bytes.count > size {
            throw .outOfRange
        } else {
            _ = bytes.withUnsafeBytes { buffer in
                fuse_reply_buf(raw, buffer.baseAddress?.assumingMemoryBound(to: CChar.self), buffer.count)
            }
        }
    }
}

/// The bytes of a C string.
func bytes(_ text: UnsafePointer<CChar>?) throws(Errno) -> [UInt8] {
    guard let text else { throw .invalidArgument }
    return Array(UnsafeRawBufferPointer(start: text, count: strlen(text)))
}

extension ViewSession {
    func becameReady() { raiseReadAhead() }

    /// Attributes as the kernel is told them.
    func stat(_ attributes: FileAttributes) -> stat {
        var value = CFuse.stat()
        value.st_ino = UInt(shownInode(attributes))
        value.st_mode = attributes.mode
        value.st_nlink = nlink_t(attributes.links)
        value.st_uid = attributes.owner
        value.st_gid = attributes.group
        value.st_rdev = dev_t(attributes.rdev)
        value.st_size = off_t(clamping: attributes.size)
        value.st_blocks = blkcnt_t(clamping: attributes.blocks)
        value.st_blksize = blksize_t(attributes.blockSize)
        value.st_atim = timespec(attributes.accessed)
        value.st_mtim = timespec(attributes.modified)
        value.st_ctim = timespec(attributes.changed)
        return value
    }

    func shownInode(_ attributes: FileAttributes) -> UInt64 {
        stack?.library.shownInode(device: attributes.device, inode: attributes.inode) ?? attributes.inode
    }

    func entry(_ found: FoundNode) -> fuse_entry_param {
        var entry = fuse_entry_param()
        entry.ino = found.node.id
        entry.attr = stat(found.attributes)
        entry.attr_timeout = found.attributeTimeout
        entry.entry_timeout = found.nameTimeout
        return entry
    }
}

extension timespec {
    init(_ time: FileAttributes.Time) {
        self.init(tv_sec: Int(time.seconds), tv_nsec: Int(time.nanoseconds))
    }
}
