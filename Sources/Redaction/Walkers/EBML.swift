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

    static func read(_ walk: Walk, at position: UInt64, in range: Range<UInt64>) throws(PlanningError) -> EBMLElement {
        let room = range.upperBound - position
        let head = try walk.reader.bytes(at: position, count: Int(min(12, room)))
        guard let first = head.first, first >= 0x10 else { throw .malformed("EBML identifier") }
        let idLength = first.leadingZeroBitCount + 1
        guard head.count > idLength else { throw .malformed("EBML element is cut off") }
        let id = head[0..<idLength].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let marker = head[idLength]
        let sizeLength = marker.leadingZeroBitCount + 1
        guard sizeLength <= 8, head.count >= idLength + sizeLength else { throw .malformed("EBML size") }
        var size = UInt64(marker) & (0x7F >> UInt64(sizeLength - 1))
        for byte in head[(idLength + 1)..<(idLength + sizeLength)] { size = size << 8 | UInt64(byte) }
        let unknown = (UInt64(1) << UInt64(7 * sizeLength)) - 1
        let start = position + UInt64(idLength + sizeLength)
        if size == unknown {
            return EBMLElement(id: id, start: position, data: start..<range.upperBound, isOpen: true)
        }
        guard size <= range.upperBound - start else { throw .malformed("EBML element does not fit") }
        return EBMLElement(id: id, start: position, data: start..<start + size, isOpen: false)
    }

    static func children(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) -> [EBMLElement] {
        var elements: [EBMLElement] = []
        var position = range.lowerBound
        while position < range.upperBound {
            let element = try read(walk, at: position, in: range)
            guard elements.count < 65_536 else { throw .limit("more than 65536 EBML elements") }
            elements.append(element)
            position = element.data.upperBound
        }
        return elements
    }
}
