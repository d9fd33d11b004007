// Text and media in values.

extension TIFFWalker {
    func text(_ value: Range<UInt64>, limit: UInt64) throws(PlanningError) -> String {
        let count = Int(min(limit, value.upperBound - value.lowerBound))
        let bytes = try walk.reader.bytes(at: value.lowerBound, count: count)
        return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }

    func coordinates(_ value: Range<UInt64>, _ kind: String) throws(PlanningError) {
        guard value.upperBound - value.lowerBound <= 64 << 10 else { return }
        let bytes = try walk.reader.bytes(at: value.lowerBound, count: Int(value.upperBound - value.lowerBound))
        for found in LocationText.coordinates(in: bytes) {
            let lower = value.lowerBound + UInt64(found.lowerBound)
            walk.draft.patch(lower..<value.lowerBound + UInt64(found.upperBound), .fill(0x20), "\(kind) coordinates")
        }
    }

    /// The same in UTF-16: what is ASCII of it is looked at.
    func wideCoordinates(_ value: Range<UInt64>, _ kind: String) throws(PlanningError) {
        guard value.upperBound - value.lowerBound <= 64 << 10 else { return }
        let bytes = try walk.reader.bytes(at: value.lowerBound, count: Int(value.upperBound - value.lowerBound))
        WideText.plan(walk, bytes, at: value.lowerBound, kind)
    }

    /// JPEG thumbnails and previews that carry metadata of their own.
    func media(of directory: TIFFDirectory) throws(PlanningError) {
        func first(_ tag: UInt16) throws(PlanningError) -> UInt64? {
            guard let entry = directory.entries.first(where: { $0.tag == tag }), entry.count == 1 else { return nil }
            return try offsets(entry, directory.layout).first
        }
        for (offsetTag, lengthTag): (UInt16, UInt16) in [(0x0201, 0x0202), (0x0111, 0x0117)] {
            guard let offset = try first(offsetTag), let position = directory.layout.position(offset) else { continue }
            let available = directory.layout.range.upperBound - position
            let length = min(try first(lengthTag) ?? available, available)
            try preview(position..<position + length)
        }
    }

    /// A JPEG, if there is one.
    func preview(_ range: Range<UInt64>) throws(PlanningError) {
        guard range.upperBound - range.lowerBound > 4 else { return }
        let head = try walk.reader.bytes(at: range.lowerBound, count: 4)
        // Lossless raw data is also a JPEG stream, but goes on with DHT or SOF, not with metadata.
        guard head[0] == 0xFF, head[1] == 0xD8, head[2] == 0xFF, head[3] >= 0xDB else { return }
        try JPEG.planNested(try walk.nested(), range)
    }
}
