import CLinux
import LinuxSystem
import Redaction
import SystemPackage

/// A file as a planner's source: read by pread(2), never mapped, because a mapped file that shrinks kills the reader.
public struct FileSource: ByteSource, Sendable {
    private let descriptor: OwnedDescriptor
    public let size: UInt64

    /// - Parameter size: the length of the version that is planned.
    init(_ descriptor: OwnedDescriptor, size: UInt64) {
        self.descriptor = descriptor
        self.size = size
    }

    /// - Throws: `Errno`.
    public func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        try descriptor.readFully(into: buffer, at: offset, end: size)
    }
}

extension OwnedDescriptor {
    /// Reads from `offset` until `buffer` is full or `end` or the end of the file is reached.
    func readFully(
        into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64, end: UInt64
    ) throws(Errno) -> Int {
        guard offset < end, let start = buffer.baseAddress else { return 0 }
        let wanted = Int(min(UInt64(buffer.count), end - offset))
        guard let position = off_t(exactly: offset) else { throw .invalidArgument }
        guard !position.addingReportingOverflow(off_t(wanted)).overflow else { throw .invalidArgument }
        var done = 0
        while done < wanted {
            let count = try retryingLength { pread(raw, start + done, wanted - done, position + off_t(done)) }
            if count == 0 { break }
            done += count
        }
        return done
    }

    /// Writes all of `bytes` at `offset`.
    func writeFully(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(Errno) {
        guard let start = bytes.baseAddress else { return }
        guard let position = off_t(exactly: offset),
            !position.addingReportingOverflow(off_t(bytes.count)).overflow
        else { throw .fileTooLarge }
        var done = 0
        while done < bytes.count {
            let count = try retryingLength { pwrite(raw, start + done, bytes.count - done, position + off_t(done)) }
            if count == 0 { throw .ioError }
            done += count
        }
    }
}
