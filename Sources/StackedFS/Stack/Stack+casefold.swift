import CLinux
import LinuxSystem
import Synchronization
import SystemPackage

// Casefolding directories (ext4, f2fs, tmpfs): several spellings lead to one inode, and rules follow the inode.

extension Node {
    /// Whether names in this directory are compared without regard to case.
    public var isCasefolded: Bool { casefolding.load(ordering: .relaxed) }
}

extension Stack {
    /// Whether names in a directory are compared without regard to case (FS_CASEFOLD_FL, ioctl_fs_flags).
    func isCasefolding(_ descriptor: OwnedDescriptor) -> Bool {
        guard let directory = try? reopen(descriptor, flags: O_RDONLY | O_DIRECTORY) else { return false }
        var flags: Int = 0
        guard mv_ioctl_pointer(directory.raw, mv_FS_IOC_GETFLAGS, &flags) == 0 else { return false }
        return flags & 0x4000_0000 != 0
    }

    /// The name under which the directory stores an inode that was found by another spelling.
    func canonicalName(
        of attributes: FileAttributes, asked: [UInt8], in descriptor: OwnedDescriptor
    ) throws(Errno) -> [UInt8] {
        let directory = try reopen(descriptor, flags: O_RDONLY | O_DIRECTORY)
        // Only read here: the stream needs a node for listings alone.
        let stream = DirectoryStream(node: root, descriptor: directory)
        var candidate: [UInt8]?
        var isAsked = false
        var isMore = true
        while isMore, !isAsked {
            isMore = try stream.readBatch { name, inode, _ in
                guard inode == attributes.inode, !isAsked else { return }
                isAsked = name.elementsEqual(asked)
                if candidate == nil { candidate = Array(name) }
            }
        }
        if isAsked { return asked }
        // A mountpoint's entry has the inode number of what is covered.
        return candidate ?? asked
    }
}
