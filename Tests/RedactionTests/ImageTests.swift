import Redaction
import Testing

@Suite("PNG, WebP, GIF, PSD, JPEG 2000", .timeLimit(.minutes(10)))
struct ImageTests {
    private static let exif = TIFFBuilder.exif(.big)
    private static let gone = TIFFBuilder.coordinates(.big)

    @Test("PNG: eXIf before and after the pixels; the CRCs are right")
    func pngExif() throws {
        let chunk = PNGBuilder.chunk("eXIf", Self.exif)
        let prefixed = PNGBuilder.chunk("eXIf", Array("Exif\0\0".utf8) + Self.exif)
        for file in [PNGBuilder.file([chunk]), PNGBuilder.file([], after: [chunk]), PNGBuilder.file([prefixed])] {
            let redacted = try Redacted(file)
            redacted.expect(gone: Self.gone, kept: [PNGBuilder.pixels], keptText: ["Veilcam"])
            #expect(PNGBuilder.wrongCRCs(redacted.bytes).isEmpty)
        }
    }

    @Test("PNG: XMP in iTXt loses its location properties only")
    func pngXMP() throws {
        let text = Array("XML:com.adobe.xmp\0\0\0\0\0".utf8)
        let redacted = try Redacted(PNGBuilder.file([PNGBuilder.chunk("iTXt", text + Array(XMPBuilder.located.utf8))]))
        redacted.expect(goneText: XMPBuilder.secrets, kept: [PNGBuilder.pixels], keptText: XMPBuilder.kept)
        #expect(PNGBuilder.wrongCRCs(redacted.bytes).isEmpty)
    }

