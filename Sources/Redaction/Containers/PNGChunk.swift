/// One chunk of a PNG.
struct PNGChunk {
    let walk: Walk
    let type: [UInt8]
    let range: Range<UInt64>
    let data: Range<UInt64>

    /// A private, ancillary chunk that is safe to copy: every reader passes it over.
    private static let ignorable = Array("veIl".utf8)
    /// Chunks of the specification that cannot hold location, or pixels.
    private static let plain: Set<String> = [
        "IHDR", "PLTE", "IDAT", "IEND", "tRNS", "cHRM", "gAMA", "iCCP", "sBIT", "sRGB", "bKGD", "hIST", "pHYs", "sPLT",
        "tIME", "acTL", "fcTL", "fdAT", "cICP", "mDCV", "cLLI", "oFFs", "sCAL", "sTER", "vpAg",
    ]
    private static let textLimit: UInt64 = 1 << 20
    private static let inflatedLimit = 1 << 20

    func plan() throws(PlanningError) {
        let mark = walk.draft.mark
        switch String(decoding: type, as: UTF8.self) {
        case "eXIf", "zxIf": try exif()
        case "tEXt": try text(compressed: false)
        case "zTXt": try text(compressed: true)
        case "iTXt":
            try internationalText()
            if !walk.draft.hasPatches(since: mark), data.upperBound - data.lowerBound <= Self.textLimit {
                // A packet whose keyword is damaged.
                try Trailer.plan(walk, data, inScan: true)
            }
        case "caBX": try JUMBF.plan(walk, data)
        case let name where Self.plain.contains(name): return
        default:
            // A private chunk, or a damaged name.
            guard data.upperBound - data.lowerBound <= Self.textLimit else { return }
            try Salvage.plan(walk, data)
        }
        guard walk.draft.hasPatches(since: mark), !walk.draft.isReplaced(range, since: mark) else { return }
        try mendCRC(since: mark)
    }

    // MARK: Exif

    private func exif() throws(PlanningError) {
        guard data.upperBound - data.lowerBound >= 8 else { return }
        let head = try walk.reader.bytes(at: data.lowerBound, count: 6)
        let start = head == Array("Exif\0\0".utf8) ? data.lowerBound + 6 : data.lowerBound
        let mark = walk.draft.mark
        try ExifBlock.plan(walk, start..<data.upperBound)
        guard walk.draft.hasPatches(since: mark), walk.draft.isBlank(start..<data.upperBound, since: mark) else {
            return
        }
        walk.draft.patch(range.lowerBound + 4..<range.lowerBound + 8, .bytes(Self.ignorable), "PNG eXIf")
    }

    // MARK: Text

    /// `tEXt` and `zTXt` (PNG 11.3.3): keyword, NUL, and the text, behind a compression method if compressed.
    private func text(compressed: Bool) throws(PlanningError) {
        let head = try walk.reader.bytes(at: data.lowerBound, count: Int(min(80, data.upperBound - data.lowerBound)))
        guard let end = head.firstIndex(of: 0) else { return try neutralise("PNG text without keyword") }
        let keyword = String(decoding: head[..<end], as: UTF8.self)
        let start = data.lowerBound + UInt64(end) + (compressed ? 2 : 1)
        guard start <= data.upperBound else { return }
        try value(keyword, start..<data.upperBound, compressed: compressed)
    }

    /// `iTXt` (PNG 11.3.3.4): keyword, compression flag and method, language, translated keyword, UTF-8 text.
    private func internationalText() throws(PlanningError) {
        let head = try walk.reader.bytes(at: data.lowerBound, count: Int(min(1_024, data.upperBound - data.lowerBound)))
        guard let end = head.firstIndex(of: 0), end + 2 < head.count else { return try neutralise("PNG iTXt") }
        guard let language = head[(end + 3)...].firstIndex(of: 0),
            let translated = head[(language + 1)...].firstIndex(of: 0)
        else { return try neutralise("PNG iTXt") }
        let keyword = String(decoding: head[..<end], as: UTF8.self)
        try value(
            keyword, data.lowerBound + UInt64(translated) + 1..<data.upperBound, compressed: head[end + 1] != 0)
    }

    private func value(_ keyword: String, _ text: Range<UInt64>, compressed: Bool) throws(PlanningError) {
        let isXMP = keyword == "XML:com.adobe.xmp"
        let isProfile = keyword.hasPrefix("Raw profile type ")
        if !isXMP, !isProfile, LocationText.isLocationKey(keyword) {
            return try neutralise("PNG text \(keyword)")
        }
        if isXMP, !compressed {
            let mark = walk.draft.mark
            try XMPPacket.plan(walk, text)
            guard !walk.draft.isBlank(text, since: mark) || text.isEmpty else {
                walk.draft.rollback(to: mark)
                walk.draft.note("XMP blanked: not well-formed")
                return try neutralise("PNG XMP")
            }
            return
        }
        guard text.upperBound - text.lowerBound <= Self.textLimit else {
            return isXMP || isProfile ? try neutralise("PNG text \(keyword)") : ()
        }
        let stored = try walk.reader.bytes(at: text.lowerBound, count: Int(text.upperBound - text.lowerBound))
        var bytes = stored
        if compressed {
            let inflation = Zlib.beginning(of: stored, limit: Self.inflatedLimit)
            try walk.reader.effort.spend(UInt64(inflation.isWhole ? inflation.content.count : Self.inflatedLimit))
            guard inflation.isWhole else {
                // It is damaged, and some readers show what is in front of that, or a bomb, or it is not compressed at all.
                return isXMP || isProfile || !LocationText.coordinates(in: inflation.content).isEmpty
                    ? try neutralise("PNG text \(keyword)") : try Salvage.plan(walk, data)
            }
            bytes = inflation.content
        }
        switch try PNGText.redact(walk, keyword, bytes) {
        case .unchanged:
            return
        case .hopeless(let reason):
            walk.draft.note("PNG \(keyword) blanked: \(reason)")
            try neutralise("PNG \(keyword)")
        case .replaced(let new, let kind):
            if compressed {
                try recompress(new, text, kind, mayGrow: isXMP || isProfile)
            } else {
                patchDifferences(bytes, new, at: text.lowerBound, kind)
            }
        }
    }

