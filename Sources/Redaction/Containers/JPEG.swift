/// JPEG (ITU-T T.81 Annex B; JFIF; Exif 2.32 4.7): segments, scans, and everything behind the end of the image.
enum JPEG: Container {
    static let name = "JPEG"

    static func matches(_ head: [UInt8], _ walk: Walk, _ range: Range<UInt64>) -> Bool {
        guard head.starts(with: [0xFF, 0xD8]) else { return false }
        // Decoders pass over bytes between segments, also over damaged ones.
        return head.count > 2 && head[2] == 0xFF
            || ["JFIF\0", "Exif\0"].contains { Bytes.firstIndex(of: $0, in: head) != nil }
    }

    static func plan(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        let end = try image(walk, range)
        guard end < range.upperBound else { return }
        let rest = try Insta360.plan(walk, end..<range.upperBound)
        if !rest.isEmpty { try Trailer.plan(walk, rest) }
    }

    /// A JPEG inside of something else, if there is one: thumbnail, preview.
    static func planNested(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        guard range.upperBound - range.lowerBound > 4, range.upperBound <= walk.reader.size else { return }
        guard try walk.reader.bytes(at: range.lowerBound, count: 3) == [0xFF, 0xD8, 0xFF] else { return }
        try walk.unit(range, "JPEG preview") { () throws(PlanningError) in try plan(walk, range) }
    }

    /// Plans one image from its SOI to its EOI.
    ///
    /// - Returns: the position behind EOI; the end of `range` if there is no EOI.
    static func image(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) -> UInt64 {
        var segments = JPEGSegments(walk, range)
        let end = try segments.run()
        try segments.finish()
        return end
    }
}

/// Exiv2's EXV: the metadata segments of a JPEG without its image.
enum EXV: Container {
    static let name = "EXV"

    static func matches(_ head: [UInt8], _ walk: Walk, _ range: Range<UInt64>) -> Bool {
        head.starts(with: [0xFF, 0x01] + Array("Exiv2".utf8))
    }

    static func plan(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        var segments = JPEGSegments(walk, range)
        segments.start = range.lowerBound + 7
        _ = try segments.run()
        try segments.finish()
    }
}

/// The walk over one image's markers.
struct JPEGSegments {
    let walk: Walk
    let range: Range<UInt64>
    private var applications: JPEGApplications

    init(_ walk: Walk, _ range: Range<UInt64>) {
        self.walk = walk
        self.range = range
        applications = JPEGApplications(walk)
        start = range.lowerBound + 2
    }

    /// The first marker is behind this.
    var start: UInt64

    /// Bytes of entropy-coded data that are looked at in one read.
    private static let chunk: UInt64 = 64 << 10

    mutating func run() throws(PlanningError) -> UInt64 {
        var position = start
        var scan: UInt64?
        while true {
            let before = position
            guard let marker = try nextMarker(from: position, inScan: scan != nil) else {
                if scan == nil { try between(before..<range.upperBound) }
                if let scan { try withoutEnd(scan) }
                return range.upperBound
            }
            position = marker.end
            if scan == nil { try between(before..<position - 2) }
            switch marker.code {
            case 0xD9:
                return position
            case 0xD8, 0x01, 0xD0...0xD7:
                continue
            default:
                break
            }
            guard range.upperBound - position >= 2 else { return range.upperBound }
            let length = UInt64(try walk.reader.u16(at: position, .big))
            guard length >= 2 else { continue }
            if marker.code == 0xDA, length > 14, scan == nil {
                // No scan has that long a header; what is in it is looked at like any segment.
                try applications.add(0, position + 2..<min(position + length, range.upperBound))
            }
            guard length <= range.upperBound - position else {
                // In a scan, damaged or foreign data that looks like a marker; it is searched at the end.
                if scan != nil { continue }
                // Cut off in the middle of a segment: no decoder gets any further. Metadata is not shown in part.
                walk.draft.blank(
                    position..<range.upperBound, kind: "JPEG segment", reason: "last JPEG segment blanked: truncated")
                return range.upperBound
            }
            let payload = position + 2..<position + length
            if marker.code == 0xDA, scan == nil, try !isScan(position, length) {
                // No decoder knows where the image begins, or ends.
                try withoutEnd(position)
                return range.upperBound
            }
            switch marker.code {
            case 0xE0...0xEF: try applications.add(marker.code - 0xE0, payload)
            case 0xFE: try applications.comment(payload)
            case 0xDA: scan = scan ?? position
            default: try applications.foreign(payload)
            }
            position += length
        }
    }

