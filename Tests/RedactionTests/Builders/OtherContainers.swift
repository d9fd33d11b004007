/// AIFF, ASF, FLV and MIE files for tests.
enum OtherContainers {
    static func little(_ value: Int, _ width: Int = 4) -> [UInt8] { BoxBuilder.big(value, width).reversed() }

    /// UTF-16, little-endian.
    static func wide(_ text: String) -> [UInt8] { text.utf8.flatMap { [$0, 0] as [UInt8] } }

    // MARK: AIFF

    static func aiff(_ chunks: [(String, [UInt8])]) -> [UInt8] {
        var body = Array("AIFF".utf8)
        for (type, data) in chunks {
            body += Array(type.utf8)
            body += BoxBuilder.big(data.count)
            body += data
            if data.count % 2 == 1 { body.append(0) }
        }
        return joined([Array("FORM".utf8), BoxBuilder.big(body.count), body])
    }

    static let id3: [UInt8] = {
        func frame(_ type: String, _ data: [UInt8]) -> [UInt8] {
            joined([Array(type.utf8), BoxBuilder.big(data.count), [0, 0], data])
        }
        let frames =
            frame("TXXX", [0] + Array("GEO_LOCATION\0Eiffel Tower".utf8)) + frame("TIT2", [0] + Array("A title".utf8))
        return joined([Array("ID3".utf8), [3, 0, 0, 0, 0, 0, UInt8(frames.count)], frames])
    }()

    // MARK: ASF

    private static let tail: [UInt8] = [0xA6, 0xD9, 0x00, 0xAA, 0x00, 0x62, 0xCE, 0x6C]
    static let content: [UInt8] = [0x33, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11] + tail

    static func object(_ id: [UInt8], _ data: [UInt8]) -> [UInt8] { id + little(data.count + 24, 8) + data }

    static func asf(_ objects: [UInt8]) -> [UInt8] {
        object([0x30, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11] + tail, little(1) + [1, 2] + objects)
            + object([0x36, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11] + tail, Array("frames".utf8))
    }

    private static func joined(_ parts: [[UInt8]]) -> [UInt8] { Array(parts.joined()) }

    /// Extended content descriptions, of type text.
    static func descriptors(_ attributes: [(String, String)]) -> [UInt8] {
        var list: [UInt8] = little(attributes.count, 2)
        for (name, value) in attributes {
            list += little(2 * name.utf8.count, 2)
            list += wide(name)
            list += little(0, 2)
            list += little(2 * value.utf8.count, 2)
            list += wide(value)
        }
        return object(
            [0x40, 0xA4, 0xD0, 0xD2, 0x07, 0xE3, 0xD2, 0x11, 0x97, 0xF0, 0x00, 0xA0, 0xC9, 0x5E, 0xA8, 0x50], list)
    }

    static func headerExtension(_ objects: [UInt8]) -> [UInt8] {
        object(
            [0xB5, 0x03, 0xBF, 0x5F, 0x2E, 0xA9, 0xCF, 0x11, 0x8E, 0xE3, 0x00, 0xC0, 0x0C, 0x20, 0x53, 0x65],
            joined([[UInt8](repeating: 0x11, count: 16), [6, 0], little(objects.count), objects]))
    }

    private static let library: [UInt8] = [
        0x94, 0x1C, 0x23, 0x44, 0x98, 0x94, 0xD1, 0x49, 0xA1, 0x41, 0x1D, 0x13, 0x4E, 0x45, 0x70, 0x54,
    ]

    private static func record(_ name: [UInt8], type: Int, _ value: [UInt8]) -> [UInt8] {
        joined([little(0), little(name.count, 2), little(type, 2), little(value.count), name, value])
    }

    /// The metadata library.
    static func records(_ attributes: [(String, String)]) -> [UInt8] {
        let list: [[UInt8]] = attributes.map { record(wide($0.0), type: 0, wide($0.1)) }
        return object(library, little(attributes.count, 2) + joined(list))
    }

    /// A picture among the records.
    static func picture(_ image: [UInt8]) -> [UInt8] {
        headerExtension(object(library, little(1, 2) + record(wide("WM/Picture\0"), type: 1, image)))
    }

    // MARK: FLV

    static func number(_ bits: Int) -> [UInt8] { [0] + BoxBuilder.big(bits, 8) }
    static func string(_ text: String) -> [UInt8] { [2] + BoxBuilder.big(text.utf8.count, 2) + Array(text.utf8) }
    static func member(_ name: String, _ value: [UInt8]) -> [UInt8] {
        BoxBuilder.big(name.utf8.count, 2) + Array(name.utf8) + value
    }

    private static func tag(_ type: UInt8, _ data: [UInt8]) -> [UInt8] {
        joined([
            [type], BoxBuilder.big(data.count, 3), [0, 0, 0, 0, 0, 0, 0], data, BoxBuilder.big(data.count + 11),
        ])
    }

    /// A frame, what a program wrote of it, another frame.
    static func flv(_ members: [(String, [UInt8])]) -> [UInt8] {
        let list: [[UInt8]] = members.map { member($0.0, $0.1) }
        let script = joined([string("onMetaData"), [8], BoxBuilder.big(members.count), joined(list), [0, 0, 9]])
        let head: [UInt8] = [0x46, 0x4C, 0x56, 1, 5, 0, 0, 0, 9, 0, 0, 0, 0]
        return joined([head, tag(9, Array("a frame".utf8)), tag(18, script), tag(9, Array("frames".utf8))])
    }

    // MARK: MIE

    /// - Parameter isLittle: the group that it stands in has lengths in that order.
    static func element(_ name: String, _ data: [UInt8], _ isLittle: Bool = false) -> [UInt8] {
        let isLong = data.count > 252
        let length = isLong ? (isLittle ? little(data.count, 2) : BoxBuilder.big(data.count, 2)) : []
        let head: [UInt8] = [0x7E, 0x20, UInt8(name.utf8.count), isLong ? 255 : UInt8(data.count)]
        return joined([head, Array(name.utf8), length, data])
    }

    private static let end: [UInt8] = [0x7E, 0, 0, 0]

    /// A group that does not say how long it is.
    static func group(_ name: String, _ elements: [UInt8], format: UInt8 = 0x10) -> [UInt8] {
        joined([[0x7E, format, UInt8(name.utf8.count), 0], Array(name.utf8), elements, end])
    }

    static func mie(_ isLittle: Bool, _ elements: [UInt8]) -> [UInt8] {
        group("0MIE", elements, format: isLittle ? 0x18 : 0x10)
    }
}
