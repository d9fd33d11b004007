/// Where the parts of one TIFF structure stand (TIFF 6.0 section 2; BigTIFF as in Adobe's proposal of 2004).
struct TIFFLayout {
    /// All bytes that may belong to the structure.
    let range: Range<UInt64>
    /// What offsets count from.
    let base: UInt64
    let order: ByteOrder
    /// 64-bit offsets and counts.
    let isBig: Bool

    var entrySize: UInt64 { isBig ? 20 : 12 }
    var countSize: UInt64 { isBig ? 8 : 2 }
    var offsetSize: UInt64 { isBig ? 8 : 4 }

    struct Header {
        let layout: TIFFLayout
        let firstIFD: UInt64
        let magic: UInt16
    }

    /// Reads the header at the beginning of `range`; offsets count from there.
    static func header(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) -> Header {
        let start = range.lowerBound
        let mark = try walk.reader.bytes(at: start, count: 2)
        let order: ByteOrder
        switch mark {
        case [0x49, 0x49]: order = .little
        case [0x4D, 0x4D]: order = .big
        default: throw .malformed("no byte order in the TIFF header")
        }
        _ = try walk.reader.range(at: start, count: 8, in: range)
        let magic = try walk.reader.u16(at: start + 2, order)
        let isBig = magic == 43
        let layout = TIFFLayout(range: range, base: start, order: order, isBig: isBig)
        let first: UInt64
        if isBig {
            _ = try walk.reader.range(at: start, count: 16, in: range)
            first = try walk.reader.u64(at: start + 8, order)
        } else {
            first = UInt64(try walk.reader.u32(at: start + 4, order))
        }
        return Header(layout: layout, firstIFD: first, magic: magic)
    }

    /// A position in the file for an offset of the structure.
    func position(_ offset: UInt64) -> UInt64? {
        let (position, overflow) = base.addingReportingOverflow(offset)
        return !overflow && range.contains(position) ? position : nil
    }

    /// The length of one value of a field type; 0 for an unknown type.
    static func width(_ type: UInt16) -> UInt64 {
        switch type {
        case 1, 2, 6, 7, 129: 1
        case 3, 8: 2
        case 4, 9, 11, 13: 4
        case 5, 10, 12, 16, 17, 18: 8
        default: 0
        }
    }
}

/// One entry of an IFD, as it stands in the file.
struct TIFFEntry {
    let tag: UInt16
    let type: UInt16
    let count: UInt64
    /// The entry itself.
    let range: Range<UInt64>
    /// The value field, or where it points to, cut to the structure; `nil` if that is outside of it.
    let value: Range<UInt64>?
    /// The value is in the entry.
    let isInline: Bool
    /// The value field read as an offset.
    let field: UInt64
}

/// One IFD, as it stands in the file.
struct TIFFDirectory {
    let layout: TIFFLayout
    /// Count, entries and next pointer, as far as they lie in the structure.
    let range: Range<UInt64>
    let entries: [TIFFEntry]
    /// All entries that the count claims, and the next pointer, lie in the structure.
    let isComplete: Bool
    /// Offset of the next IFD, 0 if there is none.
    let next: UInt64

    /// All of it is as the specification wants it: known types, values inside of the structure, ascending tags.
    var isSound: Bool {
        isComplete && entries.allSatisfy { TIFFLayout.width($0.type) > 0 && $0.value != nil }
            && zip(entries, entries.dropFirst()).allSatisfy { $0.tag <= $1.tag }
    }

    /// Entries of one IFD; files have tens of them.
    private static let entryLimit: UInt64 = 8_192

    /// Reads the IFD at `position`; of one that claims to reach beyond the structure, what lies inside.
    static func read(_ walk: Walk, _ layout: TIFFLayout, at position: UInt64) throws(PlanningError) -> TIFFDirectory {
        let available = layout.range.upperBound - position
        guard layout.range.contains(position), available >= layout.countSize else { throw .malformed("IFD truncated") }
        let claimed: UInt64
        if layout.isBig {
            claimed = try walk.reader.u64(at: position, layout.order)
        } else {
            claimed = UInt64(try walk.reader.u16(at: position, layout.order))
        }
        let first = position + layout.countSize
        let fitting = (available - layout.countSize) / layout.entrySize
        let count = min(claimed, fitting)
        guard count <= entryLimit else { throw .limit("IFD of more than \(entryLimit) entries") }
        let entriesEnd = first + count * layout.entrySize
        var entries: [TIFFEntry] = []
        entries.reserveCapacity(Int(count))
        let bytes = try walk.reader.bytes(at: first, count: Int(count * layout.entrySize))
        for index in 0..<count { entries.append(entry(bytes, index, layout, first)) }
        let hasNext = layout.range.upperBound - entriesEnd >= layout.offsetSize
        var next: UInt64 = 0
        if count == claimed, hasNext { next = try number(walk, layout, at: entriesEnd) }
        return TIFFDirectory(
            layout: layout, range: position..<(hasNext ? entriesEnd + layout.offsetSize : entriesEnd),
            entries: entries, isComplete: count == claimed, next: next)
    }

