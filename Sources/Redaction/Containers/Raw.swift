/// Fujifilm RAF (ExifTool FujiFilm.pm): Exif and all metadata are in an embedded JPEG.
enum RAF: Container {
    static let name = "RAF"

    static func matches(_ head: [UInt8], _ walk: Walk, _ range: Range<UInt64>) -> Bool {
        head.starts(with: Array("FUJIFILMCCD-RAW ".utf8))
    }

    static func plan(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        let offset = UInt64(try walk.reader.u32(at: range.lowerBound + 0x54, .big))
        let length = UInt64(try walk.reader.u32(at: range.lowerBound + 0x58, .big))
        let jpeg = try walk.reader.range(at: range.lowerBound + offset, count: length, in: range)
        guard length > 4, try walk.reader.bytes(at: jpeg.lowerBound, count: 3) == [0xFF, 0xD8, 0xFF] else {
            throw .malformed("no JPEG where it should be")
        }
        try JPEG.planNested(try walk.nested(), jpeg)
    }
}

/// Minolta MRW (ExifTool MinoltaRaw.pm): blocks, of which `TTW` is a TIFF structure.
enum MRW: Container {
    static let name = "MRW"

    static func matches(_ head: [UInt8], _ walk: Walk, _ range: Range<UInt64>) -> Bool {
        head.starts(with: [0, 0x4D, 0x52, 0x4D])
    }

    static func plan(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        let length = UInt64(try walk.reader.u32(at: range.lowerBound + 4, .big))
        let header = try walk.reader.range(at: range.lowerBound + 8, count: length, in: range)
        var position = header.lowerBound
        while header.upperBound - position >= 8 {
            let key = try walk.reader.bytes(at: position, count: 4)
            let length = UInt64(try walk.reader.u32(at: position + 4, .big))
            let block = try walk.reader.range(at: position + 8, count: length, in: header)
            if key == Array("\0TTW".utf8) { try ExifBlock.plan(walk, block) }
            position = block.upperBound
        }
    }
}

/// Sigma X3F (ExifTool SigmaRaw.pm): a directory at the end of the file; previews are JPEGs with Exif.
enum X3F: Container {
    static let name = "X3F"

    static func matches(_ head: [UInt8], _ walk: Walk, _ range: Range<UInt64>) -> Bool {
        head.starts(with: Array("FOVb".utf8))
    }

    static func plan(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        guard range.upperBound - range.lowerBound >= 16 else { throw .malformed("X3F truncated") }
        let start = range.lowerBound + UInt64(try walk.reader.u32(at: range.upperBound - 4, .little))
        _ = try walk.reader.range(at: start, count: 12, in: range)
        guard try walk.reader.bytes(at: start, count: 4) == Array("SECd".utf8) else {
            throw .malformed("no X3F directory")
        }
        let count = UInt64(try walk.reader.u32(at: start + 8, .little))
        guard count <= 1_024 else { throw .malformed("X3F directory of \(count) entries") }
        for index in 0..<count {
            let entry = try walk.reader.range(at: start + 12 + index * 12, count: 12, in: range)
            let offset = UInt64(try walk.reader.u32(at: entry.lowerBound, .little))
            let length = UInt64(try walk.reader.u32(at: entry.lowerBound + 4, .little))
            let section = try walk.reader.range(at: range.lowerBound + offset, count: length, in: range)
            guard length > 32 else { continue }
            let mark = String(decoding: try walk.reader.bytes(at: section.lowerBound, count: 4), as: UTF8.self)
            guard mark.hasPrefix("SEC") else { throw .malformed("no section where it should be") }
            guard mark == "SECi" else { continue }
            try JPEG.planNested(try walk.nested(), section.lowerBound + 28..<section.upperBound)
        }
    }
}

/// Canon CRW (CIFF 1.0 revision 4): heaps with directories at their ends; previews are JPEGs.
enum CRW: Container {
    static let name = "CRW"

    static func matches(_ head: [UInt8], _ walk: Walk, _ range: Range<UInt64>) -> Bool {
        guard head.count >= 14, head[0] == head[1], head[0] == 0x49 || head[0] == 0x4D else { return false }
        return head[6..<14].elementsEqual("HEAPCCDR".utf8)
    }

