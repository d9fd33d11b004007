/// One XML document in one or several pieces of a file: its encoding, its padding, and patches of what a scanner finds.
struct XMLDocument {
    private let walk: Walk
    private let pieces: [Range<UInt64>]
    private let rules: XMLScanner.Rules
    private let kind: String
    private let length: UInt64

    /// Several packets may follow each other, but not many.
    private static let packetLimit = 8
    private static let chunk: UInt64 = 32 << 10

    init(_ walk: Walk, _ pieces: [Range<UInt64>], rules: XMLScanner.Rules, kind: String) {
        self.walk = walk
        self.pieces = pieces.filter { !$0.isEmpty }
        self.rules = rules
        self.kind = kind
        length = pieces.reduce(0) { $0 &+ ($1.upperBound - $1.lowerBound) }
    }

    /// How characters are stored.
    private enum Form {
        case utf8
        case utf16(ByteOrder)
        case utf32(ByteOrder)

        var width: UInt64 {
            switch self {
            case .utf8: 1
            case .utf16: 2
            case .utf32: 4
            }
        }
    }

    /// Patches what is location; throws `.malformed` if the document is not well-formed.
    func plan() throws(PlanningError) {
        var start: UInt64 = 0
        for number in 0..<Self.packetLimit {
            guard let form = try skipPadding(&start) else { return }
            if form.width == 1 { try skipPrologue(&start) }
            guard let end = try scan(from: start, form) else { return }
            guard end > start else { break }
            start = end
            if number == Self.packetLimit - 1 { break }
        }
        throw .malformed("more than \(Self.packetLimit) documents")
    }

    /// Moves `start` to the first character that is neither padding nor a byte order mark and tells the form;
    /// `nil` if there is none.
    private func skipPadding(_ start: inout UInt64) throws(PlanningError) -> Form? {
        while start < length {
            let bytes = try read(start, min(4_096, length - start))
            guard
                let first = bytes.firstIndex(where: { $0 != 0 && $0 != 0x20 && $0 != 0x0A && $0 != 0x0D && $0 != 0x09 })
            else {
                start += UInt64(bytes.count)
                continue
            }
            // Zeros before the first character may be its own: step back over them.
            var lead = first
            while lead > 0, first - lead < 3, bytes[lead - 1] == 0 { lead -= 1 }
            let head = Array(bytes[first...].prefix(4))
            let zeros = first - lead
            func form(_ form: Form, back: Int, mark: Int = 0) -> Form {
                start += UInt64(first - back + mark)
                return form
            }
            if head.starts(with: [0xEF, 0xBB, 0xBF]) { return form(.utf8, back: 0, mark: 3) }
            if head.starts(with: [0xFF, 0xFE, 0, 0]) { return form(.utf32(.little), back: 0, mark: 4) }
            if head.starts(with: [0xFE, 0xFF]), zeros >= 2 { return form(.utf32(.big), back: 0, mark: 2) }
            if head.starts(with: [0xFF, 0xFE]) { return form(.utf16(.little), back: 0, mark: 2) }
            if head.starts(with: [0xFE, 0xFF]) { return form(.utf16(.big), back: 0, mark: 2) }
            if zeros == 3, head.count == 4, head[1] == 0, head[2] == 0, head[3] == 0 {
                return form(.utf32(.big), back: 3)
            }
            if zeros % 2 == 1, head.count >= 2, head[1] == 0 { return form(.utf16(.big), back: 1) }
            if head.count == 4, head[1] == 0, head[2] == 0, head[3] == 0 { return form(.utf32(.little), back: 0) }
            if head.count >= 2, head[1] == 0 { return form(.utf16(.little), back: 0) }
            return form(.utf8, back: 0)
        }
        return nil
    }

    /// Moves `start` to the XMP root, if what stands before it is a packet's processing instruction: those of some
    /// writers hold control characters, which are not XML.
    private func skipPrologue(_ start: inout UInt64) throws(PlanningError) {
        let head = try read(start, min(256, length - start))
        guard head.starts(with: Array("<?xpacket".utf8)),
            head.contains(where: { $0 < 0x20 && ![9, 10, 13].contains($0) })
        else { return }
        guard let root = ["<x:xmpmeta", "<rdf:RDF"].compactMap({ Bytes.firstIndex(of: $0, in: head) }).min() else {
            return
        }
        start += UInt64(root)
    }

