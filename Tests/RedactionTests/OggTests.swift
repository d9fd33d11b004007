import Redaction
import Testing

/// Comments of Vorbis, Opus, Theora, FLAC and Speex in Ogg, and of FLAC itself.
@Suite("Ogg", .timeLimit(.minutes(10)))
struct OggTests {
    private static let list = ["TITLE=A name", "LOCATION=Eiffel Tower", "COMMENT=at +48.8583+002.2945/ today"]

    @Test("Comments that are a place become spaces, and checksums are right", arguments: [1, 2, 255])
    func vorbis(segments: Int) throws {
        let file = OggBuilder.vorbis(
            Self.list + ["ALBUM=" + String(repeating: "long ", count: 200)], segments: segments)
        #expect(OggBuilder.isValid(file))
        let redacted = try Redacted(file)
        redacted.expect(
            goneText: ["Eiffel Tower", "+48.8583"], keptText: ["TITLE=A name", "LOCATION=", " today", "sound"])
        #expect(OggBuilder.isValid(redacted.bytes))
        #expect(redacted.plan.container == "Ogg")
        #expect(redacted.plan.reasons.isEmpty)
        #expect(try Redacted(redacted.bytes).bytes == redacted.bytes)
    }

    @Test("Opus, Theora, Speex, FLAC and streams that nobody knows")
    func codecs() throws {
        let comments = OggBuilder.comments(Self.list)
        let streams: [(first: [UInt8], second: [UInt8])] = [
            (Array("OpusHead".utf8), Array("OpusTags".utf8) + comments),
            ([0x80] + Array("theora".utf8), [0x81] + Array("theora".utf8) + comments),
            (Array("Speex   1.2".utf8), comments), (Array("Whatever".utf8), comments),
            (
                [0x7F] + Array("FLAC".utf8) + [1, 0, 0, 1] + Array("fLaC".utf8),
                [0x84] + BoxBuilder.big(comments.count, 3) + comments
            ),
        ]
        var all = OggBuilder()
        for (index, stream) in streams.enumerated() {
            var builder = OggBuilder()
            builder.packet(stream.first, isFirst: true)
            builder.packet(stream.second)
            builder.packet((index == 1 ? [0x82] : []) + Array("theora, and sound".utf8))
            let redacted = try Redacted(builder.bytes)
            redacted.expect(goneText: ["Eiffel Tower", "+48.8583"], keptText: ["A name", "sound"])
            #expect(OggBuilder.isValid(redacted.bytes))
            all.packet(stream.first, serial: UInt32(index), isFirst: true)
        }
        // All at once, their pages taking turns.
        for (index, stream) in streams.enumerated() { all.packet(stream.second, serial: UInt32(index), segments: 1) }
        let redacted = try Redacted(all.bytes)
        redacted.expect(goneText: ["Eiffel Tower", "+48.8583"], keptText: ["A name"])
        #expect(OggBuilder.isValid(redacted.bytes))
    }

    @Test("Streams one behind the other, also far into the file, and one read in many pieces")
    func chained() throws {
        var filler = OggBuilder()
        for index in 0..<40 {
            filler.packet([UInt8](repeating: 0x55, count: 60_000), serial: 99, isFirst: index == 0)
        }
        let file = OggBuilder.vorbis(["TITLE=one"]) + filler.bytes + OggBuilder.vorbis(Self.list, serial: 8)
        let redacted = try Redacted(file)
        redacted.expect(goneText: ["Eiffel Tower", "+48.8583"], keptText: ["TITLE=one", "A name"])
        #expect(redacted.plan.reasons.isEmpty)
        #expect(OggBuilder.isValid(redacted.bytes))
        var limits = Redaction.Limits()
        limits.memory = 200 << 10
        #expect(try Redacted(file, limits: limits).plan == redacted.plan)
        limits.reads = 5
        let bounded = try Redacted(file, limits: limits)
        bounded.expect(goneText: ["Eiffel Tower"], keptText: ["TITLE=one"])
        #expect(bounded.plan.reasons.contains { $0.hasPrefix("rest of the stream") })
    }

    @Test("Pictures in base 64 are looked into, of any length")
    func pictures() throws {
        for filler in [0, 1, 2, 120_000] {
            let image = JPEGBuilder([
                JPEGBuilder.exif(TIFFBuilder.exif(.big)),
                JPEGBuilder.segment(0xEC, [UInt8](repeating: 0x41, count: 100)),
            ]).bytes
            let block =
                BoxBuilder.big(3) + BoxBuilder.big(10) + Array("image/jpeg".utf8) + BoxBuilder.big(0)
                + [UInt8](repeating: 0, count: 16) + BoxBuilder.big(image.count) + image
                + [UInt8](repeating: 0x42, count: filler)
            let text = Self.base64(block)
            let file = OggBuilder.vorbis(["METADATA_BLOCK_PICTURE=" + text] + Self.list, segments: 200)
            let redacted = try Redacted(file)
            redacted.expect(goneText: ["Eiffel Tower"], keptText: ["A name"])
            #expect(OggBuilder.isValid(redacted.bytes))
            let start = try #require(redacted.bytes.firstRange(of: Array("PICTURE=".utf8))).upperBound
            // Without the headers of pages in between.
            guard filler < 120_000 else { continue }
            let seen = Self.bytes(base64: Array(redacted.bytes[start..<start + text.utf8.count]))
            #expect(seen.count == block.count)
            for secret in TIFFBuilder.coordinates(.big) {
                #expect(block.firstRange(of: secret) != nil)
                #expect(seen.firstRange(of: secret) == nil)
            }
            #expect(seen.firstRange(of: Array("Veilcam".utf8)) != nil)
        }
    }

    @Test("Damaged headers are closed, a wrong checksum stays wrong")
    func damaged() throws {
        var file = OggBuilder.vorbis(Self.list)
        let at = try #require(file.firstRange(of: Array("LOCATION".utf8))).lowerBound
        file[at - 2] = 0x7F
        let redacted = try Redacted(file)
        redacted.expect(goneText: ["Eiffel Tower", "+48.8583"], keptText: ["sound"])
        #expect(redacted.plan.reasons.contains { $0.hasPrefix("Ogg header blanked") })
        #expect(!OggBuilder.isValid(redacted.bytes))
        let cut = OggBuilder.vorbis(Self.list)
        for length in stride(from: 28, to: cut.count, by: 3) {
            let redacted = try Redacted(Array(cut.prefix(length)))
            #expect(!redacted.contains("Eiffel Tower") && !redacted.contains("+48.8583"), "\(length)")
        }
    }

    // MARK: base 64, independent of the library's

    private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")

    private static func base64(_ bytes: [UInt8]) -> String {
        let bits = bytes.flatMap { byte in (0..<8).map { byte >> (7 - $0) & 1 } }
        var text = stride(from: 0, to: bits.count, by: 6).map { start in
            letters[(0..<6).reduce(0) { $0 << 1 | (start + $1 < bits.count ? Int(bits[start + $1]) : 0) }]
        }
        while text.count % 4 != 0 { text.append("=") }
        return String(text)
    }

    private static func bytes(base64 text: [UInt8]) -> [UInt8] {
        let bits = text.filter { $0 != 0x3D }.flatMap { letter -> [UInt8] in
            let value = UInt8(letters.firstIndex(of: Character(Unicode.Scalar(letter))) ?? 0)
            return (0..<6).map { value >> (5 - $0) & 1 }
        }
        return stride(from: 0, to: bits.count - 7, by: 8).map { start in
            (0..<8).reduce(UInt8(0)) { $0 << 1 | bits[start + $1] }
        }
    }
}
