import CBrotli
import CZlib

/// What a reader may get out of the compressed streams of a file, also of damaged ones: as far as they go.
enum Unpacked {
    private static let limit = 64 << 10

    /// The content of each stream, of zlib or brotli, that begins behind `head`.
    static func parts(of file: [UInt8], behind head: [UInt8]) -> [[UInt8]] {
        file.ranges(of: head).flatMap { place in
            let stream = Array(file[place.upperBound...])
            return [inflated(stream), decompressed(stream)]
        }
    }

    private static func inflated(_ bytes: [UInt8]) -> [UInt8] {
        var stream = z_stream()
        guard inflateInit_(&stream, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else { return [] }
        defer { inflateEnd(&stream) }
        var input = bytes
        var output = [UInt8](repeating: 0, count: limit)
        let count = input.withUnsafeMutableBufferPointer { source in
            output.withUnsafeMutableBufferPointer { target in
                stream.next_in = source.baseAddress
                stream.avail_in = uInt(source.count)
                stream.next_out = target.baseAddress
                stream.avail_out = uInt(target.count)
                _ = inflate(&stream, Z_SYNC_FLUSH)
                return Int(stream.total_out)
            }
        }
        return Array(output.prefix(count))
    }

    private static func decompressed(_ bytes: [UInt8]) -> [UInt8] {
        guard let decoder = BrotliDecoderCreateInstance(nil, nil, nil) else { return [] }
        defer { BrotliDecoderDestroyInstance(decoder) }
        var output = [UInt8](repeating: 0, count: limit)
        var left = limit
        bytes.withUnsafeBufferPointer { source in
            output.withUnsafeMutableBufferPointer { target in
                var from = source.baseAddress
                var available = source.count
                var to = target.baseAddress
                _ = BrotliDecoderDecompressStream(decoder, &available, &from, &left, &to, nil)
            }
        }
        return Array(output.prefix(limit - left))
    }
}