    /// Replaces the runs of bytes in which `new` differs from `old`.
    private func patchDifferences(_ old: [UInt8], _ new: [UInt8], at position: UInt64, _ kind: String) {
        var index = 0
        while index < old.count {
            guard old[index] != new[index] else {
                index += 1
                continue
            }
            var end = index + 1
            // Short equal stretches are not worth a patch of their own.
            var equal = 0
            while end < old.count, equal < 16 {
                equal = old[end] == new[end] ? equal + 1 : 0
                end += 1
            }
            end -= equal
            let range = position + UInt64(index)..<position + UInt64(end)
            walk.draft.patch(range, .bytes(Array(new[index..<end])), kind)
            index = end
        }
    }

    /// Writes the chunk anew with `text` compressed, and fills what is left with a chunk that nobody reads. If that does
    /// not come out even, the chunk is given up.
    ///
    /// - Parameter mayGrow: white space behind the text means nothing.
    private func recompress(
        _ text: [UInt8], _ old: Range<UInt64>, _ kind: String, mayGrow: Bool
    ) throws(PlanningError) {
        let prefix = try walk.reader.bytes(at: data.lowerBound, count: Int(old.lowerBound - data.lowerBound))
        let available = Int(data.upperBound - data.lowerBound)
        for attempt in Self.attempts(text, mayGrow: mayGrow) {
            try walk.reader.effort.spend(UInt64(text.count))
            guard let compressed = Zlib.deflate(attempt.text, level: attempt.level, flushes: attempt.flushes) else {
                continue
            }
            let rest = available - prefix.count - compressed.count
            guard rest == 0 || rest >= 12 else { continue }
            var bytes = Self.chunk(type, prefix + compressed)
            if rest > 0 { bytes += Self.chunk(Self.ignorable, [UInt8](repeating: 0, count: rest - 12)) }
            return walk.draft.patch(range, .bytes(bytes), kind)
        }
        try neutralise(kind)
    }

    private struct Attempt {
        let text: [UInt8]
        var level = 9
        /// A flush on the way costs about five bytes.
        var flushes: [Int] = []
    }

    /// Ways to compress a text to streams of different lengths: less than twelve bytes that are left are no chunk.
    private static func attempts(_ text: [UInt8], mayGrow: Bool) -> [Attempt] {
        let levels = stride(from: 9, through: 1, by: -1).map { Attempt(text: text, level: $0) }
        guard text.count <= 32 << 10 else { return levels }
        let flushes = (1...8).flatMap { ninths in
            let at = text.count * ninths / 9
            return [Attempt(text: text, flushes: [at]), Attempt(text: text, flushes: [at / 2, at])]
        }
        guard mayGrow else { return levels + flushes }
        // Without a pattern, so that every one of them costs some bits.
        var state: UInt32 = 1
        let spaces = (0..<64).map { _ -> UInt8 in
            state = state &* 1_664_525 &+ 1_013_904_223
            return state >> 31 == 0 ? 0x0A : 0x20
        }
        return levels + flushes + (1...64).map { Attempt(text: text + spaces[..<$0]) }
    }

    private static func chunk(_ type: [UInt8], _ data: [UInt8]) -> [UInt8] {
        func big(_ value: UInt) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * UInt($0))) } }
        return big(UInt(data.count)) + type + data + big(Zlib.crc(type + data, after: Zlib.startCRC))
    }

    // MARK: The chunk as a whole

    /// The chunk becomes one that nobody reads, with zeros for data.
    private func neutralise(_ kind: String) throws(PlanningError) {
        walk.draft.patch(range.lowerBound + 4..<range.lowerBound + 8, .bytes(Self.ignorable), kind)
        walk.draft.patch(data, .fill(0), kind)
    }

    /// Replaces the chunk's CRC by that of what the patches since `mark` leave.
    private func mendCRC(since mark: Draft.Mark) throws(PlanningError) {
        let covered = range.lowerBound + 4..<data.upperBound
        if walk.draft.isBlank(data, with: 0, since: mark) {
            let type = walk.draft.patched(type, at: covered.lowerBound, since: mark)
            return setCRC(Zlib.crcOfZeros(after: type, count: data.upperBound - data.lowerBound))
        }
        var crc = Zlib.startCRC
        var position = covered.lowerBound
        while position < covered.upperBound {
            let count = min(64 << 10, covered.upperBound - position)
            let bytes = try walk.reader.bytes(at: position, count: Int(count))
            crc = Zlib.crc(walk.draft.patched(bytes, at: position, since: mark), after: crc)
            position += count
        }
        setCRC(crc)
    }

    private func setCRC(_ crc: UInt) {
        let bytes = (0..<4).map { UInt8(truncatingIfNeeded: crc >> (24 - 8 * UInt($0))) }
        walk.draft.patch(data.upperBound..<range.upperBound, .bytes(bytes), "PNG CRC")
    }
}
