/// GIF89a: application extensions with XMP (XMP Specification Part 3, 1.1.2) or ImageMagick's profiles, and comments.
enum GIF: Container {
    static let name = "GIF"

    static func matches(_ head: [UInt8], _ walk: Walk, _ range: Range<UInt64>) -> Bool {
        head.starts(with: Array("GIF87a".utf8)) || head.starts(with: Array("GIF89a".utf8))
    }

    static func plan(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        guard range.upperBound - range.lowerBound >= 13 else { return }
        var position = range.lowerBound + 13 + table(try walk.reader.u8(at: range.lowerBound + 10))
        while position < range.upperBound {
            switch try walk.reader.u8(at: position) {
            case 0x21:
                guard range.upperBound - position >= 3 else { return }
                position = try self.extension(walk, position, range)
            case 0x2C:
                guard range.upperBound - position >= 11 else { return }
                let start = position + 11 + table(try walk.reader.u8(at: position + 9))
                position = try blocks(walk, start, range).end
            case 0x3B:
                if position + 1 < range.upperBound { try Trailer.plan(walk, position + 1..<range.upperBound) }
                return
            default:
                // Decoders stop here.
                return try Salvage.plan(walk, range)
            }
        }
    }

    /// Bytes of the colour table that packed fields announce.
    private static func table(_ packed: UInt8) -> UInt64 { packed & 0x80 == 0 ? 0 : 3 << (UInt64(packed & 7) + 1) }

    /// Sub-blocks from `start` on. `pieces` are those of the first 256 KiB.
    private static func blocks(
        _ walk: Walk, _ start: UInt64, _ range: Range<UInt64>, collect: Bool = false
    ) throws(PlanningError) -> (end: UInt64, pieces: [Range<UInt64>]) {
        var position = start
        var pieces: [Range<UInt64>] = []
        while position < range.upperBound {
            let length = UInt64(try walk.reader.u8(at: position))
            if length == 0 { return (position + 1, pieces) }
            let end = min(range.upperBound, position + 1 + length)
            if collect, pieces.count < 1_024 { pieces.append(position + 1..<end) }
            position = end
        }
        return (range.upperBound, pieces)
    }

    private static func `extension`(
        _ walk: Walk, _ start: UInt64, _ range: Range<UInt64>
    ) throws(PlanningError) -> UInt64 {
        let label = try walk.reader.u8(at: start + 1)
        guard label == 0xFF || label == 0xFE else {
            let end = try blocks(walk, start + 2, range).end
            // Graphic control and plain text aside, what it is cannot be told.
            if label != 0xF9, label != 0x01 { try Salvage.plan(walk, start + 2..<end) }
            return end
        }
        if label == 0xFE {
            let (end, pieces) = try blocks(walk, start + 2, range, collect: true)
            try walk.joined(pieces) { (inner, whole) throws(PlanningError) in
                let bytes = try inner.reader.bytes(at: 0, count: Int(whole.upperBound))
                for found in LocationText.coordinates(in: bytes) {
                    inner.draft.patch(
                        UInt64(found.lowerBound)..<UInt64(found.upperBound), .fill(0x20), "GIF comment coordinates")
                }
            }
            return end
        }
        let length = UInt64(try walk.reader.u8(at: start + 2))
        let data = start + 3 + length
        guard data <= range.upperBound else { return range.upperBound }
        let identifier = String(decoding: try walk.reader.bytes(at: start + 3, count: Int(length)), as: UTF8.self)
        let (end, pieces) = try blocks(walk, data, range, collect: true)
        switch identifier {
        case "XMP DataXMP":
            // Not in sub-blocks: the packet, then 257 bytes that lead any reader of sub-blocks to their end.
            let isWhole = end - data > 258 && end < range.upperBound
            try XMPPacket.planKeepingForm(walk, data..<(isWhole ? end - 258 : end))
        case "MGK8BIM0000":
            try profile(walk, pieces, "Photoshop resources") { (inner, whole) throws(PlanningError) in
                try PhotoshopResources.plan(inner, whole)
            }
        case "MGKIPTC0000":
            try profile(walk, pieces, "IPTC") { (inner, whole) throws(PlanningError) in try IPTC.plan(inner, whole) }
        case "NETSCAPE2.0", "ANIMEXTS1.0", "ICCRGBG1012":
            break
        default:
            try Salvage.plan(walk, data..<end)
        }
        return end
    }

    private static func profile(
        _ walk: Walk, _ pieces: [Range<UInt64>], _ kind: String,
        _ body: (Walk, Range<UInt64>) throws(PlanningError) -> Void
    ) throws(PlanningError) {
        let mark = walk.draft.mark
        do {
            try walk.joined(pieces, body)
        } catch {
            guard let reason = error.reason else { throw error }
            walk.draft.rollback(to: mark)
            for piece in pieces { walk.draft.blank(piece, kind: kind, reason: "\(kind) blanked: \(reason)") }
        }
    }
}
