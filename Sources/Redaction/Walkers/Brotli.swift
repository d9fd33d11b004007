import CBrotli

/// What is wanted of brotli: looking into the compressed boxes of JPEG XL, and writing them anew.
enum Brotli {
    /// A window of 64 KiB: with larger ones the encoder holds tens of megabytes.
    private static let window: Int32 = 16
    /// Beyond it the best qualities take too long.
    private static let shortText = 16 << 10

    /// At most `limit` bytes of what is made of `bytes`; nil if that is more or they are not brotli.
    static func decompressed(_ bytes: [UInt8], limit: UInt64) -> [UInt8]? {
        var isWhole = false
        // What is not needed is not touched.
        let output = [UInt8](unsafeUninitializedCapacity: Int(limit)) { buffer, count in
            var size = buffer.count
            isWhole =
                BrotliDecoderDecompress(bytes.count, bytes, &size, buffer.baseAddress) == BROTLI_DECODER_RESULT_SUCCESS
            count = isWhole ? size : 0
        }
        return isWhole ? output : nil
    }

    /// The content of a stream that ends with `bytes`; nil if there is none, or a longer one.
    static func whole(_ bytes: ArraySlice<UInt8>, limit: Int) -> [UInt8]? {
        guard let decoder = BrotliDecoderCreateInstance(nil, nil, nil) else { return nil }
        defer { BrotliDecoderDestroyInstance(decoder) }
        var content: [UInt8] = []
        return bytes.withUnsafeBufferPointer { source -> [UInt8]? in
            var next = source.baseAddress
            var left = source.count
            while true {
                // The decoder hands out what it has, in pieces of its own.
                var none = 0
                let status = BrotliDecoderDecompressStream(decoder, &left, &next, &none, nil, nil)
                guard status != BROTLI_DECODER_RESULT_ERROR else { return nil }
                var count = 0
                while let piece = BrotliDecoderTakeOutput(decoder, &count), count > 0 {
                    guard content.count + count <= limit else { return nil }
                    content += UnsafeBufferPointer(start: piece, count: count)
                    count = 0
                }
                if BrotliDecoderIsFinished(decoder) != 0 { return left == 0 ? content : nil }
                guard status == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT else { return nil }
            }
        }
    }

    /// Qualities that `bytes` are worth compressing with, the best one first.
    static func qualities(for bytes: [UInt8]) -> [Int32] {
        (bytes.count <= shortText ? [11, 10] : []) + [9, 8, 7, 6, 5]
    }

    /// nil if the encoder fails.
    ///
    /// - Parameter padding: bytes of a block that decoders pass over, and that costs two or three more; none if nil.
    static func compressed(_ bytes: [UInt8], quality: Int32, padding: Int? = nil) -> [UInt8]? {
        guard let encoder = BrotliEncoderCreateInstance(nil, nil, nil) else { return nil }
        defer { BrotliEncoderDestroyInstance(encoder) }
        BrotliEncoderSetParameter(encoder, BROTLI_PARAM_QUALITY, UInt32(quality))
        BrotliEncoderSetParameter(encoder, BROTLI_PARAM_LGWIN, UInt32(window))
        BrotliEncoderSetParameter(encoder, BROTLI_PARAM_SIZE_HINT, UInt32(bytes.count))
        var output = [UInt8](repeating: 0, count: BrotliEncoderMaxCompressedSize(bytes.count) + (padding ?? 0) + 64)
        let count = output.withUnsafeMutableBufferPointer { target -> Int? in
            var next = target.baseAddress
            var room = target.count
            func feed(_ input: [UInt8], _ operation: BrotliEncoderOperation) -> Bool {
                input.withUnsafeBufferPointer { source in
                    var from = source.baseAddress
                    var left = source.count
                    repeat {
                        let before = (left, room)
                        guard BrotliEncoderCompressStream(encoder, operation, &left, &from, &room, &next, nil) != 0
                        else { return false }
                        guard left > 0 || BrotliEncoderHasMoreOutput(encoder) != 0 else { return true }
                        guard before != (left, room) else { return false }
                    } while true
                }
            }
            guard feed(bytes, BROTLI_OPERATION_PROCESS) else { return nil }
            if let padding {
                let zeros = [UInt8](repeating: 0, count: padding)
                guard feed(zeros, BROTLI_OPERATION_EMIT_METADATA) else { return nil }
            }
            guard feed([], BROTLI_OPERATION_FINISH), BrotliEncoderIsFinished(encoder) != 0 else { return nil }
            return target.count - room
        }
        return count.map { Array(output.prefix($0)) }
    }
}
