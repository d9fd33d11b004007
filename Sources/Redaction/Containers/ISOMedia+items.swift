// The items of HEIF, HEIC and AVIF images (ISO/IEC 14496-12, 8.11; ISO/IEC 23008-12).

extension ISOMedia {
    private struct Item {
        var type = ""
        var contentType = ""
        var isEncoded = false
        var extents: [Range<UInt64>] = []
    }

    private static let looked: Set<String> = ["Exif", "mime", "jpeg"]
    private static let itemLimit = 2_048
    private static let extentLimit = 16_384

    /// Plans every item that carries metadata or is a medium of its own.
    static func items(_ walk: Walk, _ boxes: [Box], file: UInt64) throws(PlanningError) {
        var items: [UInt32: Item] = [:]
        for box in boxes where box.type == "iinf" { try information(walk, box, &items) }
        let data = boxes.first { $0.type == "idat" }?.payload
        for box in boxes where box.type == "iloc" { try locations(walk, box, data, file, &items) }
        for item in items.values.sorted(by: {
            ($0.extents.first?.lowerBound ?? 0) < ($1.extents.first?.lowerBound ?? 0)
        }) {
            try plan(try walk.nested(), item)
        }
    }

    private static func plan(_ walk: Walk, _ item: Item) throws(PlanningError) {
        switch item.type {
        case "Exif": try whole(walk, item) { walk, range throws(PlanningError) in try exif(walk, range) }
        case "mime" where item.contentType.hasPrefix("application/rdf+xml") || item.contentType.contains("xml"):
            if item.isEncoded {
                for part in item.extents {
                    walk.draft.blank(part, kind: "XMP item", reason: "XMP item blanked: it is compressed")
                }
                return
            }
            try whole(walk, item) { walk, range throws(PlanningError) in
                try XMPPacket.planKeepingForm(walk, range)
            }
        case "jpeg", "mime":
            if let range = item.extents.first, item.extents.count == 1 { try NestedMedia.plan(walk, range) }
        default: break
        }
    }

    private static func whole(
        _ walk: Walk, _ item: Item, _ body: (Walk, Range<UInt64>) throws(PlanningError) -> Void
    ) throws(PlanningError) {
        if item.extents.count == 1 {
            try body(walk, item.extents[0])
        } else {
            try walk.joined(item.extents, body)
        }
    }

    /// ExifDataBlock (ISO/IEC 23008-12, A.2.1): the offset of the TIFF header, then the block; some writers leave the
    /// offset out or put `Exif\0\0` in front without counting it.
    static func exif(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        guard range.upperBound - range.lowerBound >= 8 else { return }
        let head = try walk.reader.bytes(
            at: range.lowerBound, count: Int(min(128, range.upperBound - range.lowerBound)))
        let marks: [[UInt8]] = [[0x49, 0x49, 0x2A, 0], [0x4D, 0x4D, 0, 0x2A]]
        guard let start = marks.compactMap({ Bytes.firstIndex(of: $0, in: head) }).min() else {
            walk.draft.blank(range, kind: "Exif item", reason: "Exif item blanked: no TIFF header")
            return
        }
        try ExifBlock.plan(walk, range.lowerBound + UInt64(start)..<range.upperBound)
    }

