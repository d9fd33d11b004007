/// Ogg files for tests: pages of one or more logical streams.
struct OggBuilder {
    private(set) var bytes: [UInt8] = []
    private var sequence: [UInt32: UInt32] = [:]

    static func little(_ value: UInt64, _ width: Int) -> [UInt8] {
        (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
    }

    /// Checksum bit by bit, as RFC 3533 describes it.
    static func checksum(_ bytes: [UInt8]) -> UInt32 {
        var crc: UInt32 = 0
        for byte in bytes {
            crc ^= UInt32(byte) << 24
            for _ in 0..<8 { crc = crc & 0x8000_0000 != 0 ? crc << 1 ^ 0x04C1_1DB7 : crc << 1 }
        }
        return crc
    }

    /// The pages of one packet, with at most `segments` segments each.
    mutating func packet(_ data: [UInt8], serial: UInt32 = 7, isFirst: Bool = false, segments: Int = 255) {
        var lacing = [UInt8](repeating: 255, count: data.count / 255) + [UInt8(data.count % 255)]
        var rest = data[...]
        var isContinued = false
        while !lacing.isEmpty {
            let here = Array(lacing.prefix(segments))
            let count = here.reduce(0) { $0 + Int($1) }
            page(Array(rest.prefix(count)), here, serial, (isContinued ? 1 : 0) | (isFirst ? 2 : 0))
            lacing.removeFirst(here.count)
            rest = rest.dropFirst(count)
            isContinued = true
        }
    }

    /// One page with these lengths of segments.
    mutating func page(_ data: [UInt8], _ lacing: [UInt8], _ serial: UInt32 = 7, _ flags: UInt8 = 0) {
        let number = sequence[serial, default: 0]
        sequence[serial] = number + 1
        let start = Array("OggS".utf8) + [0, flags] + [UInt8](repeating: 0, count: 8) + Self.little(UInt64(serial), 4)
        let head = start + Self.little(UInt64(number), 4)
        let rest = [UInt8(lacing.count)] + lacing + data
        bytes += head + Self.little(UInt64(Self.checksum(head + [0, 0, 0, 0] + rest)), 4) + rest
    }

    /// A list of comments.
    static func comments(_ list: [String]) -> [UInt8] {
        little(4, 4) + Array("Veil".utf8) + little(UInt64(list.count), 4)
            + list.flatMap { little(UInt64($0.utf8.count), 4) + Array($0.utf8) }
    }

    /// Vorbis: identification, comments, setup, sound.
    static func vorbis(_ list: [String], segments: Int = 255, serial: UInt32 = 7) -> [UInt8] {
        var builder = OggBuilder()
        builder.packet([1] + Array("vorbis".utf8) + [UInt8](repeating: 2, count: 23), serial: serial, isFirst: true)
        builder.packet([3] + Array("vorbis".utf8) + comments(list) + [1], serial: serial, segments: segments)
        builder.packet([5] + Array("vorbis codebooks".utf8), serial: serial)
        for _ in 0..<3 { builder.packet(Array("sound".utf8), serial: serial) }
        return builder.bytes
    }

    /// Whether all pages stand one behind the other, with right checksums.
    static func isValid(_ bytes: [UInt8]) -> Bool {
        var start = 0
        while start + 27 <= bytes.count {
            guard bytes[start..<start + 4].elementsEqual(Array("OggS".utf8)) else { return false }
            let segments = Int(bytes[start + 26])
            guard start + 27 + segments <= bytes.count else { return false }
            let end = bytes[start + 27..<start + 27 + segments].reduce(start + 27 + segments) { $0 + Int($1) }
            guard end <= bytes.count else { return false }
            var page = Array(bytes[start..<end])
            let stored = Array(page[22..<26])
            page.replaceSubrange(22..<26, with: [0, 0, 0, 0])
            guard stored == little(UInt64(checksum(page)), 4) else { return false }
            start = end
        }
        return start == bytes.count
    }
}
