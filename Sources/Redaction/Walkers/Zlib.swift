import CZlib

/// What is wanted of zlib: looking into compressed text, and the CRC of PNG.
enum Zlib {
    static var startCRC: UInt { UInt(crc32(0, nil, 0)) }

    static func crc(_ bytes: [UInt8], after crc: UInt) -> UInt {
        bytes.withUnsafeBufferPointer { UInt(crc32(uLong(crc), $0.baseAddress, uInt($0.count))) }
    }

    /// The CRC of `bytes` and `count` zeros, in steps of doubling.
    static func crcOfZeros(after bytes: [UInt8], count: UInt64) -> UInt {
        var crc = crc(bytes, after: startCRC)
        var power = Self.crc([0], after: startCRC)
        var length: UInt64 = 1
        var rest = count
        while rest > 0 {
            if rest & 1 == 1 { crc = UInt(crc32_combine(uLong(crc), uLong(power), Int(length))) }
            power = UInt(crc32_combine(uLong(power), uLong(power), Int(length)))
            length &<<= 1
            rest >>= 1
        }
        return crc
    }

    /// `bytes` as a zlib stream; `nil` if zlib fails.
    ///
    /// - Parameter flushes: where the stream is brought to a byte boundary on the way, which makes it a few bytes longer.
    static func deflate(_ bytes: [UInt8], level: Int, flushes: [Int] = []) -> [UInt8]? {
        var stream = z_stream()
        guard deflateInit_(&stream, Int32(level), ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            return nil
        }
        defer { deflateEnd(&stream) }
        var input = bytes
        var result = [UInt8](repeating: 0, count: Int(compressBound(uLong(bytes.count))) + 16 * flushes.count)
        let isDone = result.withUnsafeMutableBufferPointer { target in
            input.withUnsafeMutableBufferPointer { source in
                stream.next_in = source.baseAddress
                stream.next_out = target.baseAddress
                stream.avail_out = uInt(target.count)
                var done = 0
                for end in flushes.filter({ $0 <= bytes.count }).sorted() {
                    stream.avail_in = uInt(end - done)
                    guard CZlib.deflate(&stream, Z_SYNC_FLUSH) == Z_OK, stream.avail_in == 0 else { return false }
                    done = end
                }
                stream.avail_in = uInt(bytes.count - done)
                return CZlib.deflate(&stream, Z_FINISH) == Z_STREAM_END
            }
        }
        return isDone ? Array(result.prefix(Int(stream.total_out))) : nil
    }

    /// The inflated bytes of a zlib stream; `nil` if it is damaged or longer than `limit`.
    static func inflate(_ bytes: [UInt8], limit: Int) -> [UInt8]? {
        let (content, isWhole) = beginning(of: bytes, limit: limit)
        return isWhole ? content : nil
    }

    /// What can be inflated of a zlib stream up to where it is damaged or longer than `limit`, and whether that is all.
    static func beginning(of bytes: [UInt8], limit: Int) -> (content: [UInt8], isWhole: Bool) {
        var stream = z_stream()
        guard inflateInit_(&stream, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            return ([], false)
        }
        defer { inflateEnd(&stream) }
        var result: [UInt8] = []
        var input = bytes
        return input.withUnsafeMutableBufferPointer { source in
            stream.next_in = source.baseAddress
            stream.avail_in = uInt(source.count)
            var chunk = [UInt8](repeating: 0, count: 16 << 10)
            while true {
                let status = chunk.withUnsafeMutableBufferPointer { target in
                    stream.next_out = target.baseAddress
                    stream.avail_out = uInt(target.count)
                    return CZlib.inflate(&stream, Z_NO_FLUSH)
                }
                let produced = chunk.count - Int(stream.avail_out)
                guard result.count + produced <= limit else { return (result, false) }
                result += chunk[..<produced]
                if status == Z_STREAM_END { return (result, true) }
                guard status == Z_OK, produced > 0 || stream.avail_in > 0 else { return (result, false) }
            }
        }
    }
}
