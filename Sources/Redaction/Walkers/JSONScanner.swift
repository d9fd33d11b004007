/// Location in JSON text (RFC 8259), read once from front to back in chunks.
///
/// Values under a location key go: strings become spaces, numbers a zero and spaces, and so does everything in an
/// object or array. The text stays JSON of the same length and structure.
struct JSONScanner {
    struct Found {
        let range: Range<UInt64>
        let isNumber: Bool
        let key: String
    }

    private(set) var found: [Found] = []
    private(set) var isTooDeep = false
    /// It is no JSON: where strings begin and end cannot be told.
    private(set) var isMalformed = false

    private enum Expected {
        case value
        case valueOrEnd
        case key
        case keyOrEnd
        case colon
        case next
    }

    private var expected = Expected.value
    private var isWord = false

    private var stack: [UInt8] = []
    /// Containers that were open when a location key came; everything below is location until they are closed.
    private var hot: (depth: Int, key: String)?
    private var key: String?
    private var lastString = ""
    private var string: [UInt8]?
    private var stringStart: UInt64 = 0
    private var isEscaped = false
    private var number: (start: UInt64, hasValue: Bool, isExponent: Bool)?

    private static let depthLimit = 128
    static let foundLimit = 8_192

    /// The next bytes, which stand at `offset`.
    mutating func feed(_ bytes: [UInt8], at offset: UInt64) {
        var position = offset
        for byte in bytes {
            step(byte, position)
            position += 1
        }
    }

    mutating func finish(at end: UInt64) {
        endNumber(end)
        if string != nil || !stack.isEmpty { isMalformed = true }
    }

    /// Follows the grammar (RFC 8259, 2), outside of strings and numbers. Several texts may follow each other.
    private mutating func check(_ byte: UInt8) {
        let wasWord = isWord
        isWord = false
        switch byte {
        case 0x20, 0x09, 0x0A, 0x0D, 0xEF, 0xBB, 0xBF:
            break
        case 0x2C:
            require(expected == .next && !stack.isEmpty)
            expected = stack.last == 0x7B ? .key : .value
        case 0x3A:
            require(expected == .colon)
            expected = .value
        case 0x7D:
            require(stack.last == 0x7B && (expected == .next || expected == .keyOrEnd))
            expected = .next
        case 0x5D:
            require(stack.last == 0x5B && (expected == .next || expected == .valueOrEnd))
            expected = .next
        case 0x22 where expected == .key || expected == .keyOrEnd:
            expected = .colon
        case 0x61...0x7A where wasWord:
            isWord = true
        default:
            require(expected == .value || expected == .valueOrEnd || expected == .next && stack.isEmpty)
            isWord = (0x61...0x7A).contains(byte)
            let isStart = isWord || byte == 0x22 || byte == 0x2D || (0x30...0x39).contains(byte)
            require(isStart || byte == 0x7B || byte == 0x5B)
            expected = byte == 0x7B ? .keyOrEnd : byte == 0x5B ? .valueOrEnd : .next
        }
    }

    private mutating func require(_ isAsItShouldBe: Bool) {
        if !isAsItShouldBe { isMalformed = true }
    }

    private var locationKey: String? {
        if let hot { return hot.key }
        return key.flatMap { LocationKeys.contains($0) ? $0 : nil }
    }

    private mutating func step(_ byte: UInt8, _ position: UInt64) {
        if string != nil {
            if isEscaped {
                isEscaped = false
            } else if byte == 0x5C {
                isEscaped = true
            } else if byte == 0x22 {
                endString(position)
                return
            } else if byte < 0x20 {
                isMalformed = true
            }
            if string?.count ?? 0 < 64 { string?.append(byte) }
            return
        }
        if number != nil {
            switch byte {
            case 0x31...0x39:
                if number?.isExponent == false { number?.hasValue = true }
                return
            case 0x30, 0x2B, 0x2D, 0x2E:
                return
            case 0x45, 0x65:
                number?.isExponent = true
                return
            default:
                endNumber(position)
            }
        }
        check(byte)
        switch byte {
        case 0x22:
            string = []
            stringStart = position + 1
        case 0x30...0x39, 0x2D:
            number = (position, byte > 0x30, false)
        case 0x3A:
            key = lastString
        case 0x2C:
            if stack.last == 0x7B { key = nil }
            lastString = ""
        case 0x7B, 0x5B:
            if hot == nil, let key = locationKey { hot = (stack.count, key) }
            guard stack.count < Self.depthLimit else {
                isTooDeep = true
                return
            }
            stack.append(byte)
            key = nil
        case 0x7D, 0x5D:
            _ = stack.popLast()
            if let hot, stack.count <= hot.depth { self.hot = nil }
            key = nil
            lastString = ""
        default:
            break
        }
    }

    private mutating func endString(_ end: UInt64) {
        let text = string ?? []
        string = nil
        // In an object, the string before the colon is the key; in an array under a key, or behind the colon, a value.
        let isValue = key != nil || stack.last == 0x5B
        if isValue {
            if let name = locationKey { append(stringStart..<end, false, name) }
            key = nil
        } else {
            lastString = String(decoding: text, as: UTF8.self)
        }
    }

    private mutating func endNumber(_ end: UInt64) {
        guard let number else { return }
        self.number = nil
        if number.hasValue, let name = locationKey { append(number.start..<end, true, name) }
        key = nil
    }

    private mutating func append(_ range: Range<UInt64>, _ isNumber: Bool, _ key: String) {
        guard !range.isEmpty else { return }
        guard found.count < Self.foundLimit else {
            isTooDeep = true
            return
        }
        found.append(Found(range: range, isNumber: isNumber, key: key))
    }
}

extension JSONScanner {
    /// Patches what was found in a text whose first byte stands at `base`.
    func patch(_ walk: Walk, base: UInt64, kind: String) {
        for value in found {
            let range = base + value.range.lowerBound..<base + value.range.upperBound
            if value.isNumber {
                let count = Int(range.upperBound - range.lowerBound)
                walk.draft.patch(
                    range, .bytes([0x30] + [UInt8](repeating: 0x20, count: count - 1)), "\(kind) \(value.key)")
            } else {
                walk.draft.patch(range, .fill(0x20), "\(kind) \(value.key)")
            }
        }
    }
}
