import CLinux
import LinuxSystem
import Synchronization
import SystemPackage

extension Stack {
    /// GETATTR and STATX: attributes and how long the kernel may keep them.
    public func attributes(
        of node: Node, _ context: RequestContext
    ) throws(Errno) -> (FileAttributes, timeout: Double) {
        let reply = try Pipeline.run(GetAttributes(node: node), context) { operation in
            .of { () throws(Errno) in try self.backingAttributes(of: operation.node) }
        }.get()
        return timed(reply, node)
    }

    private func timed(_ reply: AttributesReply, _ node: Node) -> (FileAttributes, timeout: Double) {
        let shared = !view.answersAreUniform && reply.dependsOnCaller
        return (reply.attributes, shared ? 0 : attributeTimeout(of: node))
    }

    private func backingAttributes(of node: Node) throws(Errno) -> AttributesReply {
        let descriptor = try descriptor(of: node)
        var attributes = try FileAttributes.of(descriptor.raw)
        overrideAttributes(of: node, &attributes)
        return AttributesReply(attributes: attributes)
    }

    /// While a redacted file is open its size and times are those of the version that was opened.
    func overrideAttributes(of node: Node, _ attributes: inout FileAttributes) {
        guard node.variant == .redacted, let content = node.existingContent else { return }
        guard
            let version = content.state.withLock({
                $0.servedOpens + $0.passthroughOpens > 0 ? $0.redacted?.version : nil
            })
        else { return }
        attributes.size = version.size
        attributes.modified = version.modified
        attributes.changed = version.changed
    }

    /// SETATTR.
    public func setAttributes(
        _ operation: SetAttributes, _ context: RequestContext
    ) throws(Errno) -> (FileAttributes, timeout: Double) {
        let reply = try Pipeline.run(operation, context) { operation in
            .of { () throws(Errno) in
                let descriptor = try self.descriptor(of: operation.node)
                if let size = operation.size { try self.truncate(operation, descriptor, to: size) }
                try self.changeOwner(operation, descriptor)
                try self.changeMode(operation, descriptor)
                try self.changeTimes(operation, descriptor)
                return try self.backingAttributes(of: operation.node)
            }
        }.get()
        return timed(reply, operation.node)
    }

    private func truncate(
        _ operation: SetAttributes, _ descriptor: OwnedDescriptor, to size: UInt64
    ) throws(Errno) {
        guard let length = off_t(exactly: size) else { throw .fileTooLarge }
        if operation.variant != .original, size != 0 { try refuseLocation(descriptor) }
        if let handle = operation.handle, handle.writes {
            try mayWrite(handle)
            defer { wrote(handle) }
            let file = try self.descriptor(of: handle)
            _ = try retrying { ftruncate(file.raw, length) }
        } else {
            if operation.variant != .original, library.redacted.isBeingWritten(descriptor.raw) {
                throw .permissionDenied
            }
            _ = try withProcPath(descriptor.raw) { CLinux.truncate($0, length) }
        }
    }

    private func changeOwner(_ operation: SetAttributes, _ descriptor: OwnedDescriptor) throws(Errno) {
        guard operation.owner != nil || operation.group != nil else { return }
        let unchanged = UInt32.max
        _ = try retrying {
            fchownat(
                descriptor.raw, "", operation.owner ?? unchanged, operation.group ?? unchanged, mv_AT_EMPTY_PATH)
        }
    }

    private func changeMode(_ operation: SetAttributes, _ descriptor: OwnedDescriptor) throws(Errno) {
        guard let mode = operation.mode else { return }
        let change = { () throws(Errno) -> Int32 in
            try retrying { mv_fchmodat2(descriptor.raw, "", mode & 0o7777, mv_AT_EMPTY_PATH) }
        }
        if mode & 0o2000 != 0 {
            // The kernel has decided whether the caller may set the bit; as a member of the group we may too.
            let group = try FileAttributes.of(descriptor.raw).group
            _ = try ThreadCredentials.inGroup(group, change)
        } else {
            do {
                _ = try change()
            } catch .noFunction {
                _ = try withProcPath(descriptor.raw) { chmod($0, mode & 0o7777) }
            }
        }
    }

    private func changeTimes(_ operation: SetAttributes, _ descriptor: OwnedDescriptor) throws(Errno) {
        guard operation.accessed != nil || operation.modified != nil else { return }
        func time(_ change: SetAttributes.TimeChange?) -> timespec {
            switch change {
            case nil: timespec(tv_sec: 0, tv_nsec: Int(mv_UTIME_OMIT))
            case .now: timespec(tv_sec: 0, tv_nsec: Int(mv_UTIME_NOW))
            case .to(let time): timespec(tv_sec: Int(time.seconds), tv_nsec: Int(time.nanoseconds))
            }
        }
        let times = [time(operation.accessed), time(operation.modified)]
        _ = try retrying { utimensat(descriptor.raw, "", times, mv_AT_EMPTY_PATH) }
    }

    /// READLINK.
    public func readLink(_ node: Node, _ context: RequestContext) throws(Errno) -> [UInt8] {
        try Pipeline.run(ReadLink(node: node), context) { operation in
            .of { () throws(Errno) in
                let descriptor = try self.descriptor(of: operation.node)
                return try scratchBytes(capacity: 4_096) { bytes throws(Errno) in
                    try retryingLength { mv_readlink(descriptor.raw, bytes.baseAddress, bytes.count) }
                }
            }
        }.get()
    }

    /// ACCESS; asked only where the kernel does not decide itself.
    public func access(_ node: Node, mask: Int32, _ context: RequestContext) throws(Errno) {
        _ = try Pipeline.run(Access(node: node, mask: mask), context) { _ in .success(Done()) }.get()
    }

    /// STATFS.
    public func statistics(_ node: Node, _ context: RequestContext) throws(Errno) -> Statistics {
        try Pipeline.run(FileSystemStatistics(node: node), context) { operation in
            .of { () throws(Errno) in
                let descriptor = try self.descriptor(of: operation.node)
                var raw = statvfs()
                _ = try retrying { fstatvfs(descriptor.raw, &raw) }
                return Statistics(
                    blockSize: UInt64(raw.f_bsize), fragmentSize: UInt64(raw.f_frsize), blocks: UInt64(raw.f_blocks),
                    freeBlocks: UInt64(raw.f_bfree), availableBlocks: UInt64(raw.f_bavail), files: UInt64(raw.f_files),
                    freeFiles: UInt64(raw.f_ffree), longestName: UInt64(raw.f_namemax))
            }
        }.get()
    }
}
