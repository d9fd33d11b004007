import Control
import Testing

@testable import mediaveilctl

struct TextTests {
    @Test(
        arguments: [
            ("30m", 1800), ("2h", 7200), ("90d", 7_776_000), ("1h30m", 5400), ("1w2d3h4m5s", 788_645), ("1s", 1),
        ] as [(String, Int64)])
    func durationsAreRead(text: String, seconds: Int64) throws {
        #expect(try DurationText.seconds(text) == seconds)
    }

    @Test(arguments: [
        ("now", "2026-11-26T22:53:00.000000Z"), ("today", "2026-11-26T00:00:00.000000Z"),
        ("yesterday", "2026-11-25T00:00:00.000000Z"), ("2h", "2026-11-26T20:53:00.000000Z"),
        ("2026-11-01", "2026-11-01T00:00:00.000000Z"), ("2026-11-01 10:30", "2026-11-01T10:30:00.000000Z"),
        ("2026-11-01T10:30:05+01:00", "2026-11-01T09:30:05.000000Z"),
    ])
    func timesAreRead(text: String, time: String) throws {
        let now = try #require(Timestamp("2026-11-26T22:53:00Z"))
        #expect(try TimeText.time(text, now: now).description == time)
    }

    @Test func everyArgumentComesBackAsItWas() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let bytes = (0..<Int.random(in: 0...12, using: &random)).map { _ in
                [UInt8.random(in: 1...255, using: &random), 0xF4, 0x8F, 0xBC, 0x61].randomElement(using: &random) ?? 1
            }
            #expect(RawArgument.bytes(RawArgument.text(bytes)) == bytes)
        }
        #expect(RawArgument.text(Array("Grüße/😀".utf8)) == "Grüße/😀")
    }

    @Test func distinctNamesStayDistinctAndHarmless() {
        // As bytes: strings that look alike count as equal.
        var seen: Set<[UInt8]> = []
        for first in UInt8.min...UInt8.max {
            for second in [UInt8(ascii: "a"), 0x1B, 0x80, 0xE2] {
                let shown = Escaping.path([first, second])
                #expect(seen.insert(Array(shown.utf8)).inserted, "\(first) \(second)")
                #expect(!shown.unicodeScalars.contains(where: Escaping.isControl))
            }
        }
    }

    @Test(arguments: [
        ("galery", "gallery"), ("GALLERY", "gallery"), ("ntoes", "notes"), ("maps", nil), ("", nil),
        ("completely", nil),
    ])
    func namesAreGuessedWhenTheyAreNear(name: String, meant: String?) {
        #expect(Suggestions.closest(to: name, in: ["gallery", "notes"]) == meant)
    }

    @Test(
        arguments: [
            (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (999_949, "999.9 kB"), (999_999, "1.0 MB"),
            (Int64.max, "9.2 EB"),
        ] as [(Int64, String)])
    func sizesAreShort(bytes: Int64, text: String) {
        #expect(Words.size(bytes) == text)
    }

    @Test func aBarTellsHowFarAndHowLong() {
        let line = ProgressBar.line(50, of: 200, "files", elapsed: .seconds(10))
        #expect(line.contains("25 %") && line.contains("50 of 200 files") && line.contains("30 s left"))
        #expect(!ProgressBar.line(0, of: 0, "files", elapsed: .zero).contains("left"))
    }

    @Test func wideCharactersAreCounted() {
        var table = Table([.init(heading: "A", isFlexible: true), .init(heading: "B")])
        table.add(["写真写真写真写真写真写真", "x"])
        for line in table.lines(width: 20, Style(isOn: false)) { #expect(Cells.width(line) <= 20) }
    }

    @Test func cellsOfASpreadsheetAreNoFormulas() {
        #expect(
            CSV.line(["=1+1", "-a", "@x", "a,b", "q\"", "plain", "new\nline"])
                == #""'=1+1","'-a","'@x","a,b","q""",plain,new\nline"#)
    }
}
