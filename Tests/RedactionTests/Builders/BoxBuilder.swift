/// Files of boxes for tests: ISO base media, QuickTime, HEIF, JPEG XL.
enum BoxBuilder {
    static func big(_ value: Int, _ width: Int = 4) -> [UInt8] {
        (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * (width - 1 - $0))) }
    }

    /// `type` in Latin-1, so that "©xyz" is four bytes.
    static func box(_ type: String, _ payload: [UInt8]) -> [UInt8] {
        big(payload.count + 8) + type.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) } + payload
    }

    static func box(_ type: String, _ children: [[UInt8]]) -> [UInt8] { box(type, children.flatMap { $0 }) }

    static let ftyp = box("ftyp", Array("isom".utf8) + big(0) + Array("isom".utf8))

    static func movie(_ children: [[UInt8]], media: [UInt8] = Array("frames".utf8)) -> [UInt8] {
        ftyp + box("moov", children) + box("mdat", media)
    }

    /// `ilst` with QuickTime keys.
    static func keys(_ entries: [(String, String)]) -> [UInt8] {
        let names = entries.flatMap { box("mdta", Array($0.0.utf8)) }
        let items = entries.enumerated().flatMap { index, entry in
            big(entry.1.utf8.count + 24) + big(index + 1) + box("data", big(1) + big(0) + Array(entry.1.utf8))
        }
        return box(
            "meta",
            [
                box("hdlr", [UInt8](repeating: 0, count: 24)), box("keys", big(0) + big(entries.count) + names),
                box("ilst", items),
            ])
    }

    /// A movie with one timed track of the given samples, which stand in mdat; `others` are descriptions behind the first.
    static func timed(
        _ format: String, _ samples: [[UInt8]], description: [UInt8] = [UInt8](repeating: 0, count: 8),
        others: [UInt8] = []
    ) -> [UInt8] {
        func file(_ start: Int) -> [UInt8] {
            let stbl = box(
                "stbl",
                [
                    box("stsd", big(0) + big(others.isEmpty ? 1 : 2) + box(format, description) + others),
                    box("stsz", big(0) + big(0) + big(samples.count) + samples.flatMap { big($0.count) }),
                    box("stsc", big(0) + big(1) + big(1) + big(samples.count) + big(1)),
                    box("stco", big(0) + big(1) + big(start)),
                ])
            return ftyp + box("moov", [box("trak", [box("mdia", [box("minf", [stbl])])])])
        }
        let start = file(0).count + 8
        return file(start) + box("mdat", samples.flatMap { $0 })
    }

    /// A HEIF image with one item of metadata, in mdat or in idat.
    static func heif(type: String, contentType: String = "", _ item: [UInt8], inData: Bool = false) -> [UInt8] {
        func file(_ offset: Int) -> [UInt8] {
            let info = box(
                "infe", [2, 0, 0, 0] + big(1, 2) + big(0, 2) + Array(type.utf8) + [0] + Array(contentType.utf8) + [0])
            let location = box(
                "iloc",
                [1, 0, 0, 0, 0x44, 0] + big(1, 2) + big(1, 2) + big(inData ? 1 : 0, 2) + big(0, 2) + big(1, 2)
                    + big(offset) + big(item.count))
            let boxes = [
                box("hdlr", [UInt8](repeating: 0, count: 24)), box("iinf", [0, 0, 0, 0] + big(1, 2) + info), location,
            ]
            return box("ftyp", Array("heic".utf8) + big(0) + Array("mif1".utf8))
                + box("meta", big(0) + (boxes + (inData ? [box("idat", item)] : [])).flatMap { $0 })
        }
        if inData { return file(0) + box("mdat", Array("pixels".utf8)) }
        let start = file(0).count + 8
        return file(start) + box("mdat", item + Array("pixels".utf8))
    }

    /// One GPMF key with its data, padded.
    static func gpmf(_ key: String, type: UInt8, size: UInt8, _ data: [UInt8]) -> [UInt8] {
        let padding = [UInt8](repeating: 0, count: (4 - data.count % 4) % 4)
        return Array(key.utf8) + [type, size] + big(data.count / max(1, Int(size)), 2) + data + padding
    }
}
