/// AIFF and AIFF-C (Apple, Audio Interchange File Format 1.3): ID3, texts, and data of programs.
enum AIFF: Container {
    static let name = "AIFF"

    private static let texts: Set<String> = ["NAME", "AUTH", "(c) ", "ANNO", "COMT"]

    static func matches(_ head: [UInt8], _ walk: Walk, _ range: Range<UInt64>) -> Bool {
        head.count >= 12 && head.starts(with: Array("FORM".utf8))
            && ["AIFF", "AIFC"].contains(String(decoding: head[8..<12], as: UTF8.self))
    }

    static func plan(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        let walk = try walk.nested()
        var position = range.lowerBound + 12
        while range.upperBound - position >= 8 {
            let head = try walk.reader.bytes(at: position, count: 8)
            let type = String(decoding: head[0..<4], as: UTF8.self)
            let size = head[4..<8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            let data = position + 8..<min(range.upperBound, position + 8 + size)
            guard head[0..<4].allSatisfy({ (0x20...0x7E).contains($0) }) else {
                return walk.draft.blank(
                    position..<range.upperBound, kind: "AIFF", reason: "bytes that are no chunk of the AIFF blanked")
            }
            if UInt64(data.count) < size, type != "SSND" {
                return walk.draft.blank(data, kind: "AIFF \(type)", reason: "AIFF \(type) blanked: it is cut off")
            }
            try chunk(walk, type, data)
            position = min(range.upperBound, data.upperBound + size % 2)
        }
    }

    private static func chunk(_ walk: Walk, _ type: String, _ data: Range<UInt64>) throws(PlanningError) {
        switch type {
        case "ID3 ", "id3 ": try ID3.planNested(walk, data)
        case _ where texts.contains(type): try XMLText.plan(walk, data, "AIFF \(type)")
        case "APPL": try Trailer.plan(walk, data)
        default: break
        }
    }
}
