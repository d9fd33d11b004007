/// Photoshop PSD and PSB (Adobe Photoshop File Formats Specification): the image resources section.
enum PSD: Container {
    static let name = "PSD"

    static func matches(_ head: [UInt8], _ walk: Walk, _ range: Range<UInt64>) -> Bool {
        head.count >= 6 && head.starts(with: Array("8BPS".utf8)) && head[4] == 0 && (head[5] == 1 || head[5] == 2)
    }

    static func plan(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        let colours = range.lowerBound + 26
        let colourLength = UInt64(try walk.reader.u32(at: colours, .big))
        let section = try walk.reader.range(at: colours + 4 + colourLength, count: 4, in: range).lowerBound
        let length = UInt64(try walk.reader.u32(at: section, .big))
        let resources = try walk.reader.range(at: section + 4, count: length, in: range)
        try walk.unit(resources, "Photoshop resources") { () throws(PlanningError) in
            try PhotoshopResources.plan(walk, resources)
        }
        try layers(
            walk, resources.upperBound..<range.upperBound, isLarge: try walk.reader.u8(at: range.lowerBound + 5) == 2)
    }

    /// Tagged blocks behind the layers; linked files of smart objects are whole files with metadata of their own.
    private static func layers(_ walk: Walk, _ range: Range<UInt64>, isLarge: Bool) throws(PlanningError) {
        let width: UInt64 = isLarge ? 8 : 4
        func length(_ at: UInt64, wide: Bool) throws(PlanningError) -> UInt64 {
            wide ? try walk.reader.u64(at: at, .big) : UInt64(try walk.reader.u32(at: at, .big))
        }
        guard range.upperBound - range.lowerBound > 2 * width + 4 else { return }
        let total = try length(range.lowerBound, wide: isLarge)
        guard total <= range.upperBound - range.lowerBound - width else { return }
        let section = range.lowerBound + width..<range.lowerBound + width + total
        guard total >= width + 4 else { return }
        let layerLength = try length(section.lowerBound, wide: isLarge)
        guard layerLength <= total - width - 4 else { return }
        let mask = section.lowerBound + width + layerLength
        let maskLength = UInt64(try walk.reader.u32(at: mask, .big))
        guard maskLength <= section.upperBound - mask - 4 else { return }
        var position = mask + 4 + maskLength
        while section.upperBound - position >= 12 {
            let head = try walk.reader.bytes(at: position, count: 8)
            let signature = String(decoding: head[0..<4], as: UTF8.self)
            guard signature == "8BIM" || signature == "8B64" else {
                // Blocks are padded to 2 or 4 bytes.
                position += 1
                guard head[0] == 0 else { return }
                continue
            }
            let key = String(decoding: head[4..<8], as: UTF8.self)
            let isWide =
                isLarge
                && [
                    "LMsk", "Lr16", "Lr32", "Layr", "Mt16", "Mt32", "Mtrn", "Alph", "FMsk", "lnk2", "FEid", "FXid",
                    "PxSD",
                ].contains(key)
            guard section.upperBound - position >= (isWide ? 16 : 12) else { return }
            let start = position + (isWide ? 16 : 12)
            let count = try length(position + 8, wide: isWide)
            guard count <= section.upperBound - start else { return }
            if key.hasPrefix("lnk") { try Trailer.plan(walk, start..<start + count) }
            position = start + count
        }
    }
}
