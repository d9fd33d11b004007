import CFuse
import CLinux
import LinuxSystem
import StackedFS
import SystemPackage

/// libfuse's table of operations, each a line into a wrapper that decodes, runs and replies.
enum OperationTable {
    static func fill(_ table: inout fuse_lowlevel_ops) {
        table.`init` = { userdata, connection in OperationTable.negotiate(userdata, connection) }
        fillNames(&table)
        fillAttributes(&table)
        fillFiles(&table)
        fillDirectories(&table)
        fillLocks(&table)
    }

    /// INIT: what libfuse knows of; the rest is completed in CFuse.
    private static func negotiate(
        _ userdata: UnsafeMutableRawPointer?, _ connection: UnsafeMutablePointer<fuse_conn_info>?
    ) {
        guard let connection, let owner = userdata?.assumingMemoryBound(to: mv_session.self).pointee.owner else {
            return
        }
        let options = Unmanaged<ViewSession>.fromOpaque(owner).takeUnretainedValue().options
        var wanted =
            FUSE_CAP_ASYNC_READ | FUSE_CAP_ATOMIC_O_TRUNC | FUSE_CAP_DONT_MASK
            | FUSE_CAP_PARALLEL_DIROPS | FUSE_CAP_ASYNC_DIO
            | FUSE_CAP_HANDLE_KILLPRIV | FUSE_CAP_AUTO_INVAL_DATA | FUSE_CAP_POSIX_LOCKS
            | FUSE_CAP_FLOCK_LOCKS
        // ACLs make the kernel decide from mode bits, whatever the mount options say.
        if options.defaultPermissions { wanted |= FUSE_CAP_POSIX_ACL }
        if options.listsWithAttributes { wanted |= FUSE_CAP_READDIRPLUS | FUSE_CAP_READDIRPLUS_AUTO }
        // Never: writeback cache (it switches passthrough off), splicing between variants.
        connection.pointee.want = connection.pointee.capable & UInt32(bitPattern: Int32(wanted))
        connection.pointee.max_write = 1 << 20
        connection.pointee.max_background = 64
        connection.pointee.congestion_threshold = 48
        connection.pointee.time_gran = 1
    }

    private static func fillNames(_ table: inout fuse_lowlevel_ops) {
        table.lookup = { raw, parent, name in
            serve(raw) { r throws(Errno) in
                r.reply(try r.stack.lookup(try r.node(parent), try bytes(name), r.context))
            }
        }
        table.forget = { raw, id, count in
            guard let request = Request(raw) else { return }
            request.stack.forget(UInt64(id), count: count)
            fuse_reply_none(raw)
        }
        table.forget_multi = { raw, count, items in
            guard let request = Request(raw) else { return }
            for item in UnsafeBufferPointer(start: items, count: count) {
                request.stack.forget(item.ino, count: item.nlookup)
            }
            fuse_reply_none(raw)
        }
        table.mknod = { raw, parent, name, mode, rdev in
            serve(raw) { r throws(Errno) in try r.create(parent, name, .node(rdev: UInt64(rdev)), mode: mode) }
        }
        table.mkdir = { raw, parent, name, mode in
            serve(raw) { r throws(Errno) in try r.create(parent, name, .directory, mode: mode) }
        }
        table.symlink = { raw, link, parent, name in
            serve(raw) { r throws(Errno) in
                try r.create(parent, name, .symbolicLink(target: try bytes(link)), mode: 0o777)
            }
        }
        table.link = { raw, id, parent, name in
            serve(raw) { r throws(Errno) in
                let operation = Link(node: try r.node(id), parent: try r.node(parent), name: try bytes(name))
                r.reply(try r.stack.link(operation, r.context))
            }
        }
        table.unlink = { raw, parent, name in serve(raw) { r throws(Errno) in try r.remove(parent, name, false) } }
        table.rmdir = { raw, parent, name in serve(raw) { r throws(Errno) in try r.remove(parent, name, true) } }
        table.rename = { raw, parent, name, newParent, newName, flags in
            serve(raw) { r throws(Errno) in
                let operation = Rename(
                    parent: try r.node(parent), name: try bytes(name), newParent: try r.node(newParent),
                    newName: try bytes(newName), flags: flags)
                try r.stack.rename(operation, r.context)
                r.succeed()
            }
        }
        table.readlink = { raw, id in
            serve(raw) { r throws(Errno) in
                let target = try r.stack.readLink(try r.node(id), r.context)
                let text = target.map { CChar(bitPattern: $0) } + [0]
                fuse_reply_readlink(r.raw, text)
            }
        }
    }
}

extension Request {
    func create(
        _ parent: fuse_ino_t, _ name: UnsafePointer<CChar>?, _ what: Create.What, mode: mode_t
    ) throws(Errno) {
        let operation = Create(
            parent: try node(parent), name: try bytes(name), what: what, mode: mode, umask: umask)
        reply(try stack.create(operation, context))
    }

    func remove(_ parent: fuse_ino_t, _ name: UnsafePointer<CChar>?, _ isDirectory: Bool) throws(Errno) {
        let operation = Remove(parent: try node(parent), name: try bytes(name), isDirectory: isDirectory)
        try stack.remove(operation, context)
        succeed()
    }
}
