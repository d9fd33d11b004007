/// JSON with positions (Table/LocationDocuments.swift); other JSON is no medium and stays as it is.
enum JSONFile: Container {
    static let name = "JSON"

    private static let chunk: UInt64 = 64 << 10

    static func matches(_ head: [UInt8], _ walk: Walk, _ range: Range<UInt64>) -> Bool {
        guard let first = head.first(where: { ![0x20, 0x09, 0x0A, 0x0D, 0xEF, 0xBB, 0xBF].contains($0) }),
            first == 0x7B || first == 0x5B
        else { return false }
        let count = Int(min(chunk, range.upperBound - range.lowerBound))
        guard let bytes = try? walk.reader.bytes(at: range.lowerBound, count: count), !bytes.contains(0) else {
            return false
        }
        return LocationDocuments.json.contains { Bytes.firstIndex(of: $0, in: bytes) != nil }
    }

    static func plan(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        var scanner = JSONScanner()
        var position = range.lowerBound
        do {
            while position < range.upperBound {
                let bytes = try walk.reader.bytes(at: position, count: Int(min(chunk, range.upperBound - position)))
                scanner.feed(bytes, at: position)
                position += UInt64(bytes.count)
            }
        } catch {
            guard case .limit(let reason) = error else { throw error }
            return try empty(walk, range, reason)
        }
        scanner.finish(at: range.upperBound)
        guard !scanner.isTooDeep else { return try empty(walk, range, "too deep, or too many positions") }
        guard !scanner.isMalformed else { return try empty(walk, range, "it is not well-formed") }
        scanner.patch(walk, base: 0, kind: "JSON")
    }

    /// An empty object or array in the place of the text.
    private static func empty(_ walk: Walk, _ range: Range<UInt64>, _ reason: String) throws(PlanningError) {
        let head = try walk.reader.bytes(at: range.lowerBound, count: Int(min(64, range.upperBound - range.lowerBound)))
        guard let first = head.firstIndex(where: { $0 == 0x7B || $0 == 0x5B }), range.upperBound - range.lowerBound > 64
        else {
            throw .malformed(reason)
        }
        let start = range.lowerBound + UInt64(first) + 1
        walk.draft.blank(start..<range.upperBound - 1, with: 0x20, kind: "JSON", reason: "JSON blanked: \(reason)")
        walk.draft.patch(
            range.upperBound - 1..<range.upperBound, .bytes([head[first] == 0x7B ? 0x7D : 0x5D]), "JSON")
    }
}

/// NMEA 0183 logs, also those that dashcams write beside their films: nothing but positions.
enum NMEA: Container {
    static let name = "NMEA"

    static func matches(_ head: [UInt8], _ walk: Walk, _ range: Range<UInt64>) -> Bool {
        var line = Array(head.prefix { $0 != 0x0A && $0 != 0x0D })
        // Dashcams (BlackVue) put the time in front: "[1463409010123]$GPRMC,".
        if line.first == 0x5B, let end = line.firstIndex(of: 0x5D), line[1..<end].allSatisfy({ (48...57).contains($0) })
        {
            line.removeSubrange(...end)
        }
        guard line.count >= 16, line[0] == 0x24 else { return false }
        return line.allSatisfy { (0x20...0x7E).contains($0) } && line[1...5].allSatisfy { (65...90).contains($0) }
            && line[6] == 0x2C
    }

    static func plan(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        walk.draft.patch(range, .fill(0x20), "NMEA log")
    }
}
