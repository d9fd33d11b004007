/// Boxes in which cameras keep what is theirs.
enum CameraBoxes {
    /// Boxes of Pittasoft's dashcams inside of a `free` box (ExifTool QuickTime.pm, Pittasoft).
    private static let pittasoft: Set<String> = ["cprt", "sttm", "ptnm", "ptrh", "thum", "gps ", "3gf "]
    private static let limit: UInt64 = 64 << 10

    /// A box that readers skip: dashcams hide positions there, and editors leave behind what they took out.
    static func free(_ walk: Walk, _ box: Box) throws(PlanningError) {
        let head = try walk.reader.bytes(at: box.payload.lowerBound, count: Int(min(8, box.payloadCount)))
        if head.starts(with: Array("GPS ".utf8)) || head.starts(with: Array("freeGPS ".utf8)) {
            return walk.draft.patch(box.payload, .fill(0), "GPS block")
        }
        if head.count == 8, pittasoft.contains(String(decoding: head[4...], as: UTF8.self)) {
            return try walk.unit(box.payload, "free box") { () throws(PlanningError) in
                for child in try Box.children(try walk.nested(), box.payload) where child.type == "gps " {
                    child.neutralise(walk, "GPS log")
                }
            }
        }
        guard box.payloadCount > 8 else { return }
        if try isLog(walk, box) { return walk.draft.patch(box.payload, .fill(0), "GPS log") }
        guard box.payloadCount <= limit else { return }
        let bytes = try walk.reader.bytes(at: box.payload.lowerBound, count: Int(box.payloadCount))
        let marks: [[UInt8]] = [[0xA9, 0x78, 0x79, 0x7A], Array("loci\0\0\0\0".utf8)]
        guard
            marks.contains(where: { Bytes.firstIndex(of: $0, in: bytes) != nil })
                || !LocationText.coordinates(in: bytes).isEmpty
        else { return }
        walk.draft.patch(box.payload, .fill(0), "left in a \(box.type) box")
    }

    /// Whether a box holds a dashcam's log whose coordinates are ciphered (LocationAtoms.logMark).
    static func isLog(_ walk: Walk, _ box: Box) throws(PlanningError) -> Bool {
        let head = try walk.reader.bytes(at: box.payload.lowerBound, count: Int(min(4_096, box.payloadCount)))
        return Bytes.firstIndex(of: LocationAtoms.logMark, in: head) != nil
    }

    /// Pentax's block of fixed places (ExifTool Pentax.pm, PENT), of which the position begins with "GPS_".
    static func pentax(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        guard range.upperBound - range.lowerBound > 0xCB else { return }
        let start = range.lowerBound + 0xC7
        guard try walk.reader.bytes(at: start, count: 4) == Array("GPS_".utf8) else { return }
        walk.draft.patch(start..<min(range.upperBound, range.lowerBound + 0x14D), .fill(0), "Pentax GPS")
    }

    /// Nikon's records (ExifTool Nikon.pm, ProcessNikonMOV): tag, format, count, value. Those that are location get a tag
    /// that means nothing.
    static func nikon(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        try walk.unit(range, "Nikon records") { () throws(PlanningError) in
            var position = range.lowerBound
            while range.upperBound - position > 8 {
                let tag = try walk.reader.u32(at: position, .big)
                let format = try walk.reader.u16(at: position + 4, .big)
                let count = UInt64(try walk.reader.u16(at: position + 6, .big))
                // Zeros fill the box up.
                guard tag != 0 || format != 0 else { return }
                let width = TIFFLayout.width(format)
                guard width > 0 else { throw .malformed("record of an unknown format") }
                let value = try walk.reader.range(at: position + 8, count: count * width, in: range)
                if LocationAtoms.isLocation(nikonRecord: tag) {
                    walk.draft.patch(position..<position + 4, .bytes([0xEA, 0x1C, 0, 0]), "Nikon GPS")
                    walk.draft.patch(value, .fill(0), "Nikon GPS")
                }
                position = value.upperBound
            }
        }
    }

    /// Windows's properties (`Xtra`; ExifTool Microsoft.pm, ProcessXtra): size, length of the name, name, number of values;
    /// each value with size and type. Values of those that name a location become zeros.
    static func windows(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        try walk.unit(range, "Xtra") { () throws(PlanningError) in
            var position = range.lowerBound
            while range.upperBound - position >= 8 {
                let size = UInt64(try walk.reader.u32(at: position, .big))
                let entry = try walk.reader.range(at: position, count: max(8, size), in: range)
                let length = UInt64(try walk.reader.u32(at: position + 4, .big))
                let name = try walk.reader.range(at: position + 8, count: length, in: entry)
                let key = String(
                    decoding: try walk.reader.bytes(at: name.lowerBound, count: Int(min(length, 256))), as: UTF8.self)
                if let kind = LocationAtoms.location(windows: key) {
                    walk.draft.patch(name.upperBound..<entry.upperBound, .fill(0), kind)
                }
                position = entry.upperBound
            }
        }
    }

    /// A maker note by itself (ExifTool Pentax.pm, AVI: `hymn`, `mknt`).
    static func makerNote(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        let layout = TIFFLayout(range: range, base: range.lowerBound, order: .big, isBig: false)
        try MakerNote(TIFFWalker(walk, ExifBlock.Options()), layout, make: "").plan(range)
    }
}
