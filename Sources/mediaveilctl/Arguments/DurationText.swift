import ArgumentParser

/// A length of time as people type it: "30m", "2h", "90d", "1h30m".
enum DurationText {
    /// What is wrong with a duration or a time, for the parser to show behind the argument's name.
    struct Mistake: Error, CustomStringConvertible {
        let description: String
    }

    private static let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]
    private static let longest: Int64 = 100 * 365 * 86_400

    /// Seconds, at least 1 and at most 100 years.
    static func seconds(_ text: String) throws -> Int64 {
        let example = "write numbers with units, such as 30m, 2h, 90d or 1h30m"
        guard !text.isEmpty else { throw Mistake(description: "it is empty; \(example)") }
        var total: Int64 = 0
        var lastUnit = Int64.max
        var rest = text[...]
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(digits.count)
            guard !digits.isEmpty else {
                throw Mistake(description: "“\(rest.prefix(1))” stands where a number is due; \(example)")
            }
            guard let unitName = rest.popFirst() else {
                throw Mistake(description: "\(digits) has no unit (s, m, h, d, w); \(example)")
            }
            guard let unit = units[unitName] else {
                throw Mistake(description: "“\(unitName)” is no unit: there are s, m, h, d and w; \(example)")
            }
            guard unit < lastUnit else {
                throw Mistake(description: "larger units come first and each but once; \(example)")
            }
            lastUnit = unit
            let part = Int64(digits).map { $0.multipliedReportingOverflow(by: unit) }
            guard let part, !part.overflow, part.partialValue <= longest - total else {
                throw Mistake(description: "it is longer than 100 years; leave it out for ever")
            }
            total += part.partialValue
        }
        guard total > 0 else { throw Mistake(description: "it is no time at all; \(example)") }
        return total
    }
}
