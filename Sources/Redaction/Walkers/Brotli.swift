import CBrotli

/// What is wanted of brotli: looking into the compressed boxes of JPEG XL, and writing them anew.
enum Brotli {
    /// A window of 64 KiB: with larger ones the encoder holds tens of megabytes.
    private static let window: Int32 = 16
    /// Beyond it the best qualities take too long.
    private static let shortText = 16 << 10

    /// At most `limit` bytes of what is made of `bytes`; nil if that is more or they are not brotli.
    static func decompressed(_ bytes: [UInt8], limit: UInt64) -> [UInt8]? {
        var output = [UInt8](repeating: 0, count: Int(limit))
        var size = output.count
        guard BrotliDecoderDecompress(bytes.count, bytes, &size, &output) == BROTLI_DECODER_RESULT_SUCCESS else {
            return nil
        }
        output.removeLast(output.count - size)
        return output
    }

    /// Qualities that `bytes` are worth compressing with, the best one first.
    static func qualities(for bytes: [UInt8]) -> [Int32] {
        (bytes.count <= shortText ? [11, 10] : []) + [9, 8, 7, 6, 5]
    }

    /// nil if the encoder fails.
    static func compressed(_ bytes: [UInt8], quality: Int32) -> [UInt8]? {
        var size = BrotliEncoderMaxCompressedSize(bytes.count)
        var output = [UInt8](repeating: 0, count: size)
        let isDone = BrotliEncoderCompress(
            quality, window, BROTLI_MODE_GENERIC, bytes.count, bytes, &size, &output)
        return isDone != 0 ? Array(output.prefix(size)) : nil
    }
}