    @Test("PNG: compressed XMP and profiles are compressed again without location; one without location stays")
    func pngCompressed() throws {
        func xmp(_ packet: String) -> [UInt8] {
            PNGBuilder.chunk(
                "iTXt", Array("XML:com.adobe.xmp\0\u{1}\0\0\0".utf8) + PNGBuilder.deflate(Array(packet.utf8)))
        }
        func profile(_ block: [UInt8]) -> [UInt8] {
            let text = PNGBuilder.profile("exif", Array("Exif\0\0".utf8) + block)
            return PNGBuilder.chunk("zTXt", Array("Raw profile type exif\0\0".utf8) + PNGBuilder.deflate(text))
        }
        let packet = try Redacted(PNGBuilder.file([xmp(XMPBuilder.located)]))
        #expect(PNGBuilder.wrongCRCs(packet.bytes).isEmpty)
        let text = String(
            decoding: try #require(PNGBuilder.inflated("iTXt", skipping: 22, in: packet.bytes)), as: UTF8.self)
        for secret in XMPBuilder.secrets { #expect(!text.contains(secret)) }
        for kept in XMPBuilder.kept { #expect(text.contains(kept)) }

        let exif = try Redacted(PNGBuilder.file([profile(Self.exif)]))
        #expect(PNGBuilder.wrongCRCs(exif.bytes).isEmpty)
        let digits = String(
            decoding: try #require(PNGBuilder.inflated("zTXt", skipping: 23, in: exif.bytes)), as: UTF8.self)
        #expect(digits.contains("5665696c63616d"))
        let secret = Self.gone[0].map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(!digits.filter { $0 != "\n" }.contains(secret))

        let free = [xmp(XMPBuilder.packet()), profile(TIFFBuilder.exif(.big, gps: nil))]
        #expect(try Redacted(PNGBuilder.file(free)).plan.isEmpty)
    }

    @Test(
        "PNG: a compressed profile keeps its other values, whatever is saved by taking the place out", arguments: 1...40
    )
    func pngProfileComesOutEven(length: Int) throws {
        let city = String((0..<length).map { Character(Unicode.Scalar(UInt8(0x41 + $0 * 7 % 26))) })
        let iptc = JPEGBuilder.dataset(90, city) + JPEGBuilder.dataset(105, "Headline")
        let text = PNGBuilder.profile("iptc", iptc)
        let chunk = PNGBuilder.chunk("zTXt", Array("Raw profile type iptc\0\0".utf8) + PNGBuilder.deflate(text))
        let redacted = try Redacted(PNGBuilder.file([chunk]))
        #expect(PNGBuilder.wrongCRCs(redacted.bytes).isEmpty)
        let left = try #require(PNGBuilder.inflated("zTXt", skipping: 23, in: redacted.bytes))
        let digits = String(decoding: left, as: UTF8.self).filter { $0 != "\n" }
        #expect(digits.contains("486561646c696e65"))
        #expect(digits.contains(String(repeating: "20", count: length)))
    }

    @Test("PNG: compressed XMP that is not well-formed becomes a chunk that nobody reads")
    func pngHopeless() throws {
        let broken = PNGBuilder.deflate(Array("<x:xmpmeta><exif:GPSLatitude>48.1234".utf8))
        let chunk = PNGBuilder.chunk("iTXt", Array("XML:com.adobe.xmp\0\u{1}\0\0\0".utf8) + broken)
        let redacted = try Redacted(PNGBuilder.file([chunk]))
        redacted.expect(gone: [broken], keptText: ["veIl"])
        #expect(PNGBuilder.wrongCRCs(redacted.bytes).isEmpty)
    }

    @Test("PNG: a profile in hexadecimal text is patched digit by digit")
    func pngProfile() throws {
        let text = PNGBuilder.profile("exif", Array("Exif\0\0".utf8) + Self.exif)
        let redacted = try Redacted(
            PNGBuilder.file([PNGBuilder.chunk("tEXt", Array("Raw profile type exif\0".utf8) + text)]))
        let secret = PNGBuilder.profile("", Self.gone[0]).filter { $0 != 0x0A }
        #expect(!redacted.contains(Array(secret[secret.count - 24..<secret.count - 8])))
        redacted.expect(keptText: ["Raw profile type exif", "5665696c63616d"])
        #expect(PNGBuilder.wrongCRCs(redacted.bytes).isEmpty)
    }

    @Test("PNG: text under a location's keyword, and coordinates in any text")
    func pngText() throws {
        let chunks = [
            PNGBuilder.chunk("tEXt", Array("exif:GPSLatitude\048/1, 8/1, 14/1".utf8)),
            PNGBuilder.chunk("tEXt", Array("Comment\0near 48.137154, 11.576124 it was".utf8)),
            PNGBuilder.chunk("tEXt", Array("Software\0Veil 1.2345, 2.3456789 build".utf8)),
        ]
        let redacted = try Redacted(PNGBuilder.file(Array(chunks[...1])))
        redacted.expect(goneText: ["48/1, 8/1", "48.137154"], keptText: ["near ", " it was"])
        #expect(PNGBuilder.wrongCRCs(redacted.bytes).isEmpty)
    }

    @Test("PNG: what follows IEND is searched, a chunk that is cut off is not shown")
    func pngEnds() throws {
        let trailer = JPEGBuilder([JPEGBuilder.exif(Self.exif)]).bytes
        try Redacted(PNGBuilder.file([], trailer: trailer)).expect(gone: Self.gone, keptText: ["Veilcam"])
        let whole = PNGBuilder.file([], after: [PNGBuilder.chunk("eXIf", Self.exif)])
        try Redacted(Array(whole[..<(whole.count - 30)])).expect(gone: Self.gone, kept: [PNGBuilder.pixels])
    }

    @Test("WebP: EXIF with and without its prefix, XMP, a trailer")
    func webP() throws {
        for block in [Self.exif, Array("Exif\0\0".utf8) + Self.exif] {
            try Redacted(ImageBuilder.webP([("EXIF", block)])).expect(
                gone: Self.gone, kept: [[1, 2, 3, 4]], keptText: ["Veilcam"])
        }
        try Redacted(ImageBuilder.webP([("XMP ", Array(XMPBuilder.located.utf8))]))
            .expect(goneText: XMPBuilder.secrets, keptText: XMPBuilder.kept)
        try Redacted(ImageBuilder.webP([], trailer: JPEGBuilder([JPEGBuilder.exif(Self.exif)]).bytes)).expect(
            gone: Self.gone)
        let damaged = try Redacted(ImageBuilder.webP([("XMP ", Array("<x:xmpmeta><exif:GPSLatitude>48.1234".utf8))]))
        damaged.expect(goneText: ["48.1234"], keptText: ["JUNK"])
    }

    @Test("GIF: XMP and comments")
    func gif() throws {
        try Redacted(ImageBuilder.gif(xmp: Array(XMPBuilder.located.utf8), comment: "at 48.137154, 11.576124 here"))
            .expect(goneText: XMPBuilder.secrets + ["48.137154"], keptText: XMPBuilder.kept + ["at ", " here"])
        #expect(try Redacted(ImageBuilder.gif(xmp: Array(XMPBuilder.packet().utf8), comment: "GIF 1.5")).plan.isEmpty)
    }

    @Test("PSD: resources with IPTC, Exif and XMP")
    func psd() throws {
        let resources =
            JPEGBuilder.resource(0x0404, JPEGBuilder.dataset(90, "Munchenmarkt"))
            + JPEGBuilder.resource(0x0422, Self.exif)
            + JPEGBuilder.resource(0x0424, Array(XMPBuilder.located.utf8))
        try Redacted(ImageBuilder.psd(resources)).expect(
            gone: Self.gone, goneText: XMPBuilder.secrets + ["Munchenmarkt"], kept: [[7, 7, 7]],
            keptText: XMPBuilder.kept + ["Veilcam"])
    }

    @Test("JPEG 2000: uuid boxes, XML with places, GeoJP2")
    func jpeg2000() throws {
        let xmp: [UInt8] = [
            0xBE, 0x7A, 0xCF, 0xCB, 0x97, 0xA9, 0x42, 0xE8, 0x9C, 0x71, 0x99, 0x94, 0x91, 0xE3, 0xAF, 0xAC,
        ]
        let geo: [UInt8] = [
            0xB1, 0x4B, 0xF8, 0xBD, 0x08, 0x3D, 0x4B, 0x43, 0xA5, 0xAE, 0x8C, 0xD7, 0xD5, 0xA6, 0xCE, 0x03,
        ]
        let gml =
            "<gml:Point xmlns:gml='http://www.opengis.net/gml'><gml:pos>48.1 11.5</gml:pos><gml:note>kept</gml:note></gml:Point>"
        let file = ImageBuilder.jpeg2000([
            ImageBuilder.box("uuid", xmp + Array(XMPBuilder.located.utf8)),
            ImageBuilder.box("uuid", Array("JpgTiffExif->JP2".utf8) + Self.exif),
            ImageBuilder.box("asoc", ImageBuilder.box("xml ", Array(gml.utf8))),
            ImageBuilder.box("uuid", geo + Array("a GeoTIFF".utf8)),
        ])
        try Redacted(file).expect(
            gone: Self.gone, goneText: XMPBuilder.secrets + ["48.1 11.5", "a GeoTIFF"],
            keptText: XMPBuilder.kept + ["kept", "Veilcam"])
    }

    @Test("WebP: metadata that is blanked whole is no longer announced")
    func webpFlags() throws {
        let broken = Array("<x:xmpmeta>48,8.2372N</x:xmpmet>".utf8)
        let header: [UInt8] = [0x0C, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        let file = ImageBuilder.webP([("VP8X", header), ("EXIF", TIFFBuilder.exif(.little)), ("XMP ", broken)])
        let redacted = try Redacted(file)
        redacted.expect(gone: TIFFBuilder.coordinates(.little), goneText: ["48,8.2372N", "XMP "], keptText: ["EXIF"])
        #expect(redacted.contains(Array("VP8X".utf8) + [10, 0, 0, 0, 0x08, 0]))
        #expect(redacted.contains(Array("JUNK".utf8) + [UInt8(broken.count), 0, 0, 0, 0, 0]))
        #expect(redacted.plan.reasons.count == 1)
    }
}
