import CLinux
import LinuxSystem
import SystemPackage

/// A file that must not exist yet; gone again unless it is committed.
final class NewFile {
    private let path: LocalPath
    private let descriptor: OwnedDescriptor
    private var isCommitted = false
    private(set) var size: Int64 = 0

    /// Until it is committed only the owner reads it.
    ///
    /// - Parameter name: what an error calls it; the path itself if nil.
    init(_ path: LocalPath, named name: String? = nil) throws(Failure) {
        do throws(Errno) {
            let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW
            descriptor = OwnedDescriptor(
                try retrying { path.withCString { mv_openat(mv_AT_FDCWD, $0, flags, 0o600) } })
        } catch {
            throw Failure("create", name ?? path.shown, error)
        }
        self.path = path
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
        var rest = bytes
        while !rest.isEmpty {
            do throws(Errno) {
                let count = try retryingLength { systemWrite(descriptor.raw, rest) }
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
                size += Int64(count)
            } catch {
                throw Failure("write", path.shown, error)
            }
        }
    }

    /// Makes it last, content and name.
    func commit(mode: UInt32) throws(Failure) {
        do throws(Errno) {
            _ = try retrying { fchmod(descriptor.raw, mode & 0o777) }
            _ = try retrying { fsync(descriptor.raw) }
        } catch {
            throw Failure("write", path.shown, error)
        }
        isCommitted = true
        Self.syncDirectory(of: path)
    }

    deinit {
        if !isCommitted { _ = path.withCString { unlink($0) } }
    }

    /// A name lasts when its directory is written; a filesystem that cannot do this has nothing better to offer.
    static func syncDirectory(of path: LocalPath) {
        let directory = path.directory.withCString { mv_openat(mv_AT_FDCWD, $0, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0) }
        guard directory >= 0 else { return }
        fsync(directory)
        close(directory)
    }
}

/// A file that takes the place of another in one step; for its owner's eyes only.
final class ReplacedFile {
    private let target: LocalPath
    private let temporary: LocalPath
    private let file: NewFile

    init(_ target: LocalPath) throws(Failure) {
        self.target = target
        temporary = LocalPath(bytes: target.bytes + Array(".\(getpid()).new".utf8))
        file = try NewFile(temporary, named: target.shown)
    }

    var size: Int64 { file.size }

    func write(_ bytes: [UInt8]) throws(Failure) {
        let result = bytes.withUnsafeBytes { buffer -> Result<Void, Failure> in
            do throws(Failure) { return .success(try file.write(buffer)) } catch { return .failure(error) }
        }
        try result.get()
    }

    func commit() throws(Failure) {
        try file.commit(mode: 0o600)
        let result = temporary.withCString { from in target.withCString { rename(from, $0) } }
        guard result == 0 else {
            let code = Errno(rawValue: mv_errno())
            _ = temporary.withCString { unlink($0) }
            throw Failure("write", target.shown, code)
        }
        NewFile.syncDirectory(of: target)
    }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    write(descriptor, bytes.baseAddress, bytes.count)
}
