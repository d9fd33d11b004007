/// One attribute of an OpenEXR header: name, type, size, value.
struct OpenEXRAttribute {
    let name: String
    let type: String
    let nameRange: Range<UInt64>
    let value: Range<UInt64>

    /// Types whose values have one size ("OpenEXR File Layout", Predefined Attribute Types).
    static let sizes: [String: UInt64] = [
        "box2i": 16, "box2f": 16, "chromaticities": 32, "compression": 1, "deepImageState": 1, "double": 8, "envmap": 1,
        "float": 4, "int": 4, "keycode": 28, "lineOrder": 1, "m33f": 36, "m33d": 72, "m44f": 64, "m44d": 128,
        "rational": 8, "tiledesc": 9, "timecode": 8, "v2i": 8, "v2f": 8, "v2d": 16, "v3i": 12, "v3f": 12, "v3d": 24,
    ]

    static func read(
        _ walk: Walk, at position: UInt64, in range: Range<UInt64>
    ) throws(PlanningError) -> OpenEXRAttribute {
        let name = try word(walk, at: position, in: range)
        let type = try word(walk, at: name.upperBound + 1, in: range)
        guard !name.isEmpty, !type.isEmpty, range.upperBound - type.upperBound >= 5 else {
            throw .malformed("attribute without a type")
        }
        let size = UInt64(try walk.reader.u32(at: type.upperBound + 1, .little))
        let value = try walk.reader.range(at: type.upperBound + 5, count: size, in: range)
        return OpenEXRAttribute(
            name: try text(walk, name), type: try text(walk, type), nameRange: name, value: value)
    }

    /// Where the word at `position` stands, which a zero ends.
    static func word(
        _ walk: Walk, at position: UInt64, in range: Range<UInt64>
    ) throws(PlanningError) -> Range<UInt64> {
        guard range.contains(position) else { throw .malformed("attribute is cut off") }
        let bytes = try walk.reader.bytes(at: position, count: Int(min(256, range.upperBound - position)))
        guard let end = bytes.firstIndex(of: 0) else { throw .malformed("name without an end") }
        return position..<position + UInt64(end)
    }

    private static func text(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) -> String {
        String(
            decoding: try walk.reader.bytes(at: range.lowerBound, count: Int(range.upperBound - range.lowerBound)),
            as: UTF8.self)
    }

    /// The attribute as one that says nothing: the `number`th of its header.
    func remove(_ walk: Walk, number: Int) throws(PlanningError) {
        let kind = "OpenEXR \(name)"
        let length = Int(nameRange.upperBound - nameRange.lowerBound)
        let digits = Array(String(number, radix: 36).utf8.suffix(length))
        // Names in a header are different.
        let filler = [UInt8](repeating: UInt8(ascii: "x"), count: length - digits.count) + digits
        walk.draft.patch(nameRange, .bytes(filler), kind)
        try clear(walk, kind)
    }

    /// A value of the same form that says nothing.
    func clear(_ walk: Walk, _ kind: String) throws(PlanningError) {
        switch type {
        case "string": walk.draft.patch(value, .fill(0x20), kind)
        case "stringvector":
            for string in try strings(walk) { walk.draft.patch(string, .fill(0x20), kind) }
        // Zero in the form of a fraction.
        case "rational" where value.upperBound - value.lowerBound == 8:
            walk.draft.patch(value, .bytes([0, 0, 0, 0, 1, 0, 0, 0]), kind)
        default: walk.draft.patch(value, .fill(0), kind)
        }
    }

    /// Where the strings of a `stringvector` stand, each behind its length.
    func strings(_ walk: Walk) throws(PlanningError) -> [Range<UInt64>] {
        var strings: [Range<UInt64>] = []
        var position = value.lowerBound
        while position < value.upperBound {
            guard value.upperBound - position >= 4 else { throw .malformed("\(name) is cut off") }
            let length = UInt64(try walk.reader.u32(at: position, .little))
            let string = try walk.reader.range(at: position + 4, count: length, in: value)
            guard strings.count < 4_096 else { throw .limit("more than 4096 strings") }
            strings.append(string)
            position = string.upperBound
        }
        return strings
    }
}
