/// Where a parser gets a file's bytes from: something of known length that can be read at any offset.
///
/// A planner never holds a whole file. It asks for headers and indexes, and skips pixels and samples.
/// Implementations need not be thread-safe: one planning run uses its source from one thread.
public protocol ByteSource {
    /// Length of the file in bytes, fixed for the whole planning run.
    var size: UInt64 { get }

    /// Reads up to `buffer.count` bytes at `offset`.
    ///
    /// - Returns: how many bytes were read; fewer than asked for only at the end of the file, 0 behind it.
    /// - Throws: whatever the medium reports. A planner passes it on and makes no plan.
    func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws -> Int
}

/// Bytes in memory as a source: tests, fuzzing, and media nested in other media.
public struct MemorySource: ByteSource {
    public let bytes: [UInt8]

    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    public var size: UInt64 { UInt64(bytes.count) }

    public func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard offset < UInt64(bytes.count) else { return 0 }
        let start = Int(offset)
        let count = min(buffer.count, bytes.count - start)
        bytes.withUnsafeBytes { buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[start..<start + count])) }
        return count
    }
}
