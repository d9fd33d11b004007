/// MIE (Meta Information Encapsulation 1.1, exiftool.org/MIE1.1-20070121.pdf): elements in groups; whole files and blocks of
/// Exif, IPTC and XMP among them.
///
/// An element is a mark, a format, the lengths of its name and of its data, the name, the data. A group ends with an element
/// without a name.
enum MIE: Container {
    static let name = "MIE"

    private static let mark: UInt8 = 0x7E
    private static let freeSpace: UInt8 = 0x80
    /// Groups that are location, with all that is in them.
    private static let places: Set<String> = ["Geo", "GPS"]

    static func matches(_ head: [UInt8], _ walk: Walk, _ range: Range<UInt64>) -> Bool {
        head.count >= 8 && head[0] == mark && (head[1] == 0x10 || head[1] == 0x18) && head[2] == 4
            && head[4..<8].elementsEqual("0MIE".utf8)
    }

    static func plan(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        var position = range.lowerBound
        // Files that were appended to each other.
        while position < range.upperBound {
            position = try elements(try walk.nested(), position..<range.upperBound, .big, isPlace: false)
        }
    }

    private struct Element {
        let isGroup: Bool
        /// Of lengths in the group.
        let order: ByteOrder
        let isCompressed: Bool
        let name: Range<UInt64>
        let data: Range<UInt64>
    }

    private static func element(
        _ walk: Walk, at position: UInt64, in range: Range<UInt64>, _ order: ByteOrder
    ) throws(PlanningError) -> Element {
        let head = try walk.reader.range(at: position, count: 4, in: range)
        let bytes = try walk.reader.bytes(at: position, count: 4)
        guard bytes[0] == mark else { throw .malformed("no MIE element") }
        let name = try walk.reader.range(at: head.upperBound, count: UInt64(bytes[2]), in: range)
        // 255, 254 and 253 say that a length of 2, 4 or 8 bytes stands behind the name.
        let width: UInt64 = bytes[3] < 253 ? 0 : 2 << UInt64(255 - bytes[3])
        let start = try walk.reader.range(at: name.upperBound, count: width, in: range).upperBound
        let length: UInt64
        switch width {
        case 2: length = UInt64(try walk.reader.u16(at: name.upperBound, order))
        case 4: length = UInt64(try walk.reader.u32(at: name.upperBound, order))
        case 8: length = try walk.reader.u64(at: name.upperBound, order)
        default: length = UInt64(bytes[3])
        }
        return Element(
            isGroup: bytes[1] & 0xF0 == 0x10, order: bytes[1] == 0x18 ? .little : .big,
            isCompressed: bytes[1] & 0x04 != 0, name: name,
            data: try walk.reader.range(at: start, count: length, in: range))
    }

    /// - Returns: where the group ends.
    private static func elements(
        _ walk: Walk, _ range: Range<UInt64>, _ order: ByteOrder, isPlace: Bool
    ) throws(PlanningError) -> UInt64 {
        var position = range.lowerBound
        while position < range.upperBound {
            let element = try element(walk, at: position, in: range, order)
            if element.name.isEmpty { return element.data.upperBound }
            let name = String(
                decoding: try walk.reader.bytes(at: element.name.lowerBound, count: element.name.count), as: UTF8.self)
            if element.isGroup {
                let isPlace = isPlace || places.contains(name)
                // Its length may be left out: then its end says where it ends.
                let inner = element.data.isEmpty ? element.data.lowerBound..<range.upperBound : element.data
                let end = try elements(try walk.nested(), inner, element.order, isPlace: isPlace)
                position = element.data.isEmpty ? end : element.data.upperBound
                continue
            }
            try content(walk, name, element, isPlace: isPlace)
            position = element.data.upperBound
        }
        return position
    }

    private static func content(
        _ walk: Walk, _ name: String, _ element: Element, isPlace: Bool
    ) throws(PlanningError) {
        if isPlace || LocationAtoms.isLocation(key: name) {
            // Its format becomes that of free space: names have to be in order, and zero would be a position.
            let format = element.name.lowerBound - 3
            walk.draft.patch(format..<format + 1, .fill(freeSpace), "MIE \(name)")
            walk.draft.patch(element.data, .fill(0), "MIE \(name)")
        } else if element.isCompressed {
            walk.draft.blank(element.data, kind: "MIE \(name)", reason: "MIE \(name) blanked: it is compressed")
        } else if try !NestedMedia.plan(try walk.nested(), element.data) {
            try Trailer.plan(try walk.nested(), element.data)
        }
    }
}
