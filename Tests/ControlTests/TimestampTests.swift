import Control
import Foundation
import Testing

struct TimestampTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000000Z"), (-1, "1969-12-31T23:59:59.999999Z"),
            (951_782_400_000_001, "2000-02-29T00:00:00.000001Z"),
            (1_795_733_580_123_456, "2026-11-26T22:53:00.123456Z"),
            (253_402_300_799_999_999, "9999-12-31T23:59:59.999999Z"),
            (-62_135_596_800_000_000, "0001-01-01T00:00:00.000000Z"),
        ] as [(Int64, String)])
    func isWrittenAndReadInRFC3339(microseconds: Int64, text: String) {
        #expect(Timestamp(microseconds: microseconds).description == text)
        #expect(Timestamp(text)?.microseconds == microseconds)
    }

    @Test func agreesWithFoundationOnRandomTimes() {
        var random = SystemRandomNumberGenerator()
        let formatter = ISO8601DateFormatter()
        for _ in 0..<2000 {
            let seconds = Int64.random(in: -60_000_000_000...250_000_000_000, using: &random)
            // Foundation goes over to the Julian calendar before 1582.
            guard seconds > -12_000_000_000 else { continue }
            let expected = formatter.string(from: Date(timeIntervalSince1970: Double(seconds)))
            #expect(Timestamp(microseconds: seconds * 1_000_000).description.prefix(19) == expected.prefix(19))
        }
    }

    @Test(arguments: [
        ("2026-11-26T22:53:00+02:00", "2026-11-26T20:53:00.000000Z"),
        ("2026-11-26 22:53:00.5z", "2026-11-26T22:53:00.500000Z"),
        ("2026-11-26T22:53:00.1234567890-00:30", "2026-11-26T23:23:00.123456Z"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.000000Z"),
    ])
    func otherFormsAreUnderstood(text: String, canonical: String) {
        #expect(Timestamp(text)?.description == canonical)
    }

    @Test(arguments: [
        "", "2026", "2026-11-26", "2026-11-26T22:53:00", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
        "2026-11-26T24:00:00Z", "2026-11-26T22:53:00.Z", "2026-11-26T22:53:00Zx", "٢٠٢٦-11-26T22:53:00Z",
        "0000-01-01T00:00:00Z", "2026-11-26T22:53:00+24:00", "-026-11-26T22:53:00Z", "+026-11-26T22:53:00Z",
    ])
    func nonsenseIsNot(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test func extremesDoNotOverflow() {
        #expect(Timestamp(microseconds: .max).description == "9999-12-31T23:59:59.999999Z")
        #expect(Timestamp(microseconds: .min).description == "0001-01-01T00:00:00.000000Z")
    }
}
