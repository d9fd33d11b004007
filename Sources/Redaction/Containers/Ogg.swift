/// Ogg (RFC 3533): the comments of Vorbis, Opus, Theora, FLAC and Speex streams.
///
/// A file may be several streams, one behind the other ("chained"), each with its own comments, and nothing says where
/// they begin: all pages are walked, in large pieces.
enum Ogg: Container {
    static let name = "Ogg"

    static let capture = Array("OggS".utf8)

    static func matches(_ head: [UInt8], _ walk: Walk, _ range: Range<UInt64>) -> Bool {
        head.count >= OggPage.fixed && head.starts(with: capture)
    }

    static func plan(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        let streams = OggStreams(try walk.nested())
        var position = range.lowerBound
        let block = UInt64(walk.reader.limits.memory / 2)
        do {
            while position < range.upperBound {
                let count = Int(min(block, range.upperBound - position))
                let bytes = try walk.reader.bytes(at: position, count: count)
                let isLast = position + UInt64(count) == range.upperBound
                let used = try pages(streams, bytes, at: position, isLast: isLast)
                if isLast { break }
                position += UInt64(max(1, used))
            }
        } catch {
            guard case .limit(let reason) = error else { throw error }
            // Whatever follows may hold comments.
            walk.draft.blank(
                position..<range.upperBound, kind: "rest of the stream",
                reason: "rest of the stream blanked: \(reason)")
        }
        try streams.finish()
    }

    /// - Returns: how many bytes are done with; a page that goes on behind them is left.
    private static func pages(
        _ streams: OggStreams, _ bytes: [UInt8], at offset: UInt64, isLast: Bool
    ) throws(PlanningError) -> Int {
        var index = 0
        while index < bytes.count {
            let page = OggPage(bytes, index, at: offset)
            if let page, page.end <= bytes.count {
                try streams.add(page, bytes, at: offset)
                // A page whose lengths are damaged swallows the next one, which readers find by its capture pattern.
                let inner = Bytes.firstIndex(of: capture, in: bytes, from: page.segments.upperBound)
                index = inner.map { min($0, page.end) } ?? page.end
                continue
            }
            // A page that is not whole: the next piece begins with it, or it was cut off.
            if !isLast, page != nil || bytes.count - index < OggPage.longest { return index }
            let rest = offset + UInt64(index)..<offset + UInt64(bytes.count)
            if let next = Bytes.firstIndex(of: capture, in: bytes, from: index + 1) {
                streams.walk.draft.blank(
                    rest.lowerBound..<offset + UInt64(next), kind: "between pages",
                    reason: "bytes between pages of the stream blanked")
                index = next
            } else if isLast {
                try streams.rest(rest, isPage: page != nil)
                return bytes.count
            } else {
                // The capture pattern may begin at the very end.
                let end = bytes.count - (capture.count - 1)
                streams.walk.draft.blank(
                    rest.lowerBound..<offset + UInt64(end), kind: "between pages",
                    reason: "bytes between pages of the stream blanked")
                return end
            }
        }
        return index
    }
}

/// The header of a page (RFC 3533, 6), as it stands in a piece of the file.
struct OggPage {
    static let fixed = 27
    static let longest = fixed + 255 + 255 * 255

    let flags: UInt8
    let serial: UInt32
    /// Index of the first byte in the piece.
    let start: Int
    let segments: Range<Int>
    let end: Int

    var isFirst: Bool { flags & 2 != 0 }
    var isContinued: Bool { flags & 1 != 0 }

    /// `nil` if there is no page at `start`, or not all of its header.
    init?(_ bytes: [UInt8], _ start: Int, at offset: UInt64) {
        guard bytes.count - start >= Self.fixed, bytes[start..<start + 4].elementsEqual(Ogg.capture),
            bytes[start + 4] == 0
        else { return nil }
        let segments = start + Self.fixed..<start + Self.fixed + Int(bytes[start + 26])
        guard segments.upperBound <= bytes.count else { return nil }
        self.start = start
        self.segments = segments
        flags = bytes[start + 5]
        serial = bytes[start + 14..<start + 18].reversed().reduce(0) { $0 << 8 | UInt32($1) }
        end = bytes[segments].reduce(segments.upperBound) { $0 + Int($1) }
    }

    /// Checksum of a page whose own is zero: polynomial 0x04C11DB7, not reflected, beginning with 0.
    static func checksum(_ bytes: [UInt8]) -> UInt32 {
        bytes.reduce(0) { $0 << 8 ^ table[Int(UInt8(truncatingIfNeeded: $0 >> 24) ^ $1)] }
    }

    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte) << 24) { crc, _ in crc << 1 ^ (crc >> 31 == 1 ? 0x04C1_1DB7 : 0) }
    }
}
