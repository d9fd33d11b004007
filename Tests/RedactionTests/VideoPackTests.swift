import Redaction
import Testing

/// Positions that AVCHD cameras write into H.264 video, after a program has put the video into another container.
@Suite("Positions in H.264 video", .timeLimit(.minutes(10)))
struct VideoPackTests {
    private typealias B = BoxBuilder

    /// A picture as MP4 and Matroska hold it: each unit behind its length, the pack in the first.
    private static func sample(_ entries: [(tag: UInt8, value: [UInt8])] = ModifiedPack.entries) -> [UInt8] {
        let pack =
            ModifiedPack.uuid + Array("MDPM".utf8) + [UInt8(entries.count)] + entries.flatMap { [$0.tag] + $0.value }
        let message = [6] + TransportBuilder.prevented([5, UInt8(pack.count)] + pack + [0x80])
        let slice = [0x65] + Array("A slice of the picture".utf8)
        return B.big(message.count) + message + B.big(slice.count) + slice
    }

    private static func expectNoPosition(_ redacted: Redacted, pictures: Int) {
        redacted.expect(gone: ModifiedPack.secrets, kept: ModifiedPack.kept, keptText: ["A slice of the picture"])
        #expect(redacted.plan.reasons.isEmpty)
        #expect(redacted.bytes.ranges(of: Array("MDPM".utf8)).count == pictures)
    }

    @Test("MP4 and MOV: each picture's pack loses the position, and nothing else") func movie() throws {
        let redacted = try Redacted(B.timed("avc1", [[UInt8]](repeating: Self.sample(), count: 5)))
        Self.expectNoPosition(redacted, pictures: 5)
        #expect(try Redacted(redacted.bytes).plan.isEmpty)
    }

    @Test("Packs far into the media data, and across the pieces in which it is read") func far() throws {
        var media = [UInt8](repeating: 0x33, count: 7 << 20)
        let sample = Self.sample()
        let places = [
            100, (2 << 20) - 20, (2 << 20) + 2_000, (4 << 20) - 60, (6 << 20) - 100, media.count - sample.count,
        ]
        for at in places { media.replaceSubrange(at..<at + sample.count, with: sample) }
        Self.expectNoPosition(try Redacted(B.movie([], media: media)), pictures: places.count)
    }

    @Test("Matroska: in clusters of a known and of an unknown size") func matroska() throws {
        func element(_ id: [UInt8], _ data: [UInt8]) -> [UInt8] {
            id + [0x10] + B.big(data.count, 4).dropFirst() + data
        }
        let block = element([0xA3], [0x81, 0, 0, 0x80] + Self.sample())
        let head = element([0x1A, 0x45, 0xDF, 0xA3], [0x42, 0x82, 0x84] + Array("webm".utf8))
        for cluster in [
            element([0x1F, 0x43, 0xB6, 0x75], [0xE7, 0x81, 0] + block),
            [0x1F, 0x43, 0xB6, 0x75, 0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xE7, 0x81, 0] + block,
        ] {
            let file = head + element([0x18, 0x53, 0x80, 0x67], cluster + cluster)
            let redacted = try Redacted(file)
            #expect(redacted.plan.container == "Matroska")
            Self.expectNoPosition(redacted, pictures: 2)
        }
    }

    @Test("A pack without a position stays as it is") func nothing() throws {
        let sample = Self.sample(ModifiedPack.entries.filter { !(0xB0...0xCF).contains($0.tag) })
        #expect(try Redacted(B.timed("avc1", [sample, sample])).plan.isEmpty)
    }
}
