/// Photoshop image resource blocks (Adobe Photoshop File Formats Specification, "Image Resource Blocks").
enum PhotoshopResources {
    /// A resource that is listed nowhere, or whose number is damaged, may still begin like metadata.
    private static func unknown(_ walk: Walk, _ data: Range<UInt64>) throws(PlanningError) {
        guard data.upperBound - data.lowerBound >= 16 else { return }
        let head = try walk.reader.bytes(at: data.lowerBound, count: 5)
        if head[0] == 0x1C, head[1] <= 9 {
            try IPTC.plan(walk, data)
        } else if head.starts(with: [0x49, 0x49, 0x2A, 0]) || head.starts(with: [0x4D, 0x4D, 0, 0x2A]) {
            try ExifBlock.plan(walk, data)
        } else if head[0] == 0x3C {
            try Trailer.plan(walk, data, inScan: true)
        }
    }

    private static let signatures = ["8BIM", "PHUT", "AgHg", "DCSR", "MeSa"].map { Array($0.utf8) }

    /// `range` begins with the first `8BIM`. Fails if a block is truncated, or if something else than padding follows
    /// the last one, unless the resources are `openEnded`.
    ///
    /// - Parameter iptcChanged: IPTC data outside of the resources was patched; their digest of it is wrong then.
    static func plan(_ walk: Walk, _ range: Range<UInt64>, openEnded: Bool = false, iptcChanged: Bool = false)
        throws(PlanningError)
    {
        var position = range.lowerBound
        var digests: [UInt64] = []
        var iptcChanged = iptcChanged
        while range.upperBound - position >= 12 {
            let head = try walk.reader.bytes(at: position, count: 7)
            guard signatures.contains(Array(head[0..<4])) else {
                guard !openEnded, position < range.upperBound else { break }
                let rest = min(range.upperBound - position, 4_096)
                let bytes = try walk.reader.bytes(at: position, count: Int(rest))
                guard bytes.allSatisfy({ $0 == 0 || $0 == 0x20 }) else { throw .malformed("no 8BIM signature") }
                break
            }
            let id = UInt16(head[4]) << 8 | UInt16(head[5])
            // A Pascal string, padded to even length with its length byte.
            let name = (UInt64(head[6]) + 2) & ~1
            let lengthAt = try walk.reader.range(at: position + 6 + name, count: 4, in: range).lowerBound
            let length = UInt64(try walk.reader.u32(at: lengthAt, .big))
            let data = try walk.reader.range(at: lengthAt + 4, count: length, in: range)
            switch LocationDatasets.resources[id] {
            case .iptc:
                let before = walk.draft.mark
                try walk.unit(data, "IPTC") { () throws(PlanningError) in try IPTC.plan(walk, data) }
                iptcChanged = iptcChanged || walk.draft.hasPatches(since: before)
            case .exif:
                try ExifBlock.plan(walk, data)
            case .xmp:
                try XMPPacket.planKeepingForm(walk, data)
            case .thumbnail where length > 28:
                try JPEG.planNested(try walk.nested(), data.lowerBound + 28..<data.upperBound)
            case .digest:
                digests.append(position)
            case .thumbnail:
                break
            case nil:
                try unknown(walk, data)
            }
            position = min(range.upperBound, data.upperBound + length % 2)
        }
        if iptcChanged {
            // The digest of the old IPTC data would be wrong, and tells old values apart; a plug-in resource
            // (4000–4999) of no plug-in says nothing.
            for digest in digests { walk.draft.patch(digest + 4..<digest + 6, .bytes([0x0F, 0xA0]), "IPTC digest") }
            for digest in digests where range.upperBound - digest >= 28 {
                walk.draft.patch(digest + 12..<digest + 28, .fill(0), "IPTC digest")
            }
        }
    }
}