    private static func number(
        _ walk: Walk, _ layout: TIFFLayout, at position: UInt64
    ) throws(PlanningError) -> UInt64 {
        if layout.isBig { return try walk.reader.u64(at: position, layout.order) }
        return UInt64(try walk.reader.u32(at: position, layout.order))
    }

    /// Entry `index` of `bytes`, of which the first stands at `first`.
    private static func entry(
        _ bytes: [UInt8], _ index: UInt64, _ layout: TIFFLayout, _ first: UInt64
    ) -> TIFFEntry {
        let start = Int(index * layout.entrySize)
        let width = Int(layout.offsetSize)
        func number(_ at: Int, _ width: Int) -> UInt64 {
            let range = start + at..<start + at + width
            var value: UInt64 = 0
            if layout.order == .big {
                for index in range { value = value << 8 | UInt64(bytes[index]) }
            } else {
                for index in range.reversed() { value = value << 8 | UInt64(bytes[index]) }
            }
            return value
        }
        let position = first + index * layout.entrySize
        let type = UInt16(number(2, 2))
        let count = number(4, width)
        let fieldPosition = position + 4 + layout.offsetSize
        let field = number(4 + width, width)
        let (length, overflow) = count.multipliedReportingOverflow(by: max(1, TIFFLayout.width(type)))
        let isInline = !overflow && length <= layout.offsetSize
        var value: Range<UInt64>?
        if isInline {
            value = fieldPosition..<fieldPosition + length
        } else if let start = layout.position(field) {
            // A value that claims to reach beyond the structure is as much of it as there is.
            value = start..<start + (overflow ? .max : length).clamped(to: layout.range.upperBound - start)
        }
        return TIFFEntry(
            tag: UInt16(number(0, 2)), type: type, count: count, range: position..<position + layout.entrySize,
            value: value,
            isInline: isInline, field: field)
    }

    /// The directory without the entries at `removed` and with the inline values at `zeroed` gone, in the place and
    /// length of the old one: what follows moves up, zeros fill the rest.
    func rewritten(_ walk: Walk, removing removed: Set<Int>) throws(PlanningError) -> [UInt8] {
        let old = try walk.reader.bytes(at: range.lowerBound, count: Int(range.upperBound - range.lowerBound))
        let head = Int(layout.countSize)
        let size = Int(layout.entrySize)
        var kept: [UInt8] = []
        kept.reserveCapacity(old.count)
        for index in entries.indices where !removed.contains(index) {
            kept += old[head + index * size..<head + (index + 1) * size]
        }
        var count = entries.count - removed.count
        if count == 0 {
            // TIFF 6.0 section 2: at least one entry. "Padding" (0xEA1C, Microsoft) says nothing.
            kept = padding()
            count = 1
        }
        kept += old[(head + entries.count * size)...]
        return bytes(UInt64(count), layout.countSize) + kept
            + [UInt8](repeating: 0, count: old.count - head - kept.count)
    }

    /// An IFD of this one's length that says nothing.
    func emptied() -> [UInt8] {
        let length = Int(range.upperBound - range.lowerBound)
        let count =
            entries.isEmpty
            ? [UInt8](repeating: 0, count: Int(layout.countSize)) : bytes(1, layout.countSize) + padding()
        return count + [UInt8](repeating: 0, count: max(0, length - count.count))
    }

    private func padding() -> [UInt8] {
        bytes(0xEA1C, 2) + bytes(7, 2) + bytes(4, layout.offsetSize) + bytes(0, layout.offsetSize)
    }

    private func bytes(_ value: UInt64, _ width: UInt64) -> [UInt8] {
        let little = (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        return layout.order == .little ? little : little.reversed()
    }
}

extension UInt64 {
    fileprivate func clamped(to limit: UInt64) -> UInt64 { self < limit ? self : limit }
}
