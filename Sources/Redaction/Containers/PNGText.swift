/// Location in the text of a PNG chunk, as it is once inflated.
enum PNGText {
    enum Result {
        case unchanged
        /// As many bytes, without location.
        case replaced([UInt8], kind: String)
        /// It is location, or may be, and cannot be told from the rest.
        case hopeless(String)
    }

    static func redact(_ walk: Walk, _ keyword: String, _ text: [UInt8]) throws(PlanningError) -> Result {
        if keyword.hasPrefix("Raw profile type ") { return try profile(walk, keyword, text) }
        let isXMP = ["<x:xmpmeta", "<?xpacket"].contains { Bytes.firstIndex(of: $0, in: text) != nil }
        if isXMP || keyword == "XML:com.adobe.xmp" {
            let inner = try walk.inMemory(text)
            try XMPPacket.plan(inner, 0..<UInt64(text.count))
            return result(inner, text, "PNG XMP")
        }
        let found = LocationText.coordinates(in: text)
        guard !found.isEmpty else { return .unchanged }
        var text = text
        for range in found { text.replaceSubrange(range, with: [UInt8](repeating: 0x20, count: range.count)) }
        return .replaced(text, kind: "PNG text coordinates")
    }

    /// ImageMagick's profiles as hexadecimal text: a name, a length, and digits.
    private static func profile(_ walk: Walk, _ keyword: String, _ text: [UInt8]) throws(PlanningError) -> Result {
        guard let profile = HexProfile(text) else { return .hopeless("no profile, or a long one") }
        let inner = try walk.inMemory(profile.bytes)
        try profile.plan(inner)
        let result = result(inner, profile.bytes, "PNG \(keyword)")
        guard case .replaced(let bytes, let kind) = result else { return result }
        return .replaced(profile.text(text, with: bytes), kind: kind)
    }

    private static func result(_ inner: Walk, _ bytes: [UInt8], _ kind: String) -> Result {
        let plan = inner.draft.plan(size: UInt64(bytes.count))
        guard !plan.isEmpty else { return .unchanged }
        if let reason = plan.reasons.first { return .hopeless(reason) }
        var bytes = bytes
        bytes.withUnsafeMutableBytes { plan.apply(to: $0, at: 0) }
        return .replaced(bytes, kind: kind)
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

    /// The text with the digits of other bytes.
    func text(_ text: [UInt8], with bytes: [UInt8]) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        var text = text
        for (index, byte) in bytes.enumerated() where byte != self.bytes[index] {
            text[positions[index]] = digits[Int(byte >> 4)]
            text[positions[index] + 1] = digits[Int(byte & 15)]
        }
        return text
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
