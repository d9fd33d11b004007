/// MPEG transport streams for tests: one elementary stream, or several.
struct TransportBuilder {
    /// 188; 192 with a time stamp in front of each packet; 204 with a checksum behind.
    var stride = 188
    private(set) var bytes: [UInt8] = []
    private var counters: [Int: UInt8] = [:]

    init(stride: Int = 188) { self.stride = stride }

    /// The packets of one PES packet with `data`; `split` cuts the first of them short, so that data goes on in the next.
    mutating func add(pid: Int, streamID: UInt8, _ data: [UInt8], split: Int? = nil) {
        let pes: [UInt8] = [0, 0, 1, streamID, 0, 0, 0x80, 0, 0] + data
        var rest = pes[...]
        var isFirst = true
        while !rest.isEmpty {
            let count = min(isFirst ? split ?? 184 : 184, rest.count)
            packet(pid, isFirst, Array(rest.prefix(count)))
            rest = rest.dropFirst(count)
            isFirst = false
        }
    }

    /// One packet, stuffed with an adaptation field.
    private mutating func packet(_ pid: Int, _ isFirst: Bool, _ payload: [UInt8]) {
        let counter = counters[pid, default: 0]
        counters[pid] = (counter + 1) & 15
        if stride == 192 { bytes += [0, 1, 2, 3] }
        let stuffing = 184 - payload.count
        bytes += [
            0x47, (isFirst ? 0x40 : 0) | UInt8(pid >> 8), UInt8(pid & 255), (stuffing > 0 ? 0x30 : 0x10) | counter,
        ]
        if stuffing > 0 { bytes.append(UInt8(stuffing - 1)) }
        if stuffing > 1 { bytes += [0] + [UInt8](repeating: 0xFF, count: stuffing - 2) }
        bytes += payload
        if stride == 204 { bytes += [UInt8](repeating: 0xEE, count: 16) }
    }

    // MARK: H.264

    /// Modified DV packs in an SEI message, between an access unit delimiter and a slice.
    static func picture(_ entries: [(tag: UInt8, value: [UInt8])], slice: String = "A slice") -> [UInt8] {
        let pack =
            ModifiedPack.uuid + Array("MDPM".utf8) + [UInt8(entries.count)] + entries.flatMap { [$0.tag] + $0.value }
        return [0, 0, 0, 1, 9, 0x10, 0, 0, 1, 6] + prevented([5, UInt8(pack.count)] + pack + [0x80])
            + [0, 0, 1, 0x65] + Array(slice.utf8)
    }

    /// With emulation prevention bytes.
    static func prevented(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var zeros = 0
        for byte in bytes {
            if zeros >= 2, byte <= 3 {
                result.append(3)
                zeros = 0
            }
            result.append(byte)
            zeros = byte == 0 ? zeros + 1 : 0
        }
        return result
    }

    /// What a decoder makes of a stream: the payloads of a PID, without emulation prevention bytes.
    static func decoded(_ bytes: [UInt8], pid: Int, stride: Int) -> [UInt8] {
        var result: [UInt8] = []
        for start in Swift.stride(from: stride == 192 ? 4 : 0, to: bytes.count - 187, by: stride) {
            let packet = Array(bytes[start..<start + 188])
            guard Int(packet[1] & 0x1F) << 8 | Int(packet[2]) == pid else { continue }
            result += packet[(packet[3] & 0x20 == 0 ? 4 : 5 + Int(packet[4]))...]
        }
        var zeros = 0
        return result.filter { byte in
            let isPrevention = zeros >= 2 && byte == 3
            zeros = byte == 0 ? zeros + 1 : 0
            return !isPrevention
        }
    }
}

enum ModifiedPack {
    static let uuid: [UInt8] = [
        0x17, 0xEE, 0x8C, 0x60, 0xF8, 0x4D, 0x11, 0xD9, 0x8C, 0xD6, 0x08, 0x00, 0x20, 0x0C, 0x9A, 0x66,
    ]

    /// Date, shutter, a position, make and model: as a camera of AVCHD writes them.
    static let entries: [(tag: UInt8, value: [UInt8])] = [
        (0x18, [0x01, 0x20, 0x26, 0x07]), (0x19, [0x14, 0x12, 0x34, 0x56]), (0x7F, [0xFF, 0x28, 0x80, 0xFF]),
        (0xB0, [2, 3, 0, 0]), (0xB1, [0x4E, 0, 0, 0]), (0xB2, [0, 48, 0, 1]), (0xB3, [0, 51, 0, 1]),
        (0xB4, [0x13, 0x57, 0x00, 0x64]), (0xB5, [0x45, 0, 0, 0]), (0xB6, [0, 0, 0, 2]), (0xB7, [0, 17, 0, 1]),
        (0xB8, [0x24, 0x68, 0x00, 0x64]), (0xBE, [0x41, 0, 0, 0]), (0xC7, Array("WGS-".utf8)),
        (0xC8, Array("84\0\0".utf8)), (0xE0, [1, 3, 0x12, 0x34]),
    ]
    static let secrets: [[UInt8]] = [
        [0xB4, 0x13, 0x57, 0x00, 0x64], [0xB8, 0x24, 0x68, 0x00, 0x64], Array("WGS-".utf8),
    ]
    static let kept: [[UInt8]] = [
        [0x18, 0x01, 0x20, 0x26, 0x07], [0x7F, 0xFF, 0x28, 0x80, 0xFF], [0xE0, 1, 3, 0x12, 0x34],
    ]
}