    private static func information(
        _ walk: Walk, _ box: Box, _ items: inout [UInt32: Item]
    ) throws(PlanningError) {
        let version = try walk.reader.u8(at: box.payload.lowerBound)
        let start = box.payload.lowerBound + (version == 0 ? 6 : 8)
        guard start <= box.payload.upperBound else { throw .malformed("iinf box is too short") }
        for entry in try Box.children(try walk.nested(), start..<box.payload.upperBound) where entry.type == "infe" {
            let version = try walk.reader.u8(at: entry.payload.lowerBound)
            guard version >= 2 else { throw .malformed("item of an unknown version") }
            let wide: UInt64 = version == 2 ? 2 : 4
            let at = entry.payload.lowerBound + 4
            let id = wide == 2 ? UInt32(try walk.reader.u16(at: at, .big)) : try walk.reader.u32(at: at, .big)
            let rest = try walk.reader.bytes(
                at: at + wide + 2,
                count: Int(min(300, entry.payload.upperBound - min(entry.payload.upperBound, at + wide + 2))))
            guard rest.count >= 4 else { throw .malformed("item without a type") }
            var item = items[id] ?? Item()
            item.type = String(decoding: rest[0..<4], as: UTF8.self)
            let texts = rest.dropFirst(4).split(separator: 0, maxSplits: 3, omittingEmptySubsequences: false)
            if texts.count > 1 { item.contentType = String(decoding: texts[1], as: UTF8.self) }
            if texts.count > 2 { item.isEncoded = !texts[2].isEmpty }
            // Tiles of the image are many, and say nothing.
            guard looked.contains(item.type) else {
                items[id] = nil
                continue
            }
            guard items.count < itemLimit else { throw .limit("more than \(itemLimit) items of metadata") }
            items[id] = item
        }
    }

    private static func locations(
        _ walk: Walk, _ box: Box, _ data: Range<UInt64>?, _ file: UInt64, _ items: inout [UInt32: Item]
    ) throws(PlanningError) {
        var cursor = Cursor(walk: walk, position: box.payload.lowerBound, end: box.payload.upperBound)
        let version = try cursor.number(1)
        _ = try cursor.number(3)
        let sizes = try cursor.number(2)
        let (offsetSize, lengthSize) = (sizes >> 12 & 15, sizes >> 8 & 15)
        let (baseSize, indexSize) = (sizes >> 4 & 15, version == 0 ? 0 : sizes & 15)
        let count = try cursor.number(version < 2 ? 2 : 4)
        guard count <= 65_536 else { throw .limit("more than 65536 items") }
        var found = 0
        for _ in 0..<count {
            let id = UInt32(truncatingIfNeeded: try cursor.number(version < 2 ? 2 : 4))
            let method = version == 0 ? 0 : try cursor.number(2) & 15
            _ = try cursor.number(2)
            let base = try cursor.number(baseSize)
            let extents = try cursor.number(2)
            for _ in 0..<extents {
                _ = try cursor.number(indexSize)
                let offset = try cursor.number(offsetSize)
                let length = try cursor.number(lengthSize)
                guard let type = items[id]?.type, looked.contains(type) else { continue }
                found += 1
                guard found <= extentLimit else { throw .limit("more than \(extentLimit) parts of items") }
                items[id]?.extents.append(
                    try extent(walk, method, base, offset, length, data, file, end: cursor.walk.reader.size))
            }
        }
    }

    private static func extent(
        _ walk: Walk, _ method: UInt64, _ base: UInt64, _ offset: UInt64, _ length: UInt64, _ data: Range<UInt64>?,
        _ file: UInt64, end: UInt64
    ) throws(PlanningError) -> Range<UInt64> {
        let origin: Range<UInt64>
        switch method {
        case 0: origin = file..<end
        case 1:
            guard let data else { throw .malformed("item in an idat box that is missing") }
            origin = data
        default: throw .malformed("item made of other items")
        }
        let (relative, overflow) = base.addingReportingOverflow(offset)
        guard !overflow, relative <= origin.upperBound - origin.lowerBound else {
            throw .malformed("item outside of the file")
        }
        let start = origin.lowerBound + relative
        return try walk.reader.range(at: start, count: length == 0 ? origin.upperBound - start : length, in: origin)
    }

    /// Reads numbers one behind the other.
    struct Cursor {
        let walk: Walk
        var position: UInt64
        let end: UInt64

        mutating func number(_ width: UInt64) throws(PlanningError) -> UInt64 {
            guard width <= 8, end >= position, end - position >= width else { throw .malformed("table is too short") }
            guard width > 0 else { return 0 }
            let bytes = try walk.reader.bytes(at: position, count: Int(width))
            position += width
            return bytes.reduce(0) { $0 << 8 | UInt64($1) }
        }
    }
}
