import CBrotli

/// JPEG XL in boxes (ISO/IEC 18181-2): `Exif`, `xml ` and both compressed (`brob`). The bare codestream has no metadata.
enum JPEGXL: Container {
    static let name = "JPEG XL"

    private static let signature: [UInt8] = [0, 0, 0, 12, 0x4A, 0x58, 0x4C, 0x20, 0x0D, 0x0A, 0x87, 0x0A]

    static func matches(_ head: [UInt8], _ walk: Walk, _ range: Range<UInt64>) -> Bool { head.starts(with: signature) }

    static func plan(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        for box in try Box.children(walk, range) {
            switch box.type {
            case "Exif": try ISOMedia.exif(walk, box.payload)
            case "xml ": try ISOMedia.packet(walk, box, box.payload)
            case "brob": try compressed(walk, box)
            case "jumb": try Trailer.plan(walk, box.payload)
            default: break
            }
        }
    }

    /// A box whose content is compressed: if there is location in it, or if it cannot be told, readers shall skip it.
    private static func compressed(_ walk: Walk, _ box: Box) throws(PlanningError) {
        guard box.payloadCount > 4 else { return }
        let type = String(decoding: try walk.reader.bytes(at: box.payload.lowerBound, count: 4), as: UTF8.self)
        guard ["Exif", "xml ", "jumb"].contains(type) else { return }
        guard box.payloadCount <= 512 << 10,
            let bytes = decompressed(
                try walk.reader.bytes(at: box.payload.lowerBound + 4, count: Int(box.payloadCount - 4)))
        else {
            try walk.reader.effort.spend(Self.most)
            walk.draft.note("compressed \(type) box blanked: it cannot be looked into")
            return box.neutralise(walk, "compressed \(type) box")
        }
        let inner = try walk.inMemory(bytes)
        let all = 0..<UInt64(bytes.count)
        switch type {
        case "Exif": try ISOMedia.exif(inner, all)
        case "xml ": try XMPPacket.plan(inner, all)
        default: try Trailer.plan(inner, all)
        }
        if !inner.draft.plan(size: UInt64(bytes.count)).isEmpty { box.neutralise(walk, "compressed \(type) box") }
    }

    private static let most: UInt64 = 1 << 20

    /// At most ``most`` bytes of what brotli makes of the bytes; nil if that is more or they are not brotli.
    private static func decompressed(_ bytes: [UInt8]) -> [UInt8]? {
        var output = [UInt8](repeating: 0, count: Int(most))
        var size = output.count
        guard BrotliDecoderDecompress(bytes.count, bytes, &size, &output) == BROTLI_DECODER_RESULT_SUCCESS else {
            return nil
        }
        output.removeLast(output.count - size)
        return output
    }
}
