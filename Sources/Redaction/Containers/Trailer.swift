/// What stands behind the end of an image: videos of motion photos, further images (MPF, gain maps), Samsung SEF,
/// AFCP, PhotoMechanic and FotoStation trailers, remains of segments. Found by signature, wherever it stands.
enum Trailer {
    private enum Part: CaseIterable {
        case jpeg
        case video
        case exif
        case tiffLittle
        case tiffBig
        case xmpPacket
        case xmpMeta
        case resources
        case iptc
        case gpmf
        case country

        static let unmistakable: [Part] = [.video, .tiffLittle, .tiffBig, .xmpPacket, .xmpMeta]

        var signature: [UInt8] {
            switch self {
            case .jpeg: [0xFF, 0xD8, 0xFF]
            case .video: Array("ftyp".utf8)
            case .exif: Array("Exif\0\0".utf8)
            case .tiffLittle: [0x49, 0x49, 0x2A, 0]
            case .tiffBig: [0x4D, 0x4D, 0, 0x2A]
            case .xmpPacket: Array("<?xpacket begin".utf8)
            case .xmpMeta: Array("<x:xmpmeta".utf8)
            case .resources: Array("8BIM".utf8)
            case .iptc: [0x1C, 0x02]
            case .gpmf: Array("DEVC".utf8)
            // Samsung: the mobile country code of where the phone was (ExifTool Samsung.pm, Trailer).
            case .country: Array("MCC_Data".utf8)
            }
        }
    }

    private static let chunk: UInt64 = 64 << 10
    /// Bytes without a known part that are searched; what is beyond is blanked.
    private static let searchLimit: UInt64 = 16 << 20

    /// Plans all known parts in `range`.
    ///
    /// - Parameter inScan: `range` is an image's own data that ends without EOI: only signatures that do not occur in
    ///   such data by chance count, and what is not known is pixels.
    static func plan(_ walk: Walk, _ range: Range<UInt64>, inScan: Bool = false) throws(PlanningError) {
        let walk = try walk.nested()
        var position = range.lowerBound
        var searched: UInt64 = 0
        /// Where bytes begin that are no known part; searched for coordinates.
        var unknown = range.lowerBound
        while position < range.upperBound {
            guard searched <= searchLimit || inScan else {
                walk.draft.blank(
                    position..<range.upperBound, kind: "trailer", reason: "trailer blanked: unknown and long")
                return
            }
            let count = min(chunk, range.upperBound - position)
            let bytes = try walk.reader.bytes(at: position, count: Int(count))
            guard let found = next(in: bytes, inScan ? Part.unmistakable : Part.allCases) else {
                // A signature may lie across the chunk's end.
                let step = position + count == range.upperBound ? count : max(1, count - 32)
                searched += step
                position += step
                continue
            }
            searched += UInt64(found.offset)
            let start = position + UInt64(found.offset)
            let end = try plan(walk, found.part, at: start, in: range)
            if end.known > start + 4, !inScan {
                if unknown < start { try Salvage.remains(walk, unknown..<start) }
                unknown = max(unknown, end.known)
            }
            position = max(end.next, start + 1)
        }
        if unknown < range.upperBound, !inScan { try Salvage.remains(walk, unknown..<range.upperBound) }
    }

    private static func next(in bytes: [UInt8], _ parts: [Part]) -> (part: Part, offset: Int)? {
        var best: (part: Part, offset: Int)?
        for part in parts {
            guard let offset = Bytes.firstIndex(of: part.signature, in: bytes) else { continue }
            if offset < best?.offset ?? .max { best = (part, offset) }
        }
        return best
    }

    /// - Returns: where to go on, and where the part ends.
    private static func plan(
        _ walk: Walk, _ part: Part, at start: UInt64, in range: Range<UInt64>
    ) throws(PlanningError) -> (next: UInt64, known: UInt64) {
        if part == .tiffLittle || part == .tiffBig { return try exif(walk, start, range) }
        let end = try self.end(walk, part, at: start, in: range)
        return (end, end)
    }

