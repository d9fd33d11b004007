import Glibc

/// Searching in bytes.
enum Bytes {
    /// Offset of the first `pattern` in `bytes` at or behind `start`.
    static func firstIndex(of pattern: [UInt8], in bytes: [UInt8], from start: Int = 0) -> Int? {
        guard let first = pattern.first, start >= 0 else { return nil }
        return bytes.withUnsafeBytes { (haystack) -> Int? in
            guard let base = haystack.baseAddress else { return nil }
            var start = start
            // Not where too few bytes are left.
            let count = haystack.count - pattern.count + 1
            let second = pattern.count > 1 ? pattern[1] : first
            while start < count, let found = memchr(base + start, Int32(first), count - start) {
                let offset = UnsafeRawPointer(found) - base
                // Most stop here, and need no call.
                if pattern.count == 1 || haystack[offset + 1] == second, memcmp(found, pattern, pattern.count) == 0 {
                    return offset
                }
                start = offset + 1
            }
            return nil
        }
    }

    static func firstIndex(of text: String, in bytes: [UInt8], from start: Int = 0) -> Int? {
        firstIndex(of: Array(text.utf8), in: bytes, from: start)
    }

    /// Offsets of all occurrences of `pattern`, which do not overlap.
    static func occurrences(of pattern: [UInt8], in bytes: [UInt8]) -> [Int] {
        var result: [Int] = []
        var start = 0
        while let found = firstIndex(of: pattern, in: bytes, from: start) {
            result.append(found)
            start = found + pattern.count
        }
        return result
    }

    /// Offset of the first `byte` at or behind `start`.
    static func firstIndex(of byte: UInt8, in bytes: [UInt8], from start: Int) -> Int? {
        guard start >= 0, start < bytes.count else { return nil }
        return bytes.withUnsafeBytes { (haystack) -> Int? in
            guard let base = haystack.baseAddress else { return nil }
            guard let found = memchr(base + start, Int32(byte), haystack.count - start) else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }
}
