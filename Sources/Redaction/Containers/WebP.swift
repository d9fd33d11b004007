/// WebP (RFC 9649): RIFF chunks `EXIF` and `XMP `, and whatever follows the RIFF.
enum WebP: Container {
    static let name = "WebP"

    static func matches(_ head: [UInt8], _ walk: Walk, _ range: Range<UInt64>) -> Bool {
        head.count >= 12 && head.starts(with: Array("RIFF".utf8)) && head[8..<12].elementsEqual("WEBP".utf8)
    }

    static func plan(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        let size = UInt64(try walk.reader.u32(at: range.lowerBound + 4, .little))
        let end = min(range.upperBound, range.lowerBound + 8 + size + size % 2)
        var position = range.lowerBound + 12
        /// Where the extended header's flags are, and those of chunks that are no more.
        var features: UInt64?
        var gone: UInt8 = 0
        while end >= position, end - position >= 8 {
            let type = try walk.reader.bytes(at: position, count: 4)
            let length = UInt64(try walk.reader.u32(at: position + 4, .little))
            guard type.allSatisfy({ (0x20...0x7E).contains($0) || $0 == 0 }), type[0] != 0,
                length <= range.upperBound - position - 8
            else {
                // The chunks are lost: metadata may be anywhere behind the header.
                return try Salvage.plan(walk, range.lowerBound + 12..<range.upperBound)
            }
            let data = position + 8..<min(range.upperBound, position + 8 + length)
            let mark = walk.draft.mark
            try plan(walk, type, data)
            if type == Array("VP8X".utf8), length > 0 { features = data.lowerBound }
            if walk.draft.hasPatches(since: mark), walk.draft.isBlank(data, since: mark) {
                retire(walk, type, data, since: mark)
                gone |= type == Array("EXIF".utf8) ? 0x08 : type.starts(with: Array("XMP".utf8)) ? 0x04 : 0
            }
            position = data.upperBound + length % 2
        }
        // Its header says which metadata there is.
        if let features, gone != 0 {
            let flags = try walk.reader.u8(at: features) & ~gone
            walk.draft.patch(features..<features + 1, .bytes([flags]), "WebP header")
        }
        position = max(end, min(position, range.upperBound))
        if position < range.upperBound { try Trailer.plan(walk, position..<range.upperBound) }
    }

    /// A chunk whose data was blanked since `mark` becomes one of a type that is passed over, with zeros: text in it
    /// would be shown.
    private static func retire(_ walk: Walk, _ type: [UInt8], _ data: Range<UInt64>, since mark: Draft.Mark) {
        let reasons = walk.draft.reasons
        walk.draft.rollback(to: mark)
        for reason in reasons { walk.draft.note(reason) }
        walk.draft.patch(data.lowerBound - 8..<data.lowerBound - 4, .bytes(Array("JUNK".utf8)), "WebP metadata chunk")
        walk.draft.patch(data, .fill(0), "WebP metadata chunk")
    }

    private static func plan(_ walk: Walk, _ type: [UInt8], _ data: Range<UInt64>) throws(PlanningError) {
        switch String(decoding: type, as: UTF8.self) {
        case "EXIF":
            guard data.upperBound - data.lowerBound >= 8 else { return }
            let head = try walk.reader.bytes(at: data.lowerBound, count: 6)
            let skipped: UInt64 = head == Array("Exif\0\0".utf8) ? 6 : 0
            try ExifBlock.plan(walk, data.lowerBound + skipped..<data.upperBound)
        case "XMP ", "XMP\0":
            try XMPPacket.plan(walk, data)
        case "C2PA":
            if data.upperBound - data.lowerBound <= 1 << 20 { try JUMBF.plan(walk, data) }
        case "VP8 ", "VP8L", "VP8X", "ANIM", "ANMF", "ALPH", "ICCP":
            break
        default:
            try Salvage.plan(walk, data)
        }
    }
}
