/// How several frames share a block (RFC 9559, 10.3).
struct MatroskaLacing {
    private enum Kind: UInt8 {
        case none
        case xiph
        case fixed
        case ebml
    }

    private let kind: Kind

    init(_ bits: UInt8) { kind = Kind(rawValue: bits) ?? .none }

    func frames(
        _ reader: inout ForwardReader, _ range: Range<UInt64>
    ) throws(PlanningError) -> [Range<UInt64>] {
        guard kind != .none else { return [range] }
        guard range.upperBound - range.lowerBound <= TelemetryText.limit else { throw .malformed("a long lace") }
        let bytes = try reader.bytes(at: range.lowerBound, count: range.upperBound - range.lowerBound)
        guard let first = bytes.first else { throw .malformed("lace is cut off") }
        var sizes: [UInt64] = []
        var index = 1
        for frame in 0..<Int(first) {
            switch kind {
            case .xiph: sizes.append(try xiph(bytes, &index))
            case .ebml: sizes.append(try ebml(bytes, &index, after: frame == 0 ? nil : sizes.last))
            case .fixed, .none: sizes.append(UInt64(bytes.count - 1) / (UInt64(first) + 1))
            }
        }
        var position = range.lowerBound + UInt64(index)
        var frames: [Range<UInt64>] = []
        for size in sizes {
            guard size <= range.upperBound - position else { throw .malformed("lace does not fit") }
            frames.append(position..<position + size)
            position += size
        }
        return frames + [position..<range.upperBound]
    }

    private func xiph(_ bytes: [UInt8], _ index: inout Int) throws(PlanningError) -> UInt64 {
        var size: UInt64 = 0
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            size += UInt64(byte)
            if byte < 255 { return size }
        }
        throw .malformed("lace is cut off")
    }

    /// The first size is a number, the others are differences, around a number in the middle.
    private func ebml(_ bytes: [UInt8], _ index: inout Int, after last: UInt64?) throws(PlanningError) -> UInt64 {
        guard let number = EBMLElement.number(bytes[index...]) else { throw .malformed("lace is cut off") }
        index += number.length
        guard let last else { return number.value }
        let (sum, overflow) = last.addingReportingOverflow(number.value)
        let middle = (UInt64(1) << UInt64(7 * number.length - 1)) - 1
        guard !overflow, sum >= middle else { throw .malformed("lace of a negative length") }
        return sum - middle
    }
}
