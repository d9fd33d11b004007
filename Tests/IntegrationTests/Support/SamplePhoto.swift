/// A small JPEG whose Exif and XMP carry a location that can be searched for.
enum SamplePhoto {
    /// The latitude's rationals as they stand in the Exif block (big-endian): no other part of the file has them.
    static let needle: [UInt8] = [
        0, 0, 0, 48, 0, 0, 0, 1, 0, 0, 0, 51, 0, 0, 0, 1, 0x5e, 0xed, 0xbe, 0xef, 0, 0, 0, 100,
    ]
    /// The latitude in the XMP packet.
    static let xmpNeedle = Array("48,51.49831N".utf8)

    static func bytes(comment: String = "") -> [UInt8] {
        var file: [UInt8] = [0xff, 0xd8]
        file += segment(0xe1, Array("Exif\0\0".utf8) + exif)
        file += segment(0xe1, Array("http://ns.adobe.com/xap/1.0/\0".utf8) + xmp)
        if !comment.isEmpty { file += segment(0xfe, Array(comment.utf8)) }
        // Tables and one scan of no meaning: parsers of metadata stop here, decoders are not asked.
        file += segment(0xdb, [0] + [UInt8](repeating: 1, count: 64))
        file += segment(0xc0, [8, 0, 8, 0, 8, 1, 1, 0x11, 0])
        file += segment(0xda, [1, 1, 0, 0, 63, 0]) + [0x12, 0x34, 0x56] + [0xff, 0xd9]
        return file
    }

    private static func segment(_ marker: UInt8, _ payload: [UInt8]) -> [UInt8] {
        let length = payload.count + 2
        return [0xff, marker, UInt8(length >> 8), UInt8(length & 255)] + payload
    }

    private static func u16(_ value: Int) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 255)] }
    private static func u32(_ value: Int) -> [UInt8] { u16(value >> 16) + u16(value & 0xffff) }
    private static func entry(_ tag: Int, _ type: Int, _ count: Int, _ value: [UInt8]) -> [UInt8] {
        u16(tag) + u16(type) + u32(count) + value + [UInt8](repeating: 0, count: 4 - value.count)
    }

    /// TIFF 6.0 and Exif 2.32: IFD0 with the make and a pointer to a GPS IFD of four entries.
    private static var exif: [UInt8] {
        let make = Array("Veil\0\0".utf8)
        let gps = 8 + 2 + 2 * 12 + 4
        let values = gps + 2 + 4 * 12 + 4
        var block: [UInt8] = [0x4d, 0x4d, 0, 42] + u32(8)
        block += u16(2) + entry(0x010f, 2, make.count, u32(values + 48)) + entry(0x8825, 4, 1, u32(gps)) + u32(0)
        block += u16(4) + entry(1, 2, 2, [0x4e, 0]) + entry(2, 5, 3, u32(values)) + entry(3, 2, 2, [0x45, 0])
        block += entry(4, 5, 3, u32(values + 24)) + u32(0)
        block += needle + u32(2) + u32(1) + u32(17) + u32(1) + u32(4_020) + u32(100) + make
        return block
    }

    private static var xmp: [UInt8] {
        Array(
            """
            <?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF \
            xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" \
            xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:GPSLatitude="48,51.49831N"><exif:GPSLongitude>2,17.67012E\
            </exif:GPSLongitude></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>
            """.utf8)
    }
}

extension [UInt8] {
    /// Whether `part` stands anywhere in these bytes.
    func contains(_ part: [UInt8]) -> Bool {
        guard !part.isEmpty, count >= part.count else { return false }
        return (0...(count - part.count)).contains { start in self[start..<(start + part.count)].elementsEqual(part) }
    }

    var carriesLocation: Bool { contains(SamplePhoto.needle) || contains(SamplePhoto.xmpNeedle) }
}
