/// OpenEXR files of 2 × 1 pixels for tests.
enum OpenEXRBuilder {
    typealias Attribute = (name: String, type: String, value: [UInt8])

    static func little(_ value: Int, _ width: Int = 4) -> [UInt8] { OtherContainers.little(value, width) }

    private static let channels: [UInt8] = [0x59, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0]

    private static let required: [Attribute] = [
        ("channels", "chlist", channels),
        ("compression", "compression", [0]), ("dataWindow", "box2i", little(0, 8) + little(1) + little(0)),
        ("displayWindow", "box2i", little(0, 8) + little(1) + little(0)), ("lineOrder", "lineOrder", [0]),
        ("pixelAspectRatio", "float", [0, 0, 0x80, 0x3F]), ("screenWindowCenter", "v2f", little(0, 8)),
        ("screenWindowWidth", "float", [0, 0, 0x80, 0x3F]),
    ]

    private static func attribute(_ attribute: Attribute) -> [UInt8] {
        var bytes = Array("\(attribute.name)\0\(attribute.type)\0".utf8)
        bytes += little(attribute.value.count)
        return bytes + attribute.value
    }

    /// A header with its end.
    static func header(_ attributes: [Attribute]) -> [UInt8] {
        var bytes: [UInt8] = []
        for attribute in required + attributes { bytes += self.attribute(attribute) }
        return bytes + [0]
    }

    private static func head(_ flags: UInt8) -> [UInt8] { [0x76, 0x2F, 0x31, 0x01, 2, flags, 0, 0] }

    /// One line of pixels in half precision behind the table that says where it is.
    static func file(_ attributes: [Attribute]) -> [UInt8] {
        var bytes: [UInt8] = head(0) + header(attributes)
        bytes += little(bytes.count + 8, 8)
        bytes += little(0)
        bytes += little(4)
        return bytes + Array("PIXL".utf8)
    }

    /// A file of several parts, as far as its headers and the beginning of a table go.
    static func parts(_ parts: [[Attribute]]) -> [UInt8] {
        var bytes: [UInt8] = head(0x10)
        for part in parts { bytes += header(part) }
        bytes.append(0)
        return bytes + little(bytes.count + 8, 8) + Array("PIXL".utf8)
    }

    static let latitude: [UInt8] = [0x88, 0x63, 0x5D, 0xDC, 0x46, 0x6D, 0x48, 0x40]
    static let longitude: [UInt8] = [0x27, 0x31, 0x08, 0xAC, 0x1C, 0x5A, 0x02, 0x40]

    static let located: [Attribute] = [
        ("latitude", "double", latitude), ("longitude", "double", longitude),
        ("altitude", "float", [0, 0xC0, 1, 0x44]),
        ("owner", "string", Array("Somebody".utf8)), ("IPTC:City", "string", Array("Munchenstadt".utf8)),
    ]
}
