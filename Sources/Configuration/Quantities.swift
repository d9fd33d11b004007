/// Durations as people write them: `90d`, `2h`, `1h30m`; units s, m, h, d, w.
public enum Duration {
    /// Seconds; nil if the text is no duration.
    public static func seconds(_ text: String) -> UInt64? {
        let units: [Character: UInt64] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800]
        return sum(text) { units[$0] }
    }

    private static func sum(_ text: String, unit: (Character) -> UInt64?) -> UInt64? {
        var total: UInt64 = 0
        var digits = ""
        for character in text {
            if character.isASCII, character.isNumber {
                digits.append(character)
                continue
            }
            guard let number = UInt64(digits), let factor = unit(character) else { return nil }
            let (value, tooLarge) = number.multipliedReportingOverflow(by: factor)
            let (next, overflow) = total.addingReportingOverflow(value)
            if tooLarge || overflow { return nil }
            total = next
            digits = ""
        }
        return digits.isEmpty && !text.isEmpty ? total : nil
    }
}

/// Sizes as people write them: `512MiB`, `1GiB`, `1000`; units B, KiB, MiB, GiB, TiB.
public enum ByteSize {
    /// Bytes; nil if the text is no size.
    public static func bytes(_ text: String) -> UInt64? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let units = ["": 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": UInt64(1) << 40]
        guard let number = UInt64(digits), let unit = units[String(text.dropFirst(digits.count))] else { return nil }
        let (value, overflow) = number.multipliedReportingOverflow(by: UInt64(unit))
        return overflow ? nil : value
    }
}
