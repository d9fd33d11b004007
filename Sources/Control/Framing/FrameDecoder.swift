import Glibc

/// Cuts a stream of bytes into messages, each ended by a NUL (Varlink's framing).
///
/// Holds at most `limit` bytes of an unfinished message, and looks at every byte once however small the pieces are.
public struct FrameDecoder: Sendable {
    /// Bytes of the longest message, its NUL not counted.
    public let limit: Int
    private var pending: [UInt8] = []

    public init(limit: Int) { self.limit = limit }

    public struct TooLong: Error {}

    /// Whether a message has begun and not ended.
    public var isInside: Bool { !pending.isEmpty }

    /// Bytes of the unfinished message so far.
    var pendingCount: Int { pending.count }

    /// Takes the next bytes of the stream and returns the messages that they complete, in order.
    ///
    /// - Throws: ``TooLong``; the decoder is of no more use then.
    public mutating func append(_ bytes: UnsafeRawBufferPointer) throws(TooLong) -> [[UInt8]] {
        var messages: [[UInt8]] = []
        var rest = bytes[...]
        while let end = Self.firstNUL(in: rest) {
            guard end - rest.startIndex <= limit - pending.count else { throw TooLong() }
            pending.append(contentsOf: rest[..<end])
            messages.append(pending)
            pending = []
            rest = rest[(end + 1)...]
        }
        guard rest.count <= limit - pending.count else { throw TooLong() }
        pending.append(contentsOf: rest)
        return messages
    }

    private static func firstNUL(in bytes: Slice<UnsafeRawBufferPointer>) -> Int? {
        let memory = UnsafeRawBufferPointer(rebasing: bytes)
        guard let start = memory.baseAddress, let found = memchr(start, 0, memory.count) else { return nil }
        return bytes.startIndex + (UnsafeRawPointer(found) - start)
    }
}
