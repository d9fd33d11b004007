/// A point in time: microseconds since 1970 in UTC, on the wire "2026-11-26T22:53:00.000000Z" (RFC 3339).
public struct Timestamp: Sendable, Hashable, Comparable {
    public var microseconds: Int64

    public init(microseconds: Int64) { self.microseconds = microseconds }

    public static func < (a: Timestamp, b: Timestamp) -> Bool { a.microseconds < b.microseconds }

    /// Years 1 to 9999, what RFC 3339 can write.
    static let representable: ClosedRange<Int64> = -62_135_596_800_000_000...253_402_300_799_999_999
}

extension Timestamp: CustomStringConvertible {
    public var description: String {
        let clamped = min(max(microseconds, Self.representable.lowerBound), Self.representable.upperBound)
        let (seconds, fraction) = clamped.flooredDivision(by: 1_000_000)
        let (days, rest) = seconds.flooredDivision(by: 86_400)
        let date = CivilDate(daysSince1970: days)
        func padded(_ value: Int64, _ width: Int) -> String {
            let digits = String(value)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let day = "\(padded(date.year, 4))-\(padded(date.month, 2))-\(padded(date.day, 2))"
        let time = "\(padded(rest / 3600, 2)):\(padded(rest / 60 % 60, 2)):\(padded(rest % 60, 2))"
        return "\(day)T\(time).\(padded(fraction, 6))Z"
    }
}

extension Timestamp {
    /// Reads RFC 3339: a date, "T" or a space, a time with or without a fraction, and "Z" or an offset.
    ///
    /// Digits beyond microseconds are cut off. `nil` for everything else, days that do not exist included.
    public init?(_ text: String) {
        var rest = Substring(text)
        guard let year = Self.number(&rest, 4), Self.take(&rest, "-"),
            let month = Self.number(&rest, 2), (1...12).contains(month), Self.take(&rest, "-"),
            let day = Self.number(&rest, 2), (1...CivilDate.days(inMonth: month, of: year)).contains(day),
            let separator = rest.popFirst(), separator == "T" || separator == "t" || separator == " ",
            let hour = Self.number(&rest, 2), hour < 24, Self.take(&rest, ":"),
            let minute = Self.number(&rest, 2), minute < 60, Self.take(&rest, ":"),
            let second = Self.number(&rest, 2), second < 61,
            let fraction = Self.fraction(&rest), let offset = Self.offset(&rest), rest.isEmpty
        else { return nil }
        let days = CivilDate(year: year, month: month, day: day).daysSince1970
        let seconds = days * 86_400 + hour * 3600 + minute * 60 + min(second, 59) - offset
        let value = seconds * 1_000_000 + fraction
        guard Self.representable.contains(value) else { return nil }
        microseconds = value
    }

    private static func take(_ text: inout Substring, _ character: Character) -> Bool {
        guard text.first == character else { return false }
        text.removeFirst()
        return true
    }

    private static func number(_ text: inout Substring, _ digits: Int) -> Int64? {
        let field = text.prefix(digits)
        guard field.utf8.count == digits, field.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        text.removeFirst(digits)
        return Int64(field)
    }

    private static func fraction(_ text: inout Substring) -> Int64? {
        guard take(&text, ".") else { return 0 }
        let digits = text.prefix { ("0"..."9").contains($0) }
        guard !digits.isEmpty, digits.utf8.count <= 18 else { return nil }
        text.removeFirst(digits.count)
        return Int64((digits + "000000").prefix(6))
    }

    private static func offset(_ text: inout Substring) -> Int64? {
        guard let sign = text.popFirst() else { return nil }
        if sign == "Z" || sign == "z" { return 0 }
        guard sign == "+" || sign == "-", let hours = number(&text, 2), hours < 24, take(&text, ":"),
            let minutes = number(&text, 2), minutes < 60
        else { return nil }
        return (sign == "-" ? -1 : 1) * (hours * 3600 + minutes * 60)
    }
}

extension Timestamp: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let value = Timestamp(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "not a time in RFC 3339, such as 2026-11-26T22:53:00Z")
        }
        self = value
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// A day of the Gregorian calendar, before its introduction too.
struct CivilDate: Hashable {
    var year: Int64
    var month: Int64
    var day: Int64

    init(year: Int64, month: Int64, day: Int64) {
        self.year = year
        self.month = month
        self.day = day
    }

    /// Counts from 1 March of year 0, so that the leap day is a year's last.
    init(daysSince1970 days: Int64) {
        let (era, dayOfEra) = (days + 719_468).flooredDivision(by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shifted + 2) / 5 + 1
        month = shifted < 10 ? shifted + 3 : shifted - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    var daysSince1970: Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = shiftedYear.flooredDivision(by: 400)
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    static func days(inMonth month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

extension Int64 {
    func flooredDivision(by divisor: Int64) -> (Int64, Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
