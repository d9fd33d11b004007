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
            let bytes = Brotli.decompressed(
                try walk.reader.bytes(at: box.payload.lowerBound + 4, count: Int(box.payloadCount - 4)),
                limit: Self.most)
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
        let plan = inner.draft.plan(size: UInt64(bytes.count))
        guard !plan.isEmpty else { return }
        for reason in plan.reasons { walk.draft.note(reason) }
        // What was blanked would make readers complain.
        guard plan.reasons.isEmpty else { return box.neutralise(walk, "compressed \(type) box") }
        var redacted = bytes
        redacted.withUnsafeMutableBytes { plan.apply(to: $0, at: 0) }
        try recompress(walk, box, redacted, type)
    }

    /// Writes the box anew, shorter, with a `free` box behind it for the bytes that are left; if that does not come out
    /// even, readers shall skip the box.
    private static func recompress(
        _ walk: Walk, _ box: Box, _ bytes: [UInt8], _ type: String
    ) throws(PlanningError) {
        let kind = "compressed \(type) box"
        // The type that is compressed stands in front of what is.
        let available = box.payloadCount - 4
        for quality in Brotli.qualities(for: bytes) where box.payload.lowerBound == box.range.lowerBound + 8 {
            try walk.reader.effort.spend(UInt64(bytes.count) * 16)
            guard let compressed = Brotli.compressed(bytes, quality: quality), UInt64(compressed.count) <= available
            else { continue }
            let rest = available - UInt64(compressed.count)
            guard rest == 0 || rest >= 8, !box.isOpen || rest == 0 else { continue }
            let data = box.payload.lowerBound + 4
            walk.draft.patch(data..<data + UInt64(compressed.count), .bytes(compressed), kind)
            guard rest > 0 else { return }
            let free = data + UInt64(compressed.count)
            walk.draft.patch(
                box.range.lowerBound..<box.range.lowerBound + 4, .bytes(size(free - box.range.lowerBound)), kind)
            walk.draft.patch(free..<free + 8, .bytes(size(rest) + Array("free".utf8)), kind)
            walk.draft.patch(free + 8..<box.range.upperBound, .fill(0), kind)
            return
        }
        box.neutralise(walk, kind)
    }

    private static func size(_ value: UInt64) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * UInt64($0))) }
    }

    private static let most: UInt64 = 1 << 20
}
