import CExif

/// The second opinion on a patched Exif block: libexif, which shares no code with the walker, reads it again.
enum ExifCheck {
    /// Fails if something was patched since `mark` and location can still be read from the patched block.
    static func run(
        _ walk: Walk, _ range: Range<UInt64>, since mark: Draft.Mark, _ options: ExifBlock.Options
    ) throws(PlanningError) {
        let length = range.upperBound - range.lowerBound
        guard length <= 256 << 10 else { return }
        var bytes = try walk.reader.bytes(at: range.lowerBound, count: Int(length))
        bytes = walk.draft.patched(bytes, at: range.lowerBound, since: mark)
        try clearOrphans(walk, bytes, range)
        guard walk.draft.hasPatches(since: mark), !options.firstIsGPS else { return }
        bytes = walk.draft.patched(bytes, at: range.lowerBound, since: mark)
        guard !hasGPS(bytes) else { throw .malformed("libexif still finds GPS data") }
    }

    /// Coordinates of a GPS IFD that nothing points to any more (an editor's remains, a damaged pointer): an entry of
    /// type RATIONAL and count 3 under a coordinate's tag.
    private static func clearOrphans(_ walk: Walk, _ bytes: [UInt8], _ range: Range<UInt64>) throws(PlanningError) {
        guard bytes.count > 20, bytes[0] == bytes[1] else { return }
        let isLittle = bytes[0] == 0x49
        let pattern: [UInt8] = isLittle ? [5, 0, 3, 0, 0, 0] : [0, 5, 0, 0, 0, 3]
        for found in Bytes.occurrences(of: pattern, in: bytes) {
            let start = found - 2
            guard start >= 8, start + 12 <= bytes.count else { continue }
            func byte(_ index: Int) -> UInt64 { UInt64(bytes[start + index]) }
            let tag = UInt16(isLittle ? byte(0) | byte(1) << 8 : byte(0) << 8 | byte(1))
            guard LocationTags.gpsCoordinates.contains(tag) else { continue }
            let offset =
                isLittle
                ? byte(8) | byte(9) << 8 | byte(10) << 16 | byte(11) << 24
                : byte(8) << 24 | byte(9) << 16 | byte(10) << 8 | byte(11)
            let position = range.lowerBound + UInt64(start)
            walk.draft.patch(position..<position + 12, .fill(0), "Exif GPS entry without a pointer")
            if offset >= 8, offset <= UInt64(bytes.count), UInt64(bytes.count) - offset >= 24 {
                let value = range.lowerBound + offset
                walk.draft.patch(value..<value + 24, .fill(0), "Exif GPS value without a pointer")
            }
        }
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
