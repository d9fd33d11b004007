/// A box of the ISO base media file format (ISO/IEC 14496-12, 4.2) or an atom of QuickTime.
struct Box {
    /// Four bytes; for messages and comparison as Latin-1 text, so that "©xyz" can be written.
    let type: String
    let range: Range<UInt64>
    let payload: Range<UInt64>
    /// It does not say how long it is, and goes on to the end of what it is in.
    let isOpen: Bool

    /// Where the type stands.
    var typeRange: Range<UInt64> { range.lowerBound + 4..<range.lowerBound + 8 }

    /// Whether the type is made of letters that types are made of.
    var hasTextType: Bool {
        type.unicodeScalars.allSatisfy { (0x20...0x7E).contains($0.value) || $0.value == 0xA9 }
    }

    var payloadCount: UInt64 { payload.upperBound - payload.lowerBound }

    private static let limit = 16_384

    /// The boxes that fill `range`; fewer than 8 bytes behind the last one are no box (QuickTime ends user data so).
    ///
    /// - Throws: `.malformed` for a box that does not fit.
    static func children(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) -> [Box] {
        var boxes: [Box] = []
        var position = range.lowerBound
        while range.upperBound - position >= 8 {
            let box = try read(walk, at: position, in: range)
            guard boxes.count < limit else { throw .limit("more than \(limit) boxes") }
            boxes.append(box)
            position = box.range.upperBound
        }
        return boxes
    }

    static func read(_ walk: Walk, at position: UInt64, in range: Range<UInt64>) throws(PlanningError) -> Box {
        let head = try walk.reader.u64(at: position, .big)
        let type = name(UInt32(truncatingIfNeeded: head))
        var size = head >> 32
        var header: UInt64 = 8
        let isOpen = size == 0
        if size == 1 {
            size = try walk.reader.u64(at: position + 8, .big)
            header = 16
        } else if size == 0 {
            size = range.upperBound - position
        }
        guard size >= header, size <= range.upperBound - position else {
            throw .malformed("box \(type.debugDescription) does not fit")
        }
        return Box(
            type: type, range: position..<position + size, payload: position + header..<position + size, isOpen: isOpen)
    }

    /// Four bytes as Latin-1 text.
    private static func name(_ code: UInt32) -> String {
        let bytes = (0..<4).map { UInt8(truncatingIfNeeded: code >> (24 - 8 * $0)) }
        guard code & 0x8080_8080 != 0 else { return String(decoding: bytes, as: UTF8.self) }
        return String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
    }

    /// Makes the box one that readers skip: type `free`, payload zeros, size as it was.
    func neutralise(_ walk: Walk, _ kind: String) {
        walk.draft.patch(typeRange, .bytes(Array("free".utf8)), kind)
        walk.draft.patch(payload, .fill(0), kind)
    }
}
