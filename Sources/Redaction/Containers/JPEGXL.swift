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
            case "jbrd": try reconstruction(walk, box)
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
        // The type that is compressed stands in front of what is.
        try rewrite(walk, box, behind: 4, bytes, inner, "compressed \(type) box")
    }

    /// What is needed to make the JPEG again of which the image was made: how it was coded, and, as a brotli stream to
    /// the end of the box, its segments (but Exif and XMP) and what stood behind its end: IPTC, comments, videos.
    private static func reconstruction(_ walk: Walk, _ box: Box) throws(PlanningError) {
        guard box.payloadCount > 0 else { return }
        let kind = "jbrd box"
        guard box.payloadCount <= most, let (start, bytes) = try stream(walk, box) else {
            walk.draft.note("\(kind) blanked: it cannot be looked into")
            return box.neutralise(walk, kind)
        }
        let inner = try walk.inMemory(bytes)
        try Trailer.plan(inner, 0..<UInt64(bytes.count))
        try rewrite(walk, box, behind: start, bytes, inner, kind)
    }

    /// The brotli stream that ends a box, and how many bytes are in front of it: the first one that comes out even.
    private static func stream(_ walk: Walk, _ box: Box) throws(PlanningError) -> (UInt64, [UInt8])? {
        let payload = try walk.reader.bytes(at: box.payload.lowerBound, count: Int(box.payloadCount))
        for start in 0..<min(payload.count, 16 << 10) {
            let content = Brotli.whole(payload[start...], limit: Int(most))
            try walk.reader.effort.spend(UInt64(content?.count ?? 1_024))
            if let content { return (UInt64(start), content) }
        }
        return nil
    }

    /// Carries what was patched in a box's content over to the file.
    private static func rewrite(
        _ walk: Walk, _ box: Box, behind prefix: UInt64, _ bytes: [UInt8], _ inner: Walk, _ kind: String
    ) throws(PlanningError) {
        let plan = inner.draft.plan(size: UInt64(bytes.count))
        guard !plan.isEmpty else { return }
        for reason in plan.reasons { walk.draft.note(reason) }
        // What was blanked would make readers complain.
        guard plan.reasons.isEmpty else { return box.neutralise(walk, kind) }
        var redacted = bytes
        redacted.withUnsafeMutableBytes { plan.apply(to: $0, at: 0) }
        try recompress(walk, box, behind: prefix, redacted, kind)
    }

    /// Writes the box anew, shorter, with a `free` box behind it for the bytes that are left; if that does not come out
    /// even, readers shall skip the box.
    private static func recompress(
        _ walk: Walk, _ box: Box, behind prefix: UInt64, _ bytes: [UInt8], _ kind: String
    ) throws(PlanningError) {
        let available = box.payloadCount - prefix
        // Sizes of 64 bits and of none cannot be written anew.
        let mayShrink = !box.isOpen && box.payload.lowerBound == box.range.lowerBound + 8
        for quality in Brotli.qualities(for: bytes) {
            for padding in [nil, 0, 1, 2, 3, 4, 5] {
                try walk.reader.effort.spend(UInt64(bytes.count) * 8)
                guard let compressed = Brotli.compressed(bytes, quality: quality, padding: padding),
                    UInt64(compressed.count) <= available
                else { break }
                let rest = available - UInt64(compressed.count)
                // Less than eight bytes are no box.
                guard rest == 0 || rest >= 8 && mayShrink else { continue }
                return replace(walk, box, box.payload.lowerBound + prefix, compressed, kind)
            }
        }
        walk.draft.note("\(kind) blanked: without its location it does not fit")
        box.neutralise(walk, kind)
    }

    /// The box's data from `data` on becomes `bytes`, and a `free` box what is left of it.
    private static func replace(_ walk: Walk, _ box: Box, _ data: UInt64, _ bytes: [UInt8], _ kind: String) {
        let end = data + UInt64(bytes.count)
        walk.draft.patch(data..<end, .bytes(bytes), kind)
        guard end < box.range.upperBound else { return }
        walk.draft.patch(
            box.range.lowerBound..<box.range.lowerBound + 4, .bytes(size(end - box.range.lowerBound)), kind)
        walk.draft.patch(end..<end + 8, .bytes(size(box.range.upperBound - end) + Array("free".utf8)), kind)
        walk.draft.patch(end + 8..<box.range.upperBound, .fill(0), kind)
    }

    private static func size(_ value: UInt64) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * UInt64($0))) }
    }

    private static let most: UInt64 = 1 << 20
}
