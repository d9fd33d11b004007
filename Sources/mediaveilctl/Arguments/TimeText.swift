import Control
import Foundation

/// A point in time as people type it.
enum TimeText {
    static let help = "a date, a time in RFC 3339, “today”, “yesterday”, or how long ago (2h, 7d)"

    /// "2026-11-26", "2026-11-26 10:00", RFC 3339, "now", "today", "yesterday", or a duration before `now`. Days begin at
    /// midnight UTC.
    static func time(_ text: String, now: Timestamp) throws -> Timestamp {
        let day: Int64 = 86_400_000_000
        let today = Timestamp(microseconds: now.microseconds - now.microseconds % day)
        switch text {
        case "now": return now
        case "today": return today
        case "yesterday": return Timestamp(microseconds: today.microseconds - day)
        default: break
        }
        for candidate in [text, "\(text)Z", "\(text):00Z", "\(text)T00:00:00Z"] {
            if let time = Timestamp(candidate) { return time }
        }
        guard text.first?.isNumber == true, let seconds = try? DurationText.seconds(text) else {
            throw DurationText.Mistake(
                description: "write \(help); for example 2026-11-26, 2026-11-26T22:53:00Z or 2h")
        }
        return Timestamp(microseconds: now.microseconds - seconds * 1_000_000)
    }

    @Sendable static func argument(_ text: String) throws -> Timestamp { try time(text, now: now) }

    static var now: Timestamp { Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000)) }
}
