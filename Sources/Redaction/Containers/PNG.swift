import CZlib

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
        guard walk.draft.hasPatches(since: mark) else { return }
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
        var bytes = try walk.reader.bytes(at: text.lowerBound, count: Int(text.upperBound - text.lowerBound))
        if compressed {
            guard let inflated = Zlib.inflate(bytes, limit: Self.inflatedLimit) else {
                // No reader can read it either, or it is a bomb, or it is not compressed at all.
                return isXMP || isProfile ? try neutralise("PNG text \(keyword)") : try Salvage.plan(walk, data)
            }
            bytes = inflated
        }
        if isXMP || ["<x:xmpmeta", "<?xpacket"].contains(where: { Bytes.firstIndex(of: $0, in: bytes) != nil }) {
            guard try hasLocation(bytes, { (walk, range) throws(PlanningError) in try XMPPacket.plan(walk, range) })
            else { return }
            try neutralise("PNG compressed XMP")
        } else if isProfile {
            try profile(keyword, bytes, text, compressed: compressed)
        } else {
            let found = LocationText.coordinates(in: bytes)
            guard !found.isEmpty else { return }
            if compressed { return try neutralise("PNG text \(keyword)") }
            for part in found {
                let lower = text.lowerBound + UInt64(part.lowerBound)
                walk.draft.patch(lower..<text.lowerBound + UInt64(part.upperBound), .fill(0x20), "PNG text coordinates")
            }
        }
    }

    /// ImageMagick's profiles as hexadecimal text: a name, a length, and digits. What is patched in the profile is
    /// written in digits again; a compressed one is given up.
    private func profile(
        _ keyword: String, _ text: [UInt8], _ range: Range<UInt64>, compressed: Bool
    ) throws(PlanningError) {
        guard let profile = HexProfile(text) else { return try neutralise("PNG \(keyword)") }
        let inner = try walk.inMemory(profile.bytes)
        try profile.plan(inner)
        let plan = inner.draft.plan(size: UInt64(profile.bytes.count))
        guard !plan.isEmpty else { return }
        guard !compressed, plan.reasons.isEmpty else { return try neutralise("PNG \(keyword)") }
        for patch in plan.patches {
            var bytes = Array(profile.bytes[Int(patch.range.lowerBound)..<Int(patch.range.upperBound)])
            bytes.withUnsafeMutableBytes { plan.apply(to: $0, at: patch.range.lowerBound) }
            for (index, byte) in bytes.enumerated() {
                let digits = profile.positions[Int(patch.range.lowerBound) + index]
                let hex = Array("0123456789abcdef".utf8)
                for (position, digit) in [(digits, byte >> 4), (digits + 1, byte & 15)] {
                    let at = range.lowerBound + UInt64(position)
                    walk.draft.patch(at..<at + 1, .fill(hex[Int(digit)]), "PNG profile \(patch.kind)")
                }
            }
        }
    }

    private func hasLocation(
        _ bytes: [UInt8], _ body: (Walk, Range<UInt64>) throws(PlanningError) -> Void
    ) throws(PlanningError) -> Bool {
        let inner = try walk.inMemory(bytes)
        try body(inner, 0..<UInt64(bytes.count))
        return !inner.draft.patches.isEmpty
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

/// The bytes of a "Raw profile type …" text, and where their digits stand in it.
struct HexProfile {
    private(set) var bytes: [UInt8] = []
    /// For each byte, where the first of its two digits stands.
    private(set) var positions: [Int] = []
    private let name: String

    private static let limit = 256 << 10

    /// `nil` if the text is no profile, or a long one.
    init?(_ text: [UInt8]) {
        // "\n", the profile's name, "\n", its length, "\n", digits in lines.
        let lines = text.split(separator: 0x0A, maxSplits: 3, omittingEmptySubsequences: false)
        guard lines.count == 4, lines[0].isEmpty, lines[3].count / 2 <= Self.limit else { return nil }
        name = String(decoding: lines[1], as: UTF8.self)
        var index = lines[3].startIndex
        while index + 1 < text.endIndex {
            guard let high = Self.digit(text[index]) else {
                index += 1
                continue
            }
            guard let low = Self.digit(text[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
            positions.append(index)
            index += 2
        }
        guard !bytes.isEmpty else { return nil }
    }

    private static func digit(_ c: UInt8) -> UInt8? {
        switch c {
        case 48...57: c - 48
        case 65...70: c - 55
        case 97...102: c - 87
        default: nil
        }
    }

    /// Plans the profile by its content; its name does not always tell the truth.
    func plan(_ walk: Walk) throws(PlanningError) {
        let whole = 0..<UInt64(bytes.count)
        func rest(_ count: Int) -> Range<UInt64> { UInt64(min(count, bytes.count))..<whole.upperBound }
        if bytes.starts(with: Array("Exif\0\0".utf8)) {
            try ExifBlock.plan(walk, rest(6))
        } else if bytes.starts(with: [0x49, 0x49, 0x2A, 0]) || bytes.starts(with: [0x4D, 0x4D, 0, 0x2A]) {
            try ExifBlock.plan(walk, whole)
        } else if bytes.starts(with: Array("http://ns.adobe.com/xap/1.0/\0".utf8)) {
            try XMPPacket.plan(walk, rest(29))
        } else if bytes.starts(with: Array("Photoshop 3.0\0".utf8)) {
            try walk.unit(whole, "Photoshop resources") { () throws(PlanningError) in
                try PhotoshopResources.plan(walk, rest(14))
            }
        } else if bytes.starts(with: Array("8BIM".utf8)) {
            try walk.unit(whole, "Photoshop resources") { () throws(PlanningError) in
                try PhotoshopResources.plan(walk, whole)
            }
        } else if bytes.first == 0x1C {
            try walk.unit(whole, "IPTC") { () throws(PlanningError) in try IPTC.plan(walk, whole) }
        } else if bytes.first == 0x3C || name == "xmp" {
            try XMPPacket.plan(walk, whole)
        }
    }
}
