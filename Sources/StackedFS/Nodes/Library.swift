import CLinux
import LinuxSystem
import Synchronization
import SystemPackage

/// The backing directory tree, and what all views of it share.
public final class Library: Sendable {
    /// As given; for messages only, because operations run on descriptors.
    public let path: String
    let rootDescriptor: OwnedDescriptor
    let rootAttributes: FileAttributes
    let descriptors: DescriptorCache
    /// Where redacted files get their bytes from.
    public let redacted: RedactedContent

    let inPlaceWriters = InPlaceWriters()

    /// Somebody has used POSIX locks: from then on every close is told to the service, because it ends locks (close(2)).
    /// Before, only who opened a file before the first lock of all is not told; his locks end with his last close.
    let locksAreUsed = Atomic<Bool>(false)

    /// For every device below the library a descriptor by which file handles are opened.
    private let mounts = Mutex<[UInt64: OwnedDescriptor]>([:])

    /// - Parameter cachedDescriptors: bound for descriptors that are kept for speed alone; fewer where the process may
    ///   have few.
    /// - Throws: the errno of opening the directory.
    public init(path: String, redacted: RedactedContent, cachedDescriptors: Int = 900) throws(Errno) {
        self.path = path
        self.redacted = redacted
        let root = OwnedDescriptor(
            try retrying { mv_openat(mv_AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0) })
        rootDescriptor = root
        rootAttributes = try FileAttributes.of(root.raw)
        descriptors = DescriptorCache(
            capacity: min(cachedDescriptors, Int(DescriptorBudget.ceiling) / 4))
        mounts.withLock { [device = rootAttributes.device] in $0[device] = root }
    }

    /// The descriptor by which handles of `device` are opened, made from `directory` when the device is new.
    func mount(of device: UInt64, directory: OwnedDescriptor? = nil) -> OwnedDescriptor? {
        if device == rootAttributes.device { return rootDescriptor }
        return mounts.withLock { mounts in
            if let known = mounts[device] { return known }
            guard let directory else { return nil }
            let raw = mv_openat(directory.raw, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)
            guard raw >= 0 else { return nil }
            let mount = OwnedDescriptor(raw)
            mounts[device] = mount
            return mount
        }
    }

    /// The inode number that a view shows: the backing inode's, and for other devices inside the library one that no
    /// file of the library's own device has.
    public func shownInode(device: UInt64, inode: UInt64) -> UInt64 {
        if device == rootAttributes.device { return inode }
        return mixed(inode &+ mixed(device)) | 1 << 63
    }
}

extension Library {
    /// The library lies on a stacked filesystem (overlayfs, ecryptfs): passthrough has to be asked for with more depth.
    public var isStacked: Bool {
        var information = statfs()
        guard fstatfs(rootDescriptor.raw, &information) == 0 else { return false }
        return information.f_type == 0x794c_7630 || information.f_type == 0xf15f
    }
}
