/// PNG and APNG (W3C PNG Specification, third edition): chunks, each with its CRC.
enum PNG: Container {
    static let name = "PNG"

    private static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    static func matches(_ head: [UInt8], _ walk: Walk, _ range: Range<UInt64>) -> Bool { head.starts(with: signature) }

    static func plan(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        var position = range.lowerBound + 8
        while range.upperBound - position >= 12 {
            let length = UInt64(try walk.reader.u32(at: position, .big))
            let type = try walk.reader.bytes(at: position + 4, count: 4)
            guard type.allSatisfy({ (65...90).contains($0) || (97...122).contains($0) }) else {
                // The chunks are lost; readers stop here.
                walk.draft.blank(
                    position..<range.upperBound, kind: "PNG chunks", reason: "rest of the PNG blanked: no chunk")
                return
            }
            guard length <= range.upperBound - position - 12 else {
                return truncated(walk, position..<range.upperBound, type)
            }
            let chunk = PNGChunk(
                walk: walk, type: type, range: position..<position + 12 + length,
                data: position + 8..<position + 8 + length)
            try chunk.plan()
            position = chunk.range.upperBound
            if type == Array("IEND".utf8) { break }
        }
        if position < range.upperBound { try Trailer.plan(walk, position..<range.upperBound) }
    }

    /// The last chunk is cut off: pixels stay, anything else is not shown in part.
    private static func truncated(_ walk: Walk, _ rest: Range<UInt64>, _ type: [UInt8]) {
        guard type != Array("IDAT".utf8), type != Array("fdAT".utf8), rest.upperBound - rest.lowerBound > 8 else {
            return
        }
        walk.draft.blank(
            rest.lowerBound + 8..<rest.upperBound, kind: "PNG chunk", reason: "last PNG chunk blanked: truncated")
    }
}
