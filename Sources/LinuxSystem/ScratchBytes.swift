import SystemPackage

/// The bytes that `fill` wrote into a buffer of `capacity` bytes.
///
/// - Parameter fill: gets the buffer and returns how many of its bytes are valid.
public func scratchBytes(
    capacity: Int, _ fill: (UnsafeMutableRawBufferPointer) throws(Errno) -> Int
) throws(Errno) -> [UInt8] {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 16)
    defer { buffer.deallocate() }
    let count = try fill(buffer)
    return Array(buffer[..<min(max(count, 0), capacity)])
}
