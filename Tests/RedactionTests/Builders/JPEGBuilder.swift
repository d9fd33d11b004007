/// A small JPEG of segments; its pixels need no decoder to like them.
struct JPEGBuilder {
    var segments: [[UInt8]] = []
    var scan: [UInt8] = [0x12, 0x34, 0xFF, 0x00, 0x56, 0xFF, 0xD0, 0x78]
    var trailer: [UInt8] = []
    var hasEnd = true

    static func segment(_ code: UInt8, _ payload: [UInt8]) -> [UInt8] {
        [0xFF, code, UInt8((payload.count + 2) >> 8), UInt8((payload.count + 2) & 0xFF)] + payload
    }

    static func exif(_ block: [UInt8]) -> [UInt8] { segment(0xE1, Array("Exif\0\0".utf8) + block) }

    static func xmp(_ packet: [UInt8]) -> [UInt8] {
        segment(0xE1, Array("http://ns.adobe.com/xap/1.0/\0".utf8) + packet)
    }

    static func extendedXMP(_ packet: [UInt8], part: Int) -> [[UInt8]] {
        let guid = Array("0123456789ABCDEF0123456789ABCDEF".utf8)
        func big(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }
        return stride(from: 0, to: packet.count, by: part).map { offset in
            segment(
                0xE1,
                Array("http://ns.adobe.com/xmp/extension/\0".utf8) + guid + big(packet.count) + big(offset)
                    + packet[offset..<min(packet.count, offset + part)])
        }
    }

    static func photoshop(_ resources: [UInt8]) -> [UInt8] { segment(0xED, Array("Photoshop 3.0\0".utf8) + resources) }

    static func resource(_ id: UInt16, _ data: [UInt8]) -> [UInt8] {
        let count = data.count
        return Array("8BIM".utf8) + [UInt8(id >> 8), UInt8(id & 0xFF), 0, 0]
            + (0..<4).map { UInt8(truncatingIfNeeded: count >> (24 - 8 * $0)) } + data + (count % 2 == 1 ? [0] : [])
    }

    static func dataset(_ number: UInt8, _ text: String) -> [UInt8] {
        [0x1C, 2, number, UInt8(text.utf8.count >> 8), UInt8(text.utf8.count & 0xFF)] + Array(text.utf8)
    }

    var bytes: [UInt8] {
        let tables = Self.segment(0xDB, [UInt8](repeating: 1, count: 65))
        let frame = Self.segment(0xC0, [8, 0, 1, 0, 1, 1, 1, 0x11, 0])
        let start = Self.segment(0xDA, [1, 1, 0, 0, 63, 0])
        return [0xFF, 0xD8] + segments.flatMap { $0 } + tables + frame + start + scan + (hasEnd ? [0xFF, 0xD9] : [])
            + trailer
    }

    init(_ segments: [[UInt8]] = [], trailer: [UInt8] = []) {
        self.segments = segments
        self.trailer = trailer
    }
}
