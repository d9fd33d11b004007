import Glibc

/// What is left of location where a structure is damaged: found by what it looks like, not by what points to it.
enum Salvage {
    private static let chunk: UInt64 = 64 << 10

    /// Searches a range whose structure is lost: TIFF structures, XMP packets, videos, and coordinates as rationals.
    static func plan(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        try Trailer.plan(walk, range, inScan: true)
        try remains(walk, range)
    }

    /// Searches a range in which no structure is left: coordinates as rationals and as text, and ends of XMP packets.
    static func remains(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        try coordinates(walk, range)
        try text(walk, range)
    }

    /// The end of a packet whose beginning is lost, back to the first byte that is no text.
    private static func tail(_ walk: Walk, _ bytes: [UInt8], at position: UInt64) {
        for mark in ["</x:xmpmeta>", "</rdf:RDF>"] {
            guard let found = Bytes.firstIndex(of: mark, in: bytes) else { continue }
            let start = bytes[..<found].lastIndex { $0 < 0x20 && $0 != 0x0A && $0 != 0x0D && $0 != 0x09 } ?? -1
            let end = found + mark.utf8.count
            let heads = ["<?xpacket begin", "<x:xmpmeta"]
            let run = Array(bytes[(start + 1)..<end])
            guard !heads.contains(where: { Bytes.firstIndex(of: $0, in: run) != nil }) else { continue }
            walk.draft.blank(
                position + UInt64(start + 1)..<position + UInt64(end), with: 0x20, kind: "XMP",
                reason: "XMP blanked: its beginning is lost")
        }
    }

    /// Blanks coordinates in text that are long enough not to be there by chance.
    private static func text(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        var position = range.lowerBound
        while position < range.upperBound {
            let count = min(chunk, range.upperBound - position)
            let bytes = try walk.reader.bytes(at: position, count: Int(count))
            tail(walk, bytes, at: position)
            for found in LocationText.coordinates(in: bytes) where found.count >= 8 {
                let lower = position + UInt64(found.lowerBound)
                walk.draft.patch(lower..<lower + UInt64(found.count), .fill(0x20), "coordinates in damaged data")
            }
            position += position + count == range.upperBound ? count : count - 128
        }
    }

    /// Zeroes coordinates as Exif stores them: three rationals (degrees, minutes, seconds) in a row, in either byte order.
    static func coordinates(
        _ walk: Walk, _ range: Range<UInt64>, _ orders: [ByteOrder] = [.little, .big]
    ) throws(PlanningError) {
        var position = range.lowerBound
        while range.upperBound - position >= 24 {
            let count = min(chunk, range.upperBound - position)
            let bytes = try walk.reader.bytes(at: position, count: Int(count))
            for order in orders {
                for found in triples(in: bytes, order) {
                    let start = position + UInt64(found)
                    walk.draft.patch(start..<start + 24, .fill(0), "coordinates without an entry")
                }
            }
            position += position + count == range.upperBound ? count : count - 24
        }
    }

    /// Denominators of degrees and minutes; those of seconds are anything.
    private static let powers: [UInt64] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000]

    /// Whether 24 bytes are three such rationals.
    private static func isTriple(_ bytes: UnsafeRawBufferPointer, _ order: ByteOrder) -> Bool {
        func number(_ at: Int) -> UInt64 {
            let value = bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self)
            return UInt64(order == .big ? UInt32(bigEndian: value) : UInt32(littleEndian: value))
        }
        let degreesOf = number(4)
        // Of zeros, and of all else that is no table of rationals, nothing more is asked.
        guard powers.contains(degreesOf) else { return false }
        let (degrees, minutes, minutesOf) = (number(0), number(8), number(12))
        let (seconds, secondsOf) = (number(16), number(20))
        guard powers.contains(minutesOf), secondsOf > 0, degrees > 0 else { return false }
        guard degrees <= 180 * degreesOf, minutes < 60 * minutesOf, seconds < 60 * secondsOf else { return false }
        // Lenses and tables are written in ones and tens; positions have more decimals somewhere.
        return degreesOf == 1 ? minutesOf >= 100 || secondsOf >= 100 : degreesOf >= 1_000
    }

    /// Offsets of three rationals that are degrees, minutes and seconds of something else than zero.
    static func triples(in bytes: [UInt8], _ order: ByteOrder) -> [Int] {
        guard bytes.count >= 24 else { return [] }
        var result: [Int] = []
        bytes.withUnsafeBufferPointer { bytes in
            guard let base = UnsafeRawPointer(bytes.baseAddress) else { return }
            // A denominator is at most 16,777,215: its highest byte is zero, and that of all three.
            let high = order == .big ? 4 : 7
            var index = 0
            while index + 24 <= bytes.count {
                if bytes[index + high] != 0 {
                    guard let zero = memchr(base + index + high, 0, bytes.count - index - high) else { return }
                    index = UnsafeRawPointer(zero) - base - high
                    continue
                }
                guard bytes[index + high + 8] == 0, bytes[index + high + 16] == 0,
                    isTriple(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[index..<index + 24]), order)
                else {
                    index += 1
                    continue
                }
                result.append(index)
                index += 24
            }
        }
        return result
    }
}
