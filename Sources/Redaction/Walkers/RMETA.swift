/// Ricoh's RMETA segments (ExifTool Ricoh.pm, ProcessRicohRMETA): a form of named fields that the photographer fills in.
enum RMETA {
    private struct Section {
        let type: UInt16
        let data: Range<UInt64>
    }

    /// `range` begins behind the identifier. A form that is not understood and names a place is blanked.
    static func plan(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        try walk.unit(range, "RMETA") { () throws(PlanningError) in
            guard range.upperBound - range.lowerBound >= 20 else { return }
            let mark = try walk.reader.bytes(at: range.lowerBound, count: 2)
            guard mark[0] == mark[1], mark[0] == 0x49 || mark[0] == 0x4D else { return }
            let order: ByteOrder = mark[0] == 0x49 ? .little : .big
            guard try walk.reader.u16(at: range.lowerBound + 4, order) == 0 else { return }
            try form(walk, range, order)
        }
    }

    private static func form(_ walk: Walk, _ range: Range<UInt64>, _ order: ByteOrder) throws(PlanningError) {
        let start = range.lowerBound + UInt64(try walk.reader.u16(at: range.lowerBound + 8, order))
        var position = try walk.reader.range(at: start, count: 10, in: range).upperBound
        var sections: [Section] = []
        while range.upperBound - position >= 4 {
            let type = try walk.reader.u16(at: position, order)
            let size = UInt64(try walk.reader.u16(at: position + 2, order))
            guard size != 0 else { break }
            guard size >= 2 else { throw .malformed("section of \(size) bytes") }
            let data = try walk.reader.range(at: position + 4, count: size - 2, in: range)
            sections.append(Section(type: type, data: data))
            position = data.upperBound
        }
        var fields: [Int] = []
        for section in sections where section.type == 1 {
            for (index, name) in try strings(walk, section.data).enumerated() {
                let text = String(decoding: try bytes(walk, name), as: UTF8.self)
                guard LocationKeys.contains(text) else { continue }
                fields.append(index)
                walk.draft.patch(name, .fill(0x78), "RMETA \(text)")
            }
        }
        guard !fields.isEmpty else { return }
        for section in sections {
            switch section.type {
            case 2, 18:
                let values = try strings(walk, section.data)
                for index in fields where index < values.count {
                    walk.draft.patch(values[index], .fill(0x20), "RMETA value")
                }
            case 3:
                for index in fields where UInt64(index) * 2 + 2 <= section.data.upperBound - section.data.lowerBound {
                    let at = section.data.lowerBound + UInt64(index) * 2
                    walk.draft.patch(at..<at + 2, .fill(0), "RMETA value")
                }
            default:
                break
            }
        }
    }

    private static func bytes(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) -> [UInt8] {
        try walk.reader.bytes(at: range.lowerBound, count: Int(range.upperBound - range.lowerBound))
    }

    /// The ranges of strings that each end with NUL.
    private static func strings(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) -> [Range<UInt64>] {
        var result: [Range<UInt64>] = []
        var start = range.lowerBound
        for (index, byte) in try bytes(walk, range).enumerated() where byte == 0 {
            let end = range.lowerBound + UInt64(index)
            result.append(start..<end)
            start = end + 1
        }
        return result
    }
}
