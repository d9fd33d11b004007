import Redaction
import Testing

/// Files that claim so much that planning would hold more than it may: each ends with a reason, and closed.
@Suite("Hostile files", .timeLimit(.minutes(10)))
struct HostileTests {
    private typealias B = BoxBuilder

    private static let head =
        #"<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">"#
        + #"<rdf:Description xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:GPSLatitude="48,8.2372N">"#

    @Test("XMP of a million names, or of one endless tag, is blanked") func names() throws {
        let names = (0..<300_000).map { "<n\($0)/>" }.joined()
        let attributes = "<a " + (0..<200_000).map { "a\($0)=\"1\"" }.joined(separator: " ") + "/>"
        for text in [names, attributes] {
            let file = Self.head + text + "</rdf:Description></rdf:RDF></x:xmpmeta>"
            let redacted = try Redacted(Array(file.utf8))
            redacted.expect(goneText: ["48,8.2372N"])
            #expect(redacted.plan.reasons.contains { $0.hasPrefix("XMP blanked") })
        }
    }

    @Test("A chunk of millions of samples goes as a whole") func samples() throws {
        func file(_ start: Int) -> [UInt8] {
            let stbl = B.box(
                "stbl",
                [
                    B.box("stsd", B.big(0) + B.big(1) + B.box("gpmd", [UInt8](repeating: 0, count: 8))),
                    B.box("stsz", B.big(0) + B.big(1) + B.big(2_000_000)),
                    B.box("stsc", B.big(0) + B.big(1) + B.big(1) + B.big(2_000_000) + B.big(1)),
                    B.box("stco", B.big(0) + B.big(1) + B.big(start)),
                ])
            return B.ftyp + B.box("moov", [B.box("trak", [B.box("mdia", [B.box("minf", [stbl])])])])
        }
        let media = [UInt8](repeating: 7, count: 2_000_000 - 4) + [0x11, 0x22, 0x33, 0x44]
        let redacted = try Redacted(file(file(0).count + 8) + B.box("mdat", media))
        redacted.expect(gone: [[7, 0x11, 0x22, 0x33, 0x44]], keptText: ["stsz"])
        #expect(redacted.plan.reasons == ["gpmd track blanked whole: too many samples"])
    }

    @Test("An IFD of tens of thousands of entries is not followed") func entries() throws {
        let count = 60_000
        let entry: [UInt8] = [0x25, 0x88, 4, 0, 1, 0, 0, 0, 8, 0, 0, 0]
        let file: [UInt8] =
            [0x49, 0x49, 0x2A, 0, 8, 0, 0, 0, UInt8(count & 255), UInt8(count >> 8)]
            + [[UInt8]](repeating: entry, count: count).flatMap { $0 } + [0, 0, 0, 0]
        let redacted = try Redacted(file)
        redacted.expect(gone: [entry])
        #expect(redacted.plan.reasons.contains { $0.contains("IFD of more than") })
    }

    @Test("Tens of thousands of elements that could each be a file, or of names to look up, are not gone through")
    func elements() throws {
        let secret: [UInt8] = [0x7E, 0, 3, 2] + Array("GeoXY".utf8)
        let mie: [UInt8] = [0x7E, 0x10, 4, 0] + Array("0MIE".utf8)
        let tiny: [UInt8] = [0x7E, 0, 1, 1] + Array("ax".utf8)
        let redacted = try Redacted(mie + [[UInt8]](repeating: tiny, count: 40_000).flatMap { $0 } + secret)
        redacted.expect(gone: [secret])
        #expect(redacted.plan.reasons == ["MIE blanked: more work than a file of this size may be"])
    }

    @Test("Packs in more streams than can be gathered at once, and more new bytes than a plan may hold") func packs()
        throws
    {
        var builder = TransportBuilder()
        for pid in 0x100..<0x180 {
            builder.add(pid: pid, streamID: 0xE0, TransportBuilder.picture(ModifiedPack.entries), split: 60)
        }
        // The beginnings of all first.
        let interleaved = stride(from: 0, to: builder.bytes.count, by: 376).map { Array(builder.bytes[$0..<$0 + 188]) }
        try Redacted(interleaved.flatMap { $0 } + builder.bytes).expect(gone: ModifiedPack.secrets)

        let entry: [UInt8] = [0x18, 1, 2, 3, 4]
        let first: [UInt8] = [0xB4, 0x13, 0x57, 0, 0x64]
        let entries: [UInt8] = first + (0..<254).flatMap { _ in entry }
        let pack: [UInt8] = ModifiedPack.uuid + Array("MDPM".utf8) + [255] + entries
        let media = [UInt8]((0..<2_000).flatMap { _ in pack })
        let redacted = try Redacted(B.movie([], media: media))
        redacted.expect(gone: [[0xB4, 0x13, 0x57]], keptText: ["moov", "mdat"])
        #expect(redacted.plan.reasons.contains { $0.contains("too long ones") })
    }
}
