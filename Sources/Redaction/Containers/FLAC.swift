/// FLAC (RFC 9639): Vorbis comments and pictures.
enum FLAC: Container {
    static let name = "FLAC"

    static func matches(_ head: [UInt8], _ walk: Walk, _ range: Range<UInt64>) -> Bool {
        head.starts(with: Array("fLaC".utf8))
    }

    static func plan(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        var position = range.lowerBound + 4
        while range.upperBound - position >= 4 {
            let head = try walk.reader.u32(at: position, .big)
            let data = try walk.reader.range(at: position + 4, count: UInt64(head & 0xFF_FFFF), in: range)
            try block(walk, UInt8(head >> 24 & 0x7F), data)
            position = data.upperBound
            if head >> 31 == 1 { return }
        }
    }

    /// The metadata block of this type: comments, data of programs, pictures.
    static func block(_ walk: Walk, _ type: UInt8, _ data: Range<UInt64>) throws(PlanningError) {
        switch type {
        case 4:
            try walk.unit(data, "Vorbis comments") { () throws(PlanningError) in try VorbisComment.plan(walk, data) }
        case 2, 6: try Trailer.plan(try walk.nested(), data)
        default: break
        }
    }
}
