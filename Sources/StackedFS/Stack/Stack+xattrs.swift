import CLinux
import LinuxSystem
import Synchronization
import SystemPackage

extension Stack {
    /// GETXATTR: the whole value, at most 64 KiB.
    public func xattr(_ node: Node, name: [UInt8], _ context: RequestContext) throws(Errno) -> [UInt8] {
        try Pipeline.run(GetXattr(node: node, name: name), context) { operation in
            .of { () throws(Errno) in
                let descriptor = try self.descriptor(of: operation.node)
                return try withName(operation.name) { name throws(Errno) in
                    try sized { bytes throws(Errno) in
                        try throughProc(descriptor) { getxattr($0, name, bytes.baseAddress, bytes.count) }
                    }
                }
            }
        }.get()
    }

    /// LISTXATTR: the names. `trusted.` names are told to a privileged caller only, as xattr(7) says.
    public func xattrNames(of node: Node, _ context: RequestContext) throws(Errno) -> [[UInt8]] {
        let names = try Pipeline.run(ListXattrs(node: node), context) { operation in
            .of { () throws(Errno) in
                let descriptor = try self.descriptor(of: operation.node)
                let list = try sized { bytes throws(Errno) in
                    try throughProc(descriptor) {
                        listxattr($0, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
                    }
                }
                return list.split(separator: 0).map { Array($0) }
            }
        }.get()
        return context.uid == 0 ? names : names.filter { !$0.starts(with: "trusted.".utf8) }
    }

    /// SETXATTR and REMOVEXATTR.
    public func changeXattr(_ operation: ChangeXattr, _ context: RequestContext) throws(Errno) {
        _ = try Pipeline.run(operation, context) { operation in
            .of { () throws(Errno) in
                let descriptor = try self.descriptor(of: operation.node)
                // Setting an access ACL drops the setgid bit of a file of another group; root and members keep it.
                let group = try FileAttributes.of(descriptor.raw).group
                let keepsGroup = context.uid == 0 || context.gid == group
                try ThreadCredentials.inGroup(keepsGroup ? group : 0) { () throws(Errno) in
                    try withName(operation.name) { name throws(Errno) in
                        _ = try throughProc(descriptor) { path in
                            guard let value = operation.value else { return Int(removexattr(path, name)) }
                            return value.withUnsafeBytes {
                                Int(setxattr(path, name, $0.baseAddress, $0.count, operation.flags))
                            }
                        }
                    }
                }
                return Done()
            }
        }.get()
    }
}

/// Calls with the path in /proc of an O_PATH descriptor: the calls on descriptors refuse those.
private func throughProc(
    _ descriptor: OwnedDescriptor, _ call: (UnsafePointer<CChar>) -> Int
) throws(Errno) -> Int {
    Int(try withProcPath(descriptor.raw) { Int32(truncatingIfNeeded: call($0)) })
}

/// Calls with a buffer that is large enough, trying a small one first.
private func sized(_ call: (UnsafeMutableRawBufferPointer) throws(Errno) -> Int) throws(Errno) -> [UInt8] {
    do { return try scratchBytes(capacity: 1_024, call) } catch .outOfRange {
        return try scratchBytes(capacity: 65_536, call)
    }
}
