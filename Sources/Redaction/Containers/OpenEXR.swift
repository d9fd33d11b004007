/// OpenEXR (Academy Software Foundation, "OpenEXR File Layout"): attributes of its headers. Behind them are pixels only.
///
/// An attribute that is location keeps its place and its type, but gets a name that says nothing, and a value of zeros or
/// spaces. A header that cannot be followed to its end throws, for no reader gets to the pixels of such a file.
enum OpenEXR: Container {
    static let name = "OpenEXR"

    private static let multipart: UInt32 = 0x1000
    private static let attributeLimit = 16_384
    private static let textLimit: UInt64 = 1 << 20

    static func matches(_ head: [UInt8], _ walk: Walk, _ range: Range<UInt64>) -> Bool {
        head.starts(with: [0x76, 0x2F, 0x31, 0x01])
    }

    static func plan(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        guard range.upperBound - range.lowerBound > 8 else { return }
        let walk = try walk.nested()
        let hasParts = try walk.reader.u32(at: range.lowerBound + 4, .little) & multipart != 0
        var position = range.lowerBound + 8
        var attributes = 0
        var isFirst = true
        /// Attributes of this header that were renamed.
        var renamed = 0
        while position < range.upperBound {
            if try walk.reader.u8(at: position) == 0 {
                position += 1
                // An empty header is behind the last one.
                if isFirst || !hasParts { return try checkEnd(walk, position, range) }
                (isFirst, renamed) = (true, 0)
                continue
            }
            isFirst = false
            attributes += 1
            guard attributes <= attributeLimit else { throw .limit("more than \(attributeLimit) attributes") }
            let attribute = try OpenEXRAttribute.read(walk, at: position, in: range)
            if LocationAttributes.isLocation(attribute.name, type: attribute.type) {
                try attribute.remove(walk, number: renamed)
                renamed += 1
            } else {
                try look(walk, attribute)
            }
            position = attribute.value.upperBound
        }
        throw .malformed("its header has no end")
    }

    /// A damaged name looks like the end of the header; but behind that, a table says where in the file the pixels are. It is
    /// empty as long as the file is written.
    private static func checkEnd(_ walk: Walk, _ position: UInt64, _ range: Range<UInt64>) throws(PlanningError) {
        guard range.upperBound - position >= 8 else { return }
        let first = try walk.reader.u64(at: position, .little)
        let isInside = first < range.upperBound - range.lowerBound
        guard isInside, first >= position - range.lowerBound + 8 else {
            throw .malformed("there is no table of its pixels behind its header")
        }
    }

    /// What an attribute holds that is no location by its name.
    private static func look(_ walk: Walk, _ attribute: OpenEXRAttribute) throws(PlanningError) {
        let value = attribute.value
        if attribute.type == "string" || attribute.type == "stringvector" {
            guard value.upperBound - value.lowerBound <= textLimit else {
                walk.draft.note("OpenEXR \(attribute.name) blanked: longer than 1 MiB")
                return try attribute.clear(walk, "OpenEXR \(attribute.name)")
            }
            return try text(walk, attribute)
        }
        if let size = OpenEXRAttribute.sizes[attribute.type] {
            guard value.upperBound - value.lowerBound == size else {
                throw .malformed("\(attribute.type) of a wrong size")
            }
            return
        }
        switch attribute.type {
        case "chlist": try checkChannels(walk, value)
        case "preview": try checkPreview(walk, value)
        case "floatvector": break
        default: try block(walk, value)
        }
    }

    private static func text(_ walk: Walk, _ attribute: OpenEXRAttribute) throws(PlanningError) {
        let value = attribute.value
        let bytes = try walk.reader.bytes(at: value.lowerBound, count: Int(value.upperBound - value.lowerBound))
        if attribute.type == "string" {
            // darktable and ProEXR write a packet under the name "xmp".
            if ["<x:xmpmeta", "<?xpacket", "<rdf:RDF"].contains(where: { Bytes.firstIndex(of: $0, in: bytes) != nil }) {
                return try XMPPacket.plan(walk, value)
            }
            // A size that is damaged makes other attributes a part of it.
            guard !bytes.contains(where: { $0 < 0x20 && ![9, 10, 13].contains($0) }) else {
                walk.draft.note("OpenEXR \(attribute.name) blanked: it is no text")
                return try attribute.clear(walk, "OpenEXR \(attribute.name)")
            }
        } else {
            _ = try attribute.strings(walk)
        }
        for found in LocationText.coordinates(in: bytes) {
            let lower = value.lowerBound + UInt64(found.lowerBound)
            walk.draft.patch(lower..<lower + UInt64(found.count), .fill(0x20), "OpenEXR \(attribute.name) coordinates")
        }
    }

    /// Data of programs: darktable writes an Exif block, behind its length.
    private static func block(_ walk: Walk, _ value: Range<UInt64>) throws(PlanningError) {
        let head = try walk.reader.bytes(
            at: value.lowerBound, count: Int(min(16, value.upperBound - value.lowerBound)))
        let marks: [[UInt8]] = [[0x49, 0x49, 0x2A, 0], [0x4D, 0x4D, 0, 0x2A]]
        for skipped in [0, 4, 6, 10] where marks.contains(where: { head.dropFirst(skipped).starts(with: $0) }) {
            return try ExifBlock.plan(walk, value.lowerBound + UInt64(skipped)..<value.upperBound)
        }
        try Trailer.plan(walk, value)
    }

    // MARK: What is no text

    /// Each channel is a name and 16 bytes; a zero ends them.
    private static func checkChannels(_ walk: Walk, _ value: Range<UInt64>) throws(PlanningError) {
        var position = value.lowerBound
        while position < value.upperBound {
            let name = try OpenEXRAttribute.word(walk, at: position, in: value)
            if name.isEmpty, name.upperBound + 1 == value.upperBound { return }
            guard !name.isEmpty, value.upperBound - name.upperBound > 17 else { break }
            position = name.upperBound + 17
        }
        throw .malformed("list of channels is damaged")
    }

    private static func checkPreview(_ walk: Walk, _ value: Range<UInt64>) throws(PlanningError) {
        guard value.upperBound - value.lowerBound >= 8 else { throw .malformed("preview is cut off") }
        let width = UInt64(try walk.reader.u32(at: value.lowerBound, .little))
        let height = UInt64(try walk.reader.u32(at: value.lowerBound + 4, .little))
        let (pixels, overflow) = width.multipliedReportingOverflow(by: height)
        guard !overflow, pixels < 1 << 32, 8 + 4 * pixels == value.upperBound - value.lowerBound else {
            throw .malformed("preview of a wrong size")
        }
    }
}