    /// Whether the header of a scan is as long as its components make it (T.81 B.2.3).
    private func isScan(_ position: UInt64, _ length: UInt64) throws(PlanningError) -> Bool {
        guard length >= 6, range.upperBound - position > 2 else { return false }
        return try length == 6 + 2 * UInt64(walk.reader.u8(at: position + 2))
    }

    /// Bytes between segments, before the first scan, which decoders skip: what is left of a damaged segment.
    private func between(_ skipped: Range<UInt64>) throws(PlanningError) {
        guard skipped.lowerBound < skipped.upperBound else { return }
        // Fill bytes (T.81 B.1.1.2) and zeros say nothing.
        let length = skipped.upperBound - skipped.lowerBound
        let bytes = try walk.reader.bytes(at: skipped.lowerBound, count: Int(min(4_096, length)))
        guard length > 4_096 || bytes.contains(where: { $0 != 0xFF && $0 != 0 }) else { return }
        // Coordinates may begin in the segment before.
        let edge = max(range.lowerBound, skipped.lowerBound - min(skipped.lowerBound, 23))
        try Salvage.coordinates(walk, edge..<min(skipped.upperBound, skipped.lowerBound + 24))
        walk.draft.blank(
            skipped, with: 0xFF, kind: "between JPEG segments", reason: "bytes between JPEG segments blanked")
    }

    mutating func finish() throws(PlanningError) { try applications.finish() }

    /// The next marker at or behind `position`: as decoders do, whatever is between segments is skipped, and so are
    /// stuffed bytes and restart markers in a scan.
    private func nextMarker(
        from position: UInt64, inScan: Bool
    ) throws(PlanningError) -> (code: UInt8, end: UInt64)? {
        var position = position
        // Segments follow each other: look at two bytes before reading a chunk.
        if range.upperBound - min(position, range.upperBound) >= 2 {
            let pair = try walk.reader.u16(at: position, .big)
            if pair >= 0xFFC0, pair < 0xFFFF { return (UInt8(pair & 0xFF), position + 2) }
        }
        while position < range.upperBound {
            let count = min(inScan ? Self.chunk : 4_096, range.upperBound - position)
            let bytes = try walk.reader.bytes(at: position, count: Int(count))
            var index = 0
            while let found = Bytes.firstIndex(of: 0xFF, in: bytes, from: index) {
                var code = found + 1
                while code < bytes.count, bytes[code] == 0xFF { code += 1 }
                guard code < bytes.count else {
                    // The marker's code is in the next chunk.
                    index = bytes.count
                    position += UInt64(code - 1)
                    guard range.upperBound - position > 1 else { return nil }
                    break
                }
                if bytes[code] >= 0xC0, !(0xD0...0xD7).contains(bytes[code]) {
                    return (bytes[code], position + UInt64(code) + 1)
                }
                index = code + 1
            }
            if bytes.last == 0xFF, index == bytes.count { continue }
            position += count
        }
        return nil
    }

    /// A scan without EOI: what was appended to the image cannot be told from its data by markers, but by signatures.
    private func withoutEnd(_ scan: UInt64) throws(PlanningError) {
        try Salvage.plan(walk, scan..<range.upperBound)
    }
}
