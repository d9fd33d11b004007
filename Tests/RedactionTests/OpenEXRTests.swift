import Redaction
import Testing

@Suite("OpenEXR", .timeLimit(.minutes(10)))
struct OpenEXRTests {
    typealias B = OpenEXRBuilder

    @Test("Standard attributes of a position, and those that other programs name so, get names that say nothing")
    func attributes() throws {
        let redacted = try Redacted(B.file(B.located))
        redacted.expect(
            gone: [B.latitude, B.longitude, [0, 0xC0, 1, 0x44]],
            goneText: ["latitude", "longitude", "altitude", "IPTC:City", "Munchenstadt"],
            keptText: ["xxxxxxx0\0double\0", "xxxxxxxx1\0double\0", "xxxxxxx2\0float\0", "owner", "Somebody", "PIXL"])
        #expect(redacted.plan.container == "OpenEXR")
        #expect(redacted.plan.reasons.isEmpty)
    }

    @Test("Values keep the form of their type") func forms() throws {
        let strings = B.little(4) + Array("Rome".utf8) + B.little(6) + Array("Venice".utf8)
        let redacted = try Redacted(
            B.file([
                ("GPS:Latitude", "rational", [7, 0, 0, 0, 3, 0, 0, 0]), ("locations/city", "stringvector", strings),
            ]))
        redacted.expect(
            gone: [[7, 0, 0, 0, 3]], goneText: ["Rome", "Venice"],
            kept: [
                Array("rational\0".utf8) + B.little(8) + B.little(0) + B.little(1),
                B.little(4) + Array("    ".utf8) + B.little(6) + Array("      ".utf8),
            ], keptText: ["PIXL"])
    }

    @Test("What is a place in the scene or in the picture stays") func scenes() throws {
        let file = B.file([
            ("location", "v3f", B.little(1) + B.little(2) + B.little(3)),
            ("render:state", "string", Array("done".utf8)),
            ("preview", "preview", B.little(1) + B.little(1) + [1, 2, 3, 4]), ("utcOffset", "float", B.little(3)),
            ("comments", "string", Array("a view".utf8)), ("weights", "floatvector", B.little(5) + B.little(6)),
        ])
        #expect(try Redacted(file).plan.isEmpty)
    }

    @Test("XMP and Exif that programs put into attributes, and coordinates in text") func blocks() throws {
        let exif = Array("Exif\0\0".utf8) + TIFFBuilder.exif(.little)
        let redacted = try Redacted(
            B.file([
                ("xmp", "string", Seed.xmp), ("exif", "blob", B.little(exif.count) + exif),
                ("comments", "string", Array("at 48.137154, 11.576124!".utf8)),
            ]))
        redacted.expect(
            gone: TIFFBuilder.coordinates(.little), goneText: XMPBuilder.secrets + ["48.137154"],
            keptText: XMPBuilder.kept + ["Veilcam", "at ", "!", "PIXL"])
        #expect(redacted.plan.reasons.isEmpty)
    }

    @Test("Every part of a file of several has its header") func parts() throws {
        let name: B.Attribute = ("name", "string", Array("left".utf8))
        try Redacted(B.parts([[name], B.located + [name]])).expect(
            gone: [B.latitude, B.longitude], goneText: ["Munchenstadt"], keptText: ["left", "Somebody"])
    }

    @Test("A header that cannot be followed is blanked with the file, a text that is none by itself") func damage()
        throws
    {
        let file = B.file(B.located)
        // The name of an attribute becomes the end of the header.
        var ended = file
        let owner = try #require(file.firstRange(of: Array("latitude".utf8)))
        ended[owner.lowerBound] = 0
        for damaged in [ended, Array(file.prefix(owner.lowerBound + 40)), Array(file.prefix(owner.lowerBound + 90))] {
            let redacted = try Redacted(damaged)
            #expect(!redacted.contains(Array(B.latitude)))
            #expect(redacted.plan.reasons.count == 1)
        }
        let binary = try Redacted(B.file([("comments", "string", [1] + B.latitude)]))
        binary.expect(gone: [B.latitude], keptText: ["comments", "PIXL"])
        #expect(binary.plan.reasons == ["OpenEXR comments blanked: it is no text"])
    }
}
