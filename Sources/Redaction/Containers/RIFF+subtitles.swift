// Streams of text in AVI, into which drones and dashcams write where they are, and logs between the frames.

extension RIFF {
    /// What chunks of a dashcam's log begin with (ExifTool RIFF.pm, ProcessLucas).
    private static let logs = [Array("0GPS".utf8), Array("0GDA".utf8)]

    /// Whether a chunk that readers skip is a log of positions.
    static func isLog(_ walk: Walk, _ data: Range<UInt64>) throws(PlanningError) -> Bool {
        guard data.upperBound - data.lowerBound >= 4 else { return false }
        return logs.contains(try walk.reader.bytes(at: data.lowerBound, count: 4))
    }

    /// Whether there is a log in the beginning of the frames.
    private static func hasLogs(_ walk: Walk, _ media: [Range<UInt64>]) throws(PlanningError) -> Bool {
        guard let first = media.first else { return false }
        let piece = UInt64(walk.reader.limits.memory / 4)
        var position = first.lowerBound
        while position < min(first.upperBound, first.lowerBound + 4 * piece) {
            let bytes = try walk.reader.bytes(at: position, count: Int(min(piece, first.upperBound - position)))
            var index = 0
            while let found = Bytes.firstIndex(of: "JUNK", in: bytes, from: index) {
                index = found + 4
                if found + 12 <= bytes.count, logs.contains(Array(bytes[found + 8..<found + 12])) { return true }
            }
            position += UInt64(bytes.count)
        }
        return false
    }

    /// Looks into the chunks of all streams of type `txts`.
    static func subtitles(_ walk: Walk, _ movie: Movie) throws(PlanningError) {
        let numbers = Set(movie.streams.indices.filter { movie.streams[$0] == "txts" })
        let isSure = try hasLogs(walk, movie.media)
        guard isSure || !numbers.isEmpty else { return }
        var scan = SubtitleScan(walk)
        try scan.run(movie.media, isSure: isSure) { scan, reader, position, range throws(PlanningError) in
            try step(walk, &scan, &reader, position, range, numbers)
        }
    }

    /// One chunk: two digits for its stream, two letters for what it is, its size; or a list of such chunks.
    ///
    /// - Returns: where the next one stands.
    private static func step(
        _ walk: Walk, _ scan: inout SubtitleScan, _ reader: inout ForwardReader, _ position: UInt64,
        _ range: Range<UInt64>, _ numbers: Set<Int>
    ) throws(PlanningError) -> UInt64 {
        // A zero that makes the last length even.
        guard range.upperBound - position >= 8 else { return range.upperBound }
        let head = try reader.bytes(at: position, count: 12)
        guard head[0..<4].allSatisfy({ (0x20...0x7E).contains($0) }) else { throw .malformed("no chunk") }
        if head.count == 12, head.starts(with: Array("LIST".utf8)), head[8...].elementsEqual("rec ".utf8) {
            return position + 12
        }
        let size = head[4..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let data = position + 8..<min(range.upperBound, position + 8 + size)
        if head.count == 12, head.starts(with: Array("JUNK".utf8)), logs.contains(Array(head[8...])) {
            walk.draft.patch(data, .fill(0), "GPS log")
        }
        if let number = Int(String(decoding: head[0..<2], as: UTF8.self)), numbers.contains(number) {
            let isFile = try reader.bytes(at: data.lowerBound, count: 4) == Array("GAB2".utf8)
            if isFile { try file(walk, &reader, data) } else { try scan.sample(&reader, data, isCoded: false) }
        }
        return min(range.upperBound, data.upperBound + size % 2)
    }

    /// All subtitles in one chunk, as the file that they were, behind a head of its own (DivX, "GAB2").
    private static func file(
        _ walk: Walk, _ reader: inout ForwardReader, _ range: Range<UInt64>
    ) throws(PlanningError) {
        var position = range.lowerBound
        while position < range.upperBound {
            var bytes = try reader.bytes(at: position, count: min(TelemetryText.limit, range.upperBound - position))
            let isLast = position + UInt64(bytes.count) == range.upperBound
            // Nothing stands in two lines.
            if !isLast, let end = bytes.lastIndex(of: 0x0A) { bytes.removeSubrange((end + 1)...) }
            let place = position..<position + UInt64(bytes.count)
            switch TelemetryText.find(in: bytes, isCoded: true) {
            case .whole(let reason): TelemetryText.blank(walk, place, reason)
            case .parts(let parts):
                for part in parts {
                    let start = position + UInt64(part.lowerBound)
                    walk.draft.patch(start..<start + UInt64(part.count), .fill(0x20), "text sample")
                }
            }
            position = place.upperBound
        }
    }
}