    static func plan(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        let order: ByteOrder = try walk.reader.u8(at: range.lowerBound) == 0x49 ? .little : .big
        let start = range.lowerBound + UInt64(try walk.reader.u32(at: range.lowerBound + 2, order))
        let trailer = try CanonTrailer.plan(walk, range)
        guard start < trailer else { throw .malformed("CIFF heap truncated") }
        // Editors pad the heap to an even length before they append.
        let whole = start..<trailer - (trailer - start) % 2
        try heap(try walk.nested(), whole, whole, order)
    }

    private static func heap(
        _ walk: Walk, _ heap: Range<UInt64>, _ whole: Range<UInt64>, _ order: ByteOrder
    ) throws(PlanningError) {
        guard heap.upperBound - heap.lowerBound >= 6 else { return }
        let offset = UInt64(try walk.reader.u32(at: heap.upperBound - 4, order))
        let directory = try walk.reader.range(at: heap.lowerBound + offset, count: 2, in: heap).lowerBound
        let count = UInt64(try walk.reader.u16(at: directory, order))
        // The directory is what a heap ends with; a byte may fill it up.
        let end = directory + 2 + count * 10 + 4
        guard count > 0, end <= heap.upperBound, heap.upperBound - end < 4 else {
            throw .malformed("CIFF directory damaged")
        }
        for index in 0..<count {
            let entry = try walk.reader.range(at: directory + 2 + index * 10, count: 10, in: heap).lowerBound
            let tag = try walk.reader.u16(at: entry, order)
            guard tag & 0xC000 == 0 else { continue }
            let length = UInt64(try walk.reader.u32(at: entry + 2, order))
            let offset = UInt64(try walk.reader.u32(at: entry + 6, order))
            let isImage = tag & 0x3FFF == 0x2007 || tag & 0x3FFF == 0x2008
            // What lies outside of the heap no reader finds either; but something is damaged.
            guard heap.lowerBound + offset + length <= heap.upperBound else {
                if isImage { throw .malformed("image outside of the heap") }
                continue
            }
            let value = heap.lowerBound + offset..<heap.lowerBound + offset + length
            switch tag & 0x3FFF {
            case 0x2007, 0x2008:
                if length > 3, try walk.reader.bytes(at: value.lowerBound, count: 3) == [0xFF, 0xD8, 0xFF] {
                    try JPEG.planNested(walk, value)
                } else if try holdsImage(walk, whole) {
                    throw .malformed("no JPEG where it should be")
                }
            case let tag where tag & 0x3800 == 0x2800 || tag & 0x3800 == 0x3000:
                try self.heap(try walk.nested(), value, whole, order)
            default: break
            }
        }
    }

    /// Whether a JPEG, or metadata of one, lies anywhere in the heap: one that the directory does not lead to.
    private static func holdsImage(_ walk: Walk, _ heap: Range<UInt64>) throws(PlanningError) -> Bool {
        let marks: [[UInt8]] = [
            [0xFF, 0xD8, 0xFF], Array("Exif\0".utf8), Array("http://ns.adobe.com/".utf8), Array("8BIM".utf8),
        ]
        let piece = UInt64(walk.reader.limits.memory / 4)
        var position = heap.lowerBound
        while position < heap.upperBound {
            let count = min(piece, heap.upperBound - position)
            let bytes = try walk.reader.bytes(at: position, count: Int(count))
            if marks.contains(where: { Bytes.firstIndex(of: $0, in: bytes) != nil }) { return true }
            // A mark may lie across the end of the piece.
            position += position + count == heap.upperBound ? count : max(1, count - 32)
        }
        return false
    }
}

/// The trailer that Canon's software appends to raw files (ExifTool CanonVRD.pm); XMP may be in it.
enum CanonTrailer {
    private static let mark = Array("CANON OPTIONAL DATA\0".utf8)

    /// - Returns: where the trailer begins; the end of `range` if there is none.
    @discardableResult
    static func plan(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) -> UInt64 {
        guard range.upperBound - range.lowerBound > 0x5C else { return range.upperBound }
        let footer = range.upperBound - 0x40
        guard try walk.reader.bytes(at: footer, count: mark.count) == mark else { return range.upperBound }
        let length = UInt64(try walk.reader.u32(at: footer + 20, .big))
        guard length <= footer - range.lowerBound - 0x1C else {
            throw .malformed("Canon trailer truncated")
        }
        let start = footer - length - 0x1C
        guard try walk.reader.bytes(at: start, count: mark.count) == mark else {
            throw .malformed("Canon trailer damaged")
        }
        try Trailer.plan(walk, start..<range.upperBound)
        return start
    }
}
