/// Flash Video (Adobe Flash Video File Format Specification 10.1): values by name, and XMP, in script data.
enum FLV: Container {
    static let name = "FLV"

    /// Script data stands in front of the frames; this many reads see it, also where an encoder wrote it a little late.
    private static let readLimit = 100

    static func matches(_ head: [UInt8], _ walk: Walk, _ range: Range<UInt64>) -> Bool {
        head.count >= 13 && head.starts(with: [0x46, 0x4C, 0x56, 1])
            && head[5..<9].reduce(UInt64(0)) { $0 << 8 | UInt64($1) } >= 9
    }

    static func plan(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        var position = try walk.reader.range(
            at: range.lowerBound, count: UInt64(try walk.reader.u32(at: range.lowerBound + 5, .big)) + 4, in: range
        ).upperBound
        let first = walk.reader.reads
        while range.upperBound - position >= 11, walk.reader.reads - first < readLimit {
            let type = try walk.reader.u8(at: position) & 0x1F
            guard [8, 9, 18].contains(type) else { throw .malformed("no tag") }
            let size = UInt64(try walk.reader.u24(at: position + 1, .big))
            let data = position + 11..<min(range.upperBound, position + 11 + size)
            if type == 18 {
                try walk.unit(data, "script data") { () throws(PlanningError) in
                    guard UInt64(data.count) == size else { throw .malformed("it is cut off") }
                    try ActionMessage(walk, data).plan()
                }
            }
            position = min(range.upperBound, data.upperBound + 4)
            guard range.upperBound - data.upperBound >= 4 else { return }
            // Live streams have zeros here.
            let length = UInt64(try walk.reader.u32(at: data.upperBound, .big))
            guard length == 0 || length == size + 11 else { throw .malformed("a tag's length is wrong") }
        }
    }
}

/// Values of ActionScript (Action Message Format 0).
private struct ActionMessage {
    private enum Kind {
        static let number: UInt8 = 0
        static let boolean: UInt8 = 1
        static let string: UInt8 = 2
        static let object: UInt8 = 3
        static let null: UInt8 = 5
        static let undefined: UInt8 = 6
        static let reference: UInt8 = 7
        static let array: UInt8 = 8
        static let end: UInt8 = 9
        static let strictArray: UInt8 = 10
        static let date: UInt8 = 11
        static let longString: UInt8 = 12
    }

    private let walk: Walk
    private let range: Range<UInt64>

    init(_ walk: Walk, _ range: Range<UInt64>) {
        self.walk = walk
        self.range = range
    }

    func plan() throws(PlanningError) {
        var position = range.lowerBound
        while position < range.upperBound { position = try value(walk, at: position, isLocation: false) }
    }

    /// - Returns: where the value ends.
    private func value(_ walk: Walk, at position: UInt64, isLocation: Bool) throws(PlanningError) -> UInt64 {
        let data = try part(position, 1).upperBound
        switch try walk.reader.u8(at: position) {
        case Kind.number: return clear(try part(data, 8), isLocation)
        case Kind.boolean: return try part(data, 1).upperBound
        case Kind.string: return try text(part(data + 2, UInt64(try number(data, 2))), isLocation)
        case Kind.longString: return try text(part(data + 4, UInt64(try number(data, 4))), isLocation)
        case Kind.object: return try members(walk, at: data, isLocation)
        case Kind.array: return try members(walk, at: try part(data, 4).upperBound, isLocation)
        case Kind.strictArray:
            let inner = try walk.nested()
            var next = try part(data, 4).upperBound
            for _ in 0..<(try number(data, 4)) { next = try value(inner, at: next, isLocation: isLocation) }
            return next
        case Kind.date: return try part(data, 10).upperBound
        case Kind.reference: return try part(data, 2).upperBound
        case Kind.null, Kind.undefined, Kind.end: return data
        default: throw .malformed("value of an unknown type")
        }
    }

    /// Names and values up to an empty name, which the mark of the end follows. A location also loses its name.
    private func members(_ walk: Walk, at start: UInt64, _ isLocation: Bool) throws(PlanningError) -> UInt64 {
        let inner = try walk.nested()
        var position = start
        while true {
            let name = try part(position + 2, UInt64(try number(position, 2)))
            if name.isEmpty { return try part(name.upperBound, 1).upperBound }
            let key = String(
                decoding: try walk.reader.bytes(at: name.lowerBound, count: Int(min(256, name.count))), as: UTF8.self)
            let isPlace = LocationAtoms.isLocation(key: key)
            if isPlace { walk.draft.patch(name, .fill(0x5F), "FLV \(key)") }
            position = try value(inner, at: name.upperBound, isLocation: isLocation || isPlace)
        }
    }

    private func clear(_ value: Range<UInt64>, _ isLocation: Bool) -> UInt64 {
        if isLocation { walk.draft.patch(value, .fill(0), "FLV location") }
        return value.upperBound
    }

    private func text(_ value: Range<UInt64>, _ isLocation: Bool) throws(PlanningError) -> UInt64 {
        if isLocation {
            walk.draft.patch(value, .fill(0x20), "FLV location")
        } else if value.count >= 16, try walk.reader.u8(at: value.lowerBound) == 0x3C {
            try XMPPacket.plan(walk, value)
        } else {
            try XMLText.plan(walk, value, "FLV text")
        }
        return value.upperBound
    }

    private func part(_ position: UInt64, _ count: UInt64) throws(PlanningError) -> Range<UInt64> {
        try walk.reader.range(at: position, count: count, in: range)
    }

    private func number(_ position: UInt64, _ width: UInt64) throws(PlanningError) -> UInt32 {
        _ = try part(position, width)
        return width == 2
            ? UInt32(try walk.reader.u16(at: position, .big)) : try walk.reader.u32(at: position, .big)
    }
}