    private static func end(
        _ walk: Walk, _ part: Part, at start: UInt64, in range: Range<UInt64>
    ) throws(PlanningError) -> UInt64 {
        let rest = start..<range.upperBound
        switch part {
        case .jpeg:
            return try JPEG.image(walk, rest)
        case .video:
            guard start >= range.lowerBound + 4 else { return start + 4 }
            return try video(walk, start - 4..<range.upperBound)
        case .exif:
            return start + 6
        case .tiffLittle, .tiffBig:
            return start + 4
        case .xmpPacket, .xmpMeta:
            return try xmp(walk, rest)
        case .resources:
            let mark = walk.draft.mark
            do {
                try PhotoshopResources.plan(walk, rest, openEnded: true)
            } catch {
                guard case .malformed = error else { throw error }
                walk.draft.rollback(to: mark)
            }
            return start + 4
        case .iptc:
            let mark = walk.draft.mark
            do {
                return try IPTC.datasets(walk, rest)
            } catch {
                guard case .malformed = error else { throw error }
                walk.draft.rollback(to: mark)
                return start + 2
            }
        case .gpmf:
            return start + 4
        case .country:
            let code = try walk.reader.bytes(at: start + 8, count: Int(min(4, range.upperBound - start - 8)))
            let digits = UInt64(code.prefix { (0x30...0x39).contains($0) }.count)
            walk.draft.patch(start + 8..<start + 8 + digits, .fill(0x20), "Samsung MCC_Data")
            return start + 8 + digits
        }
    }

    /// A run of boxes that begins with `ftyp`.
    private static func video(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) -> UInt64 {
        var end = range.lowerBound
        while range.upperBound - end >= 8 {
            let head = try walk.reader.bytes(at: end, count: 8)
            guard head[4...].allSatisfy({ (0x20...0x7E).contains($0) || $0 == 0xA9 }) else { break }
            var size = UInt64(try walk.reader.u32(at: end, .big))
            if size == 1, range.upperBound - end >= 16 { size = try walk.reader.u64(at: end + 8, .big) }
            if size == 0 || size > range.upperBound - end {
                end = range.upperBound
                break
            }
            guard size >= 8 else { break }
            end += size
        }
        guard end > range.lowerBound + 8 else { return range.lowerBound + 8 }
        return try NestedMedia.plan(walk, range.lowerBound..<end) ? end : range.lowerBound + 8
    }

    /// A TIFF structure: as long as its segment says if it stands in one, else at most 64 KiB.
    private static func exif(
        _ walk: Walk, _ start: UInt64, _ range: Range<UInt64>
    ) throws(PlanningError) -> (next: UInt64, known: UInt64) {
        var end = min(range.upperBound, start + 65_535)
        if start - range.lowerBound >= 10 {
            let before = try walk.reader.bytes(at: start - 10, count: 10)
            let length = UInt64(before[2]) << 8 | UInt64(before[3])
            if before[0] == 0xFF, (0xE0...0xEF).contains(before[1]), length > 8 { end = min(end, start - 8 + length) }
        }
        guard end - start >= 8 else { return (start + 4, start + 4) }
        let first = try walk.reader.u32(at: start + 4, try walk.reader.u8(at: start) == 0x49 ? .little : .big)
        // Four bytes that happen to look like a header are not blanked.
        guard first >= 8, UInt64(first) < end - start else { return (start + 4, start + 4) }
        try ExifBlock.plan(walk, start..<end)
        return (start + 8, end)
    }

    private static func xmp(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) -> UInt64 {
        let window = range.lowerBound..<min(range.upperBound, range.lowerBound + (1 << 20))
        let bytes = try walk.reader.bytes(at: window.lowerBound, count: Int(window.upperBound - window.lowerBound))
        var length = bytes.count
        if let end = Bytes.firstIndex(of: "<?xpacket end", in: bytes),
            let close = Bytes.firstIndex(of: "?>", in: bytes, from: end)
        {
            length = close + 2
        } else if let end = Bytes.firstIndex(of: "</x:xmpmeta>", in: bytes) {
            length = end + 12
        }
        let packet = range.lowerBound..<range.lowerBound + UInt64(length)
        try XMPPacket.plan(walk, packet)
        return packet.upperBound
    }
}