    /// Parses one document from `start` on and patches its locations.
    ///
    /// - Returns: where something else follows, `nil` if nothing does.
    private func scan(from start: UInt64, _ form: Form) throws(PlanningError) -> UInt64? {
        let scanner: XMLScanner
        switch form {
        case .utf8: scanner = XMLScanner(.utf8, rules: rules)
        case .utf16(let order), .utf32(let order): scanner = XMLScanner(.utf16(order), rules: rules)
        }
        // UTF-32 is fed as UTF-16 of one unit a character: offsets are half of the input's.
        let scale: UInt64 = if case .utf32 = form { 2 } else { 1 }
        var position = start
        var isRunning = true
        var isComplete = false
        while isRunning, position < length {
            var bytes = try read(position, min(Self.chunk, length - position))
            let isLast = position + UInt64(bytes.count) >= length
            if !isLast, form.width == 1, isPlainData(bytes) {
                position += UInt64(bytes.count)
                continue
            }
            if case .utf32(let order) = form { bytes = narrowed(bytes, order) }
            // What is said to be the last is not gone through once more, to count its lines.
            isRunning = scanner.feed(bytes, at: (position - start) / scale, isFinal: isLast)
            isComplete = isLast
            position += min(Self.chunk, length - position)
        }
        if isRunning, !isComplete { isRunning = scanner.feed([], at: (length - start) / scale, isFinal: true) }
        let end = start + scanner.position * scale
        guard isRunning || scanner.rootClosed else { throw .malformed(scanner.failure ?? "not well-formed") }
        for found in scanner.found {
            patch(start + found.range.lowerBound * scale..<start + found.range.upperBound * scale, found.kind, form)
        }
        return isRunning ? nil : end
    }

    /// A chunk of nothing but base64 is inside a value (a depth map, a thumbnail): it need not be parsed.
    private func isPlainData(_ bytes: [UInt8]) -> Bool {
        guard bytes.count >= 4_096, !bytes.prefix(64).contains(where: { !Self.isBase64($0) }) else { return false }
        return bytes.allSatisfy(Self.isBase64)
    }

    private static func isBase64(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122, 0x2B, 0x2F: true
        default: false
        }
    }

    /// UTF-32 as UTF-16; characters beyond the first plane become a replacement character.
    private func narrowed(_ bytes: [UInt8], _ order: ByteOrder) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count / 2)
        var index = 0
        while index + 4 <= bytes.count {
            let quad = bytes[index..<index + 4]
            let b = order == .big ? Array(quad) : quad.reversed()
            let isBMP = b[0] == 0 && b[1] == 0 && !(0xD8...0xDF).contains(b[2])
            let pair: [UInt8] = isBMP ? [b[2], b[3]] : [0xFF, 0xFD]
            result += order == .big ? pair : pair.reversed()
            index += 4
        }
        return result
    }

    // MARK: Pieces

    private func read(_ offset: UInt64, _ count: UInt64) throws(PlanningError) -> [UInt8] {
        var result: [UInt8] = []
        for part in parts(offset..<offset + count) {
            let bytes = try walk.reader.bytes(at: part.lowerBound, count: Int(part.upperBound - part.lowerBound))
            if result.isEmpty { result = bytes } else { result += bytes }
        }
        return result
    }

    /// Where in the file a range of the document stands.
    private func parts(_ range: Range<UInt64>) -> [Range<UInt64>] {
        var result: [Range<UInt64>] = []
        var begin: UInt64 = 0
        for piece in pieces {
            let end = begin + (piece.upperBound - piece.lowerBound)
            let lower = max(range.lowerBound, begin)
            let upper = min(range.upperBound, end)
            if lower < upper { result.append(piece.lowerBound + (lower - begin)..<piece.lowerBound + (upper - begin)) }
            if end >= range.upperBound { break }
            begin = end
        }
        return result
    }

    private func patch(_ range: Range<UInt64>, _ kind: String, _ form: Form) {
        var phase = 0
        for part in parts(range) {
            let count = Int(part.upperBound - part.lowerBound)
            switch form {
            case .utf8:
                walk.draft.patch(part, .fill(0x20), kind)
            case .utf16(let order), .utf32(let order):
                let width = Int(form.width)
                let at = order == .big ? width - 1 : 0
                let bytes = (0..<count).map { ($0 + phase) % width == at ? UInt8(0x20) : 0 }
                walk.draft.patch(part, .bytes(bytes), kind)
            }
            phase += count
        }
    }
}
