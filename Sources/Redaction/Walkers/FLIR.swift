/// FLIR's thermal data in APP1 segments (ExifTool FLIR.pm, "FFF"): a directory of records, one of them GPS.
enum FLIR {
    /// Record type GPSInfo.
    private static let gps: UInt16 = 0x2B

    static func plan(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        let start = range.lowerBound
        _ = try walk.reader.range(at: start, count: 64, in: range)
        let signature = try walk.reader.bytes(at: start, count: 4)
        guard signature == Array("FFF\0".utf8) || signature == Array("AFF\0".utf8) else {
            throw .malformed("no FLIR file header")
        }
        let version = try walk.reader.u32(at: start + 20, .big)
        let order: ByteOrder = (100..<200).contains(version) ? .big : .little
        let directory = UInt64(try walk.reader.u32(at: start + 24, order))
        let count = UInt64(try walk.reader.u32(at: start + 28, order))
        guard count <= 4_096 else { throw .malformed("FLIR directory of \(count) records") }
        for index in 0..<count {
            let entry = try walk.reader.range(at: start + directory + index * 32, count: 32, in: range)
            guard try walk.reader.u16(at: entry.lowerBound, order) == gps else { continue }
            let offset = UInt64(try walk.reader.u32(at: entry.lowerBound + 12, order))
            let length = UInt64(try walk.reader.u32(at: entry.lowerBound + 16, order))
            let record = try walk.reader.range(at: start + offset, count: length, in: range)
            walk.draft.patch(record, .fill(0), "FLIR GPSInfo")
            // Type 0 is an unused entry.
            walk.draft.patch(entry.lowerBound..<entry.lowerBound + 2, .fill(0), "FLIR GPSInfo")
        }
    }
}
