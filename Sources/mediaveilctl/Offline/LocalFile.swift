import CLinux
import LinuxSystem
import Redaction
import SystemPackage

/// A file that is open for reading, as a source of bytes for planning.
struct LocalFile: ByteSource {
    let name: String
    private let descriptor: OwnedDescriptor
    private let borrowed: Int32?
    let size: UInt64

    /// Opens a regular file without waiting for anybody (a fifo has no end).
    static func open(_ path: LocalPath) throws(Failure) -> LocalFile {
        do throws(Errno) {
            let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY
            let raw = try retrying { path.withCString { mv_openat(mv_AT_FDCWD, $0, flags, 0) } }
            return try LocalFile(owned: OwnedDescriptor(raw), name: path.shown)
        } catch {
            throw Failure("read", path.shown, error)
        }
    }

    private init(owned: OwnedDescriptor, name: String) throws(Errno) {
        let attributes = try FileAttributes.of(owned.raw)
        guard attributes.kind == .regular else {
            throw attributes.kind == .directory ? .isDirectory : .invalidArgument
        }
        self.descriptor = owned
        self.name = name
        borrowed = nil
        size = attributes.size
    }

    /// What comes from a descriptor of the process, of unknown length.
    init(descriptor: Int32, name: String) throws(Failure) {
        let copy = mv_fcntl_int(descriptor, F_DUPFD_CLOEXEC, 3)
        guard copy >= 0 else { throw Failure("read", name, Errno(rawValue: mv_errno())) }
        self.descriptor = OwnedDescriptor(copy)
        self.name = name
        borrowed = descriptor
        size = 0
    }

    /// What the file is now; changes while it was read show here.
    func attributes() throws(Failure) -> FileAttributes {
        do throws(Errno) { return try FileAttributes.of(descriptor.raw) } catch { throw Failure("read", name, error) }
    }

    func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        guard let position = Int(exactly: offset) else { return 0 }
        var done = 0
        while done < buffer.count {
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
            let (here, overflow) = position.addingReportingOverflow(done)
            guard !overflow else { break }
            do throws(Errno) {
                let count = try retryingLength { pread(descriptor.raw, part.baseAddress, part.count, off_t(here)) }
                if count == 0 { break }
                done += count
            } catch {
                throw Failure("read", name, error)
            }
        }
        return done
    }

    /// Everything up to the end.
    ///
    /// - Throws: a failure for more than `limit` bytes.
    func contents(limit: Int) throws(Failure) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count: Int
            do throws(Errno) {
                count = try retryingLength { systemRead(descriptor.raw, &chunk, chunk.count) }
            } catch {
                throw Failure("read", name, error)
            }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
            if bytes.count > limit { throw Failure(.usage, "\(name) is longer than \(limit) bytes") }
        }
    }
}

/// read(2); inside ``LocalFile`` the name is taken.
private func systemRead(_ descriptor: Int32, _ buffer: inout [UInt8], _ count: Int) -> Int {
    buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, min(count, $0.count)) }
}

extension LocalPath {
    func withCString<T>(_ body: (UnsafePointer<CChar>) -> T) -> T {
        (bytes + [0]).withUnsafeBufferPointer { buffer in
            buffer.withMemoryRebound(to: CChar.self) { memory in
                // The array has the final zero at least, so it has an address.
                memory.baseAddress.map(body) ?? body("")
            }
        }
    }

    var directory: LocalPath {
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return LocalPath(bytes: [UInt8(ascii: ".")]) }
        return LocalPath(bytes: slash == 0 ? [UInt8(ascii: "/")] : Array(bytes[..<slash]))
    }
}
