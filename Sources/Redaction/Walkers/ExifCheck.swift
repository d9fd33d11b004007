import CExif

/// The second opinion on a patched Exif block: libexif, which shares no code with the walker, reads it again.
enum ExifCheck {
    /// Fails if something was patched since `mark` and location can still be read from the patched block.
    static func run(
        _ walk: Walk, _ range: Range<UInt64>, since mark: Draft.Mark, _ options: ExifBlock.Options
    ) throws(PlanningError) {
        let length = range.upperBound - range.lowerBound
        guard length <= 256 << 10, walk.draft.hasPatches(since: mark), !options.firstIsGPS else { return }
        var bytes = try walk.reader.bytes(at: range.lowerBound, count: Int(length))
        bytes = walk.draft.patched(bytes, at: range.lowerBound, since: mark)
        guard !hasGPS(bytes) else { throw .malformed("libexif still finds GPS data") }
    }

    private static func hasGPS(_ block: [UInt8]) -> Bool {
        guard let data = exif_data_new() else { return true }
        defer { exif_data_unref(data) }
        // As it stands, without repairs; a log without a function is silent.
        exif_data_unset_option(data, EXIF_DATA_OPTION_FOLLOW_SPECIFICATION)
        exif_data_unset_option(data, EXIF_DATA_OPTION_IGNORE_UNKNOWN_TAGS)
        let bytes = Array("Exif\0\0".utf8) + block
        bytes.withUnsafeBufferPointer { exif_data_load_data(data, $0.baseAddress, UInt32($0.count)) }
        let directories = withUnsafeBytes(of: data.pointee.ifd) {
            Array($0.bindMemory(to: UnsafeMutablePointer<ExifContent>?.self))
        }
        guard directories.count > Int(EXIF_IFD_GPS.rawValue),
            let gps = directories[Int(EXIF_IFD_GPS.rawValue)]
        else { return true }
        return gps.pointee.count > 0
    }
}

/// Coordinates of a GPS IFD that nothing points to any more (an editor's remains, a damaged pointer): an entry of
/// type RATIONAL and count 3 under a coordinate's tag.
enum OrphanGPS {
    private static let chunk: UInt64 = 64 << 10

    /// Searches a part of a file.
    static func clear(_ walk: Walk, _ range: Range<UInt64>, _ layout: TIFFLayout) throws(PlanningError) {
        var position = range.lowerBound
        while position < range.upperBound {
            let count = min(chunk, range.upperBound - position)
            try clear(walk, try walk.reader.bytes(at: position, count: Int(count)), at: position, layout)
            // An entry may lie across the end of a chunk.
            position += position + count == range.upperBound ? count : max(1, count - 12)
        }
    }

    /// Searches `bytes`, which stand at `position`.
    private static func clear(
        _ walk: Walk, _ bytes: [UInt8], at position: UInt64, _ layout: TIFFLayout
    ) throws(PlanningError) {
        let isLittle = layout.order == .little
        let pattern: [UInt8] = isLittle ? [5, 0, 3, 0, 0, 0] : [0, 5, 0, 0, 0, 3]
        for found in Bytes.occurrences(of: pattern, in: bytes) {
            let start = found - 2
            guard start >= 0, start + 12 <= bytes.count else { continue }
            func byte(_ index: Int) -> UInt64 { UInt64(bytes[start + index]) }
            let tag = UInt16(isLittle ? byte(0) | byte(1) << 8 : byte(0) << 8 | byte(1))
            guard LocationTags.gpsCoordinates.contains(tag) else { continue }
            let offset =
                isLittle
                ? byte(8) | byte(9) << 8 | byte(10) << 16 | byte(11) << 24
                : byte(8) << 24 | byte(9) << 16 | byte(10) << 8 | byte(11)
            let entry = position + UInt64(start)
            walk.draft.patch(entry..<entry + 12, .fill(0), "GPS entry without a pointer")
            // The entry may have been made for another block than this one: what is no coordinate stays.
            guard offset >= 8, let value = layout.position(offset), layout.range.upperBound - value >= 24,
                isCoordinate(try walk.reader.bytes(at: value, count: 24), layout.order)
            else { continue }
            walk.draft.patch(value..<value + 24, .fill(0), "GPS value without a pointer")
        }
    }

    /// Whether 24 bytes are degrees, minutes and seconds.
    static func isCoordinate(_ bytes: [UInt8], _ order: ByteOrder) -> Bool {
        func number(_ at: Int) -> UInt64 {
            let part = bytes[at..<at + 4]
            return (order == .big ? Array(part) : part.reversed()).reduce(0) { $0 << 8 | UInt64($1) }
        }
        return zip([0, 8, 16], [180, 60, 60] as [UInt64]).allSatisfy { at, most in
            number(at + 4) > 0 && number(at) <= most * number(at + 4)
        }
    }
}
