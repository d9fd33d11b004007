import CLinux
import LinuxSystem
import SystemPackage

/// Tells one content of a backing regular file from every other it had or will have.
///
/// Made of what statx(2) gives: the inode (with its time of birth, because numbers are used again), its size and the
/// times of its last changes. The kernel keeps its change cookie (STATX_CHANGE_COOKIE) to itself, so times must do.
/// A time says nothing about a writer with a mapping, and a young time may be given twice: see ``isSettled(now:)``
/// and ``Lease``. Whoever keeps something by version has a lease while he makes it.
public struct ContentVersion: Hashable, Sendable {
    public var device: UInt64
    public var inode: UInt64
    /// When the inode was made; nil where the filesystem does not keep it.
    public var born: FileAttributes.Time?
    /// Length in bytes.
    public var size: UInt64
    public var modified: FileAttributes.Time
    public var changed: FileAttributes.Time
}

extension ContentVersion {
    public init(_ attributes: FileAttributes) {
        device = attributes.device
        inode = attributes.inode
        born = attributes.born
        size = attributes.size
        modified = attributes.modified
        changed = attributes.changed
    }

    /// The version behind a descriptor; O_PATH is enough. One system call.
    ///
    /// - Throws: EINVAL when it is no regular file.
    public static func of(_ descriptor: Int32) throws(Errno) -> ContentVersion {
        let attributes = try FileAttributes.of(descriptor)
        guard attributes.kind == .regular else { throw .invalidArgument }
        return ContentVersion(attributes)
    }

    /// The version behind a descriptor, which stays open meanwhile.
    static func of(_ descriptor: OwnedDescriptor) throws(Errno) -> ContentVersion { try of(descriptor.raw) }

    /// The inode that this is a version of.
    var file: FileKey { FileKey(device: device, inode: inode) }

    /// Whether every change from `now` on will show in the times.
    ///
    /// The kernel stamps with a clock that ticks every 1 to 10 ms, and some filesystems keep whole seconds: two changes
    /// within one tick leave the same times.
    func isSettled(now: FileAttributes.Time = .now) -> Bool {
        let tick: Int64 = changed.nanoseconds == 0 ? 3_000_000_000 : 20_000_000
        let (seconds, overflow) = now.seconds.subtractingReportingOverflow(changed.seconds)
        if overflow || seconds < 0 { return false }
        if seconds > 4 { return true }
        return seconds * 1_000_000_000 + Int64(now.nanoseconds) - Int64(changed.nanoseconds) > tick
    }
}

/// A backing inode, whatever its content.
struct FileKey: Hashable, Sendable {
    let device: UInt64
    let inode: UInt64
}

extension FileAttributes.Time {
    /// The clock that files are stamped with.
    static var now: FileAttributes.Time {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return FileAttributes.Time(seconds: Int64(time.tv_sec), nanoseconds: UInt32(clamping: time.tv_nsec))
    }
}

extension FileAttributes.Time {
    /// No file's time: what is stamped with it equals no version that a file ever has.
    static let never = FileAttributes.Time(seconds: .min, nanoseconds: 0)
}
