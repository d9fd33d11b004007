/// An element of EBML (RFC 8794): identifier, size, data, each of variable length.
struct EBMLElement {
    let id: UInt32
    /// Where the identifier stands.
    let start: UInt64
    let data: Range<UInt64>
    /// Written with a size that says "unknown": it ends where its parent or the next element of its level does.
    let isOpen: Bool

    static let void: UInt8 = 0xEC
    static let crc32: UInt32 = 0xBF
    /// Matroska's segment and cluster.
    static let segment: UInt32 = 0x1853_8067
    static let cluster: UInt32 = 0x1F43_B675

    static func read(_ walk: Walk, at position: UInt64, in range: Range<UInt64>) throws(PlanningError) -> EBMLElement {
        let room = range.upperBound - position
        return try parsed(walk.reader.bytes(at: position, count: Int(min(headLength, room))), at: position, in: range)
    }

    /// Identifier and size together are no longer.
    static let headLength: UInt64 = 12

    /// The element whose first bytes are `head`.
    static func parsed(
        _ head: [UInt8], at position: UInt64, in range: Range<UInt64>
    ) throws(PlanningError) -> EBMLElement {
        guard let first = head.first, first >= 0x10 else { throw .malformed("EBML identifier") }
        let idLength = first.leadingZeroBitCount + 1
        guard head.count > idLength else { throw .malformed("EBML element is cut off") }
        let id = head[0..<idLength].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        guard let size = number(head[idLength...]) else { throw .malformed("EBML size") }
        let start = position + UInt64(idLength + size.length)
        if size.isUnknown {
            return EBMLElement(id: id, start: position, data: start..<range.upperBound, isOpen: true)
        }
        guard size.value <= range.upperBound - start else {
            // Of a recording that was cut off, what there is.
            guard id == segment || id == cluster else { throw .malformed("EBML element does not fit") }
            return EBMLElement(id: id, start: position, data: start..<range.upperBound, isOpen: true)
        }
        return EBMLElement(id: id, start: position, data: start..<start + size.value, isOpen: false)
    }

    /// The number of variable length (RFC 8794, 4) that begins `bytes`; nil if it is cut off.
    static func number(_ bytes: ArraySlice<UInt8>) -> (value: UInt64, length: Int, isUnknown: Bool)? {
        guard let marker = bytes.first else { return nil }
        let length = marker.leadingZeroBitCount + 1
        guard length <= 8, bytes.count >= length else { return nil }
        let value = bytes.dropFirst().prefix(length - 1).reduce(UInt64(marker) & (0x7F >> UInt64(length - 1))) {
            $0 << 8 | UInt64($1)
        }
        return (value, length, value == (UInt64(1) << UInt64(7 * length)) - 1)
    }

    /// The unsigned integer that is an element's data.
    static func unsigned(_ walk: Walk, _ data: Range<UInt64>) throws(PlanningError) -> UInt64 {
        guard data.upperBound - data.lowerBound <= 8 else { throw .malformed("EBML number") }
        return try walk.reader.bytes(at: data.lowerBound, count: Int(data.upperBound - data.lowerBound))
            .reduce(0) { $0 << 8 | UInt64($1) }
    }

    static func children(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) -> [EBMLElement] {
        var elements: [EBMLElement] = []
        var position = range.lowerBound
        while position < range.upperBound {
            let element = try read(walk, at: position, in: range)
            guard elements.count < 16_384 else { throw .limit("more than 16384 EBML elements") }
            elements.append(element)
            position = element.data.upperBound
        }
        return elements
    }
}
