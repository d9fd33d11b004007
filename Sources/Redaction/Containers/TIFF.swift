/// TIFF 6.0, BigTIFF, and the raw formats built on them: DNG, CR2, NEF, NRW, ARW, PEF, SRW, 3FR, IIQ, GPR; Panasonic
/// RW2 and Olympus ORF, which differ in the magic number; JPEG XR (ITU-T T.832 Annex A).
enum TIFF: Container {
    static let name = "TIFF"

    private static let signatures: [(bytes: [UInt8], name: String)] = [
        ([0x49, 0x49, 0x2A, 0x00], "TIFF"), ([0x4D, 0x4D, 0x00, 0x2A], "TIFF"), ([0x49, 0x49, 0x2B, 0x00], "BigTIFF"),
        ([0x4D, 0x4D, 0x00, 0x2B], "BigTIFF"), ([0x49, 0x49, 0x55, 0x00], "RW2"), ([0x49, 0x49, 0x52, 0x4F], "ORF"),
        ([0x49, 0x49, 0x52, 0x53], "ORF"), ([0x4D, 0x4D, 0x4F, 0x52], "ORF"), ([0x49, 0x49, 0xBC, 0x01], "JPEG XR"),
        ([0x49, 0x49, 0xBC, 0x00], "JPEG XR"),
    ]

    static func matches(_ head: [UInt8], _ walk: Walk, _ range: Range<UInt64>) -> Bool {
        signatures.contains { head.starts(with: $0.bytes) }
    }

    static func plan(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        let head = try walk.reader.bytes(at: range.lowerBound, count: 4)
        if let found = signatures.first(where: { head == $0.bytes }) { walk.name(found.name) }
        var options = ExifBlock.Options()
        options.isFile = true
        options.name = "TIFF"
        try ExifBlock.plan(walk, range, options)
        try CanonTrailer.plan(walk, range)
    }
}
