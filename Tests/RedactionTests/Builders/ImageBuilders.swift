import CZlib

/// PNG files of chunks with right CRCs.
enum PNGBuilder {
    static func big(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }

    static func crc(_ bytes: [UInt8]) -> [UInt8] {
        big(Int(bytes.withUnsafeBufferPointer { crc32(0, $0.baseAddress, uInt($0.count)) }))
    }

    static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
        let covered = Array(type.utf8) + data
        return big(data.count) + covered + crc(covered)
    }

    static func deflate(_ bytes: [UInt8]) -> [UInt8] {
        var length = compressBound(uLong(bytes.count))
        var result = [UInt8](repeating: 0, count: Int(length))
        compress(&result, &length, bytes, uLong(bytes.count))
        return Array(result.prefix(Int(length)))
    }

    static let pixels = chunk("IDAT", [0x78, 0x9C, 0x63, 0, 0, 0, 1, 0, 1])

    static func file(_ before: [[UInt8]], after: [[UInt8]] = [], trailer: [UInt8] = []) -> [UInt8] {
        var file: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
        file += chunk("IHDR", [0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0])
        for chunk in before + [pixels] + after { file += chunk }
        return file + chunk("IEND", []) + trailer
    }

    /// Types of the chunks whose CRC is wrong.
    static func wrongCRCs(_ file: [UInt8]) -> [String] {
        var position = 8
        var wrong: [String] = []
        while position + 12 <= file.count {
            let length = file[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
            guard position + 12 + length <= file.count else { break }
            let covered = Array(file[position + 4..<position + 8 + length])
            if !file[(position + 8 + length)...].starts(with: crc(covered)) {
                wrong.append(String(decoding: covered.prefix(4), as: UTF8.self))
            }
            position += 12 + length
        }
        return wrong
    }

    /// The inflated text of the first chunk of a type, behind `skipping` bytes of its data.
    static func inflated(_ type: String, skipping: Int, in file: [UInt8]) -> [UInt8]? {
        guard let at = file.firstRange(of: Array(type.utf8))?.lowerBound else { return nil }
        let length = file[at - 4..<at].reduce(0) { $0 << 8 | Int($1) }
        return inflated(Array(file[at + 4 + skipping..<at + 4 + length]))
    }

    static func inflated(_ stored: [UInt8]) -> [UInt8]? {
        var count = uLong(1 << 16)
        var result = [UInt8](repeating: 0, count: Int(count))
        guard uncompress(&result, &count, stored, uLong(stored.count)) == Z_OK else { return nil }
        return Array(result.prefix(Int(count)))
    }

    static func profile(_ name: String, _ data: [UInt8]) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        var text = Array("\n\(name)\n      \(data.count)\n".utf8)
        for (index, byte) in data.enumerated() {
            text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            if index % 36 == 35 { text.append(0x0A) }
        }
        return text + [0x0A]
    }
}

/// RIFF, GIF, Photoshop and JPEG 2000 files around metadata of a test's choice.
enum ImageBuilder {
    static func webP(_ chunks: [(String, [UInt8])], trailer: [UInt8] = []) -> [UInt8] {
        func little(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
        var body: [UInt8] = []
        for (type, data) in chunks + [("VP8 ", [1, 2, 3, 4])] {
            body += Array(type.utf8)
            body += little(data.count)
            body += data
            if data.count % 2 == 1 { body.append(0) }
        }
        let head = Array("RIFF".utf8) + little(body.count + 4) + Array("WEBP".utf8)
        return head + body + trailer
    }

    static func gif(xmp: [UInt8] = [], comment: String? = nil) -> [UInt8] {
        var file = Array("GIF89a".utf8)
        file += [1, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 255, 255, 255]
        if !xmp.isEmpty {
            file += [0x21, 0xFF, 11] + Array("XMP DataXMP".utf8)
            file += xmp
            file += [1] + Array((0...255).reversed()) + [0]
        }
        if let comment { file += [0x21, 0xFE, UInt8(comment.utf8.count)] + Array(comment.utf8) + [0] }
        return file + [0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3B]
    }

    static func psd(_ resources: [UInt8]) -> [UInt8] {
        var file = Array("8BPS".utf8) + [0, 1] + [UInt8](repeating: 0, count: 6)
        file += [0, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 8, 0, 3]
        file += [0, 0, 0, 0]
        file += PNGBuilder.big(resources.count)
        file += resources
        return file + [0, 0, 0, 0, 0, 0, 7, 7, 7]
    }

    static func box(_ type: String, _ payload: [UInt8]) -> [UInt8] {
        PNGBuilder.big(payload.count + 8) + Array(type.utf8) + payload
    }

    static func jpeg2000(_ boxes: [[UInt8]]) -> [UInt8] {
        var file = box("jP  ", [0x0D, 0x0A, 0x87, 0x0A]) + box("ftyp", Array("jp2 \0\0\0\0jp2 ".utf8))
        for box in boxes { file += box }
        return file + box("jp2c", [0xFF, 0x4F, 0xFF, 0x51, 0, 4, 0, 0, 0xFF, 0xD9])
    }
}
