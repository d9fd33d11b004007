import Redaction
import Testing

/// Tags of sound: ID3v2, ID3v1, Lyrics3, APE.
@Suite struct AudioTests {
    static let sound: [UInt8] = [0xFF, 0xFB, 0x90, 0x64] + [UInt8](repeating: 0x5A, count: 500)

    private static func little(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }

    private static func item(_ key: String, _ value: [UInt8], flags: Int = 0) -> [UInt8] {
        little(value.count) + little(flags) + Array(key.utf8) + [0] + value
    }

    static func ape(_ items: [UInt8], count: Int, size: Int? = nil) -> [UInt8] {
        func edge(_ flags: Int) -> [UInt8] {
            Array("APETAGEX".utf8) + little(2_000) + little(size ?? items.count + 32) + little(count) + little(flags)
                + [UInt8](repeating: 0, count: 8)
        }
        return edge(0x2000_0000 | -0x6000_0000) + items + edge(-0x8000_0000)
    }

    static let items =
        item("Title", Array("A title".utf8)) + item("Location", Array("Eiffel Tower".utf8))
        + item("Comment", Array("at 48.858400, 2.294500".utf8))
        + item(
            "Cover Art (Front)",
            Array("a.jpg\0".utf8) + JPEGBuilder([JPEGBuilder.exif(TIFFBuilder.exif(.big))]).bytes, flags: 2)

    private static let id3v1: [UInt8] = {
        var tag = Array("TAGA song".utf8) + [UInt8](repeating: 0, count: 88) + Array("at 48.858400, 2.294500".utf8)
        tag += [UInt8](repeating: 0, count: 128 - tag.count)
        return tag
    }()

    @Test(
        "APE tags lose locations, coordinates and those of covers",
        arguments: [sound, Array("wvpk".utf8) + sound, Array("MAC ".utf8) + sound, Array("MPCK".utf8) + sound])
    func apeTag(sound: [UInt8]) throws {
        let lyrics = Array("LYRICSBEGINLYR00022at 48.858400, 2.294500".utf8)
        let size = String(1_000_000 + lyrics.count).dropFirst()
        for tail in [[], Self.id3v1, lyrics + Array((size + "LYRICS200").utf8) + Self.id3v1] {
            let redacted = try Redacted(sound + Self.ape(Self.items, count: 4) + tail)
            redacted.expect(
                gone: TIFFBuilder.coordinates(.big), goneText: ["Eiffel Tower", "48.858400"], kept: [sound],
                keptText: ["A title", "Location", "at ", "Veilcam", "APETAGEX"])
            #expect(redacted.plan.reasons.isEmpty)
        }
    }

    @Test("A damaged APE tag shows nothing")
    func damaged() throws {
        for size in [0, 31, 100, 0x7FFF_FFFF] {
            let redacted = try Redacted(Self.sound + Self.ape(Self.items, count: 4, size: size))
            redacted.expect(goneText: ["Eiffel Tower", "48.858400"])
            #expect(!redacted.plan.reasons.isEmpty)
        }
    }

    @Test("Sound without location has an empty plan")
    func nothing() throws {
        let tag = Self.ape(Self.item("Title", Array("A title".utf8)), count: 1)
        for file in [Self.sound, Self.sound + tag, Self.sound + Array("TAGA song".utf8)] {
            #expect(try Redacted(file).plan.isEmpty)
        }
    }

    @Test("A comment may speak of a location; a frame whose description is one goes")
    func descriptions() throws {
        func frame(_ name: String, _ data: [UInt8]) -> [UInt8] {
            Array(name.utf8) + [0, 0, UInt8(data.count >> 8), UInt8(data.count & 255), 0, 0] + data
        }
        let frames =
            frame("COMM", [0] + Array("eng\0Shot on location with a GPS".utf8))
            + frame("TXXX", [0] + Array("mood\0no location at all".utf8))
            + frame("TXXX", [0] + Array("My location\0Eiffel Tower".utf8))
        let file = Array("ID3".utf8) + [3, 0, 0, 0, 0, UInt8(frames.count >> 7), UInt8(frames.count & 127)] + frames
        try Redacted(file + Self.sound)
            .expect(goneText: ["Eiffel Tower"], keptText: ["Shot on location with a GPS", "no location at all"])
        try Redacted(file + Self.sound + Self.ape(Self.items, count: 4) + Self.id3v1)
            .expect(goneText: ["Eiffel Tower", "48.858400"], kept: [Self.sound])
    }
}
