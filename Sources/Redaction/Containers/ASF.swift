/// ASF: WMV and WMA (Advanced Systems Format Specification 01.20.05): attributes by name, texts, XMP. Objects with a GUID and
/// a size; numbers are little-endian, texts UTF-16.
enum ASF: Container {
    static let name = "ASF"

    private enum Object {
        static let header: [UInt8] = [
            0x30, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11, 0xA6, 0xD9, 0x00, 0xAA, 0x00, 0x62, 0xCE, 0x6C,
        ]
        static let content: [UInt8] = [
            0x33, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11, 0xA6, 0xD9, 0x00, 0xAA, 0x00, 0x62, 0xCE, 0x6C,
        ]
        static let extendedContent: [UInt8] = [
            0x40, 0xA4, 0xD0, 0xD2, 0x07, 0xE3, 0xD2, 0x11, 0x97, 0xF0, 0x00, 0xA0, 0xC9, 0x5E, 0xA8, 0x50,
        ]
        static let headerExtension: [UInt8] = [
            0xB5, 0x03, 0xBF, 0x5F, 0x2E, 0xA9, 0xCF, 0x11, 0x8E, 0xE3, 0x00, 0xC0, 0x0C, 0x20, 0x53, 0x65,
        ]
        static let metadata: [UInt8] = [
            0xEA, 0xCB, 0xF8, 0xC5, 0xAF, 0x5B, 0x77, 0x48, 0x84, 0x67, 0xAA, 0x8C, 0x44, 0xFA, 0x4C, 0xCA,
        ]
        static let library: [UInt8] = [
            0x94, 0x1C, 0x23, 0x44, 0x98, 0x94, 0xD1, 0x49, 0xA1, 0x41, 0x1D, 0x13, 0x4E, 0x45, 0x70, 0x54,
        ]
        static let markers: [UInt8] = [
            0x01, 0xCD, 0x87, 0xF4, 0x51, 0xA9, 0xCF, 0x11, 0x8E, 0xE6, 0x00, 0xC0, 0x0C, 0x20, 0x53, 0x65,
        ]
        static let commands: [UInt8] = [
            0x30, 0x1A, 0xFB, 0x1E, 0x62, 0x0B, 0xD0, 0x11, 0xA3, 0x9B, 0x00, 0xA0, 0xC9, 0x03, 0x48, 0xF6,
        ]
        static let data: [UInt8] = [
            0x36, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11, 0xA6, 0xD9, 0x00, 0xAA, 0x00, 0x62, 0xCE, 0x6C,
        ]
        /// XMP Specification Part 3, 2.1; written as its text says it, or as other GUIDs are.
        static let xmp: [[UInt8]] = [
            LocationAtoms.xmpUUID,
            [0xCB, 0xCF, 0x7A, 0xBE, 0xA9, 0x97, 0xE8, 0x42, 0x9C, 0x71, 0x99, 0x94, 0x91, 0xE3, 0xAF, 0xAC],
        ]
    }

    static func matches(_ head: [UInt8], _ walk: Walk, _ range: Range<UInt64>) -> Bool {
        head.count >= 30 && head.starts(with: Object.header)
    }

    static func plan(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        try objects(try walk.nested(), range)
    }

    private static func objects(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        var position = range.lowerBound
        while range.upperBound - position >= 24 {
            let id = try walk.reader.bytes(at: position, count: 16)
            let size = try walk.reader.u64(at: position + 16, .little)
            // While it is recorded, and of a file that was cut off, the data is as long as the file.
            if id == Object.data, size < 24 || size > range.upperBound - position { return }
            guard size >= 24 else { throw .malformed("ASF object is too short") }
            let object = try walk.reader.range(at: position, count: size, in: range)
            let data = object.lowerBound + 24..<object.upperBound
            try walk.unit(data, "ASF object") { () throws(PlanningError) in try self.object(walk, id, data) }
            position = object.upperBound
        }
        guard position < range.upperBound else { return }
        walk.draft.patch(position..<range.upperBound, .fill(0), "end of the ASF")
    }

    private static func object(_ walk: Walk, _ id: [UInt8], _ data: Range<UInt64>) throws(PlanningError) {
        func rest(_ skipped: UInt64) throws(PlanningError) -> Range<UInt64> {
            try walk.reader.range(at: data.lowerBound, count: skipped, in: data).upperBound..<data.upperBound
        }
        switch id {
        case Object.header: try objects(try walk.nested(), try rest(6))
        case Object.headerExtension: try objects(try walk.nested(), try rest(22))
        case Object.content, Object.markers, Object.commands: try text(walk, data)
        case Object.extendedContent: try descriptors(walk, data)
        case Object.metadata, Object.library: try records(walk, data)
        case _ where Object.xmp.contains(id): try XMPPacket.plan(walk, data)
        default: break
        }
    }

    /// Descriptors: length of the name, name, type, length of the value, value.
    private static func descriptors(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        var position = range.lowerBound + 2
        for _ in 0..<(try walk.reader.u16(at: range.lowerBound, .little)) {
            let head = try walk.reader.range(at: position, count: 2, in: range)
            let length = UInt64(try walk.reader.u16(at: position, .little))
            let name = try walk.reader.range(at: head.upperBound, count: length, in: range)
            let middle = try walk.reader.range(at: name.upperBound, count: 4, in: range)
            let type = try walk.reader.u16(at: middle.lowerBound, .little)
            let size = UInt64(try walk.reader.u16(at: middle.lowerBound + 2, .little))
            let value = try walk.reader.range(at: middle.upperBound, count: size, in: range)
            try attribute(walk, name, type, value)
            position = value.upperBound
        }
    }

    /// Records: language, stream, length of the name, type, length of the value, name, value.
    private static func records(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        var position = range.lowerBound + 2
        for _ in 0..<(try walk.reader.u16(at: range.lowerBound, .little)) {
            let head = try walk.reader.range(at: position, count: 12, in: range)
            let length = UInt64(try walk.reader.u16(at: position + 4, .little))
            let type = try walk.reader.u16(at: position + 6, .little)
            let size = UInt64(try walk.reader.u32(at: position + 8, .little))
            let name = try walk.reader.range(at: head.upperBound, count: length, in: range)
            let value = try walk.reader.range(at: name.upperBound, count: size, in: range)
            try attribute(walk, name, type, value)
            position = value.upperBound
        }
    }

    private static func attribute(
        _ walk: Walk, _ name: Range<UInt64>, _ type: UInt16, _ value: Range<UInt64>
    ) throws(PlanningError) {
        // A name is looked up in the whole table.
        try walk.reader.effort.spend(512)
        let bytes = try walk.reader.bytes(
            at: name.lowerBound, count: Int(min(512, name.upperBound - name.lowerBound)))
        // Names are ASCII.
        let key = String(decoding: bytes.filter { $0 != 0 }, as: UTF8.self)
        if let kind = LocationAtoms.location(windows: key) {
            walk.draft.patch(value, .fill(0), kind)
        } else if type == 0 {
            try text(walk, value)
        } else if type == 1 {
            // Pictures, among others.
            try Trailer.plan(try walk.nested(), value)
        }
    }

    private static func text(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        guard range.upperBound - range.lowerBound <= 1 << 20 else {
            return walk.draft.blank(range, kind: "ASF text", reason: "ASF text blanked: longer than 1 MiB")
        }
        let bytes = try walk.reader.bytes(at: range.lowerBound, count: Int(range.upperBound - range.lowerBound))
        WideText.plan(walk, bytes, at: range.lowerBound, "ASF text")
    }
}
