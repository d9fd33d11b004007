import Redaction
import Testing

/// AIFF, ASF, FLV and MIE.
@Suite("Other containers", .timeLimit(.minutes(10)))
struct OtherContainerTests {
    typealias C = OtherContainers
    private static let place = "+48.8583+002.2945/"

    @Test("AIFF: ID3, texts, data of programs") func aiff() throws {
        let file = C.aiff([
            ("NAME", Array("A name".utf8)), ("ANNO", Array("at \(Self.place)!".utf8)), ("ID3 ", C.id3),
            ("APPL", Array("XMP ".utf8) + Seed.xmp), ("SSND", Array("sound +48.8583+002.2945/".utf8)),
        ])
        for type in ["AIFF", "AIFC"] {
            let head: [UInt8] = Array("FORM".utf8) + file[4..<8] + Array(type.utf8)
            let redacted = try Redacted(head + file.dropFirst(12))
            redacted.expect(
                goneText: ["at \(Self.place)", "Eiffel Tower"] + XMPBuilder.secrets,
                keptText: ["A name", "A title", "at ", "sound \(Self.place)"] + XMPBuilder.kept)
            #expect(redacted.plan.container == "AIFF")
            #expect(redacted.plan.reasons.isEmpty)
        }
        try Redacted(Array(C.aiff([("ANNO", Array("at \(Self.place)".utf8))]).dropLast(4)))
            .expect(goneText: ["+48.8583"], keptText: ["ANNO"])
        let rest: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8] + Array("Eiffel Tower, Paris".utf8)
        let garbage = try Redacted(file + rest)
        garbage.expect(goneText: ["Eiffel Tower, Paris"], keptText: ["A name"])
        #expect(garbage.plan.reasons == ["bytes that are no chunk of the AIFF blanked"])
    }

    @Test("ASF: attributes by name, in each kind of object") func asf() throws {
        let attributes = [
            ("WM/Location", "Eiffel Tower"), ("GPSLatitude", "48.8583"), ("System.GPS.Longitude", "2.2945"),
            ("Title", "A name"), ("Description", "at \(Self.place)!"),
        ]
        let gone = ["Eiffel Tower", "48.8583", "2.2945"].map(C.wide)
        for file in [C.asf(C.descriptors(attributes)), C.asf(C.headerExtension(C.records(attributes)))] {
            let redacted = try Redacted(file)
            redacted.expect(gone: gone, kept: ["A name", "WM/Location", "at "].map(C.wide), keptText: ["frames"])
            #expect(redacted.plan.container == "ASF")
            #expect(redacted.plan.reasons.isEmpty)
        }
    }

    @Test("ASF: texts, XMP, pictures") func asfTexts() throws {
        let title = C.wide("A name, 48.137154, 11.576124")
        let lengths: [UInt8] = C.little(title.count, 2) + [UInt8](repeating: 0, count: 8)
        let content = C.object(C.content, lengths + title)
        try Redacted(C.asf(content)).expect(gone: [C.wide("48.137154")], kept: [C.wide("A name")], keptText: ["frames"])
        for xmp in [C.asf(C.object(LocationUUIDs.xmp, Seed.xmp)), C.asf([]) + C.object(LocationUUIDs.xmp, Seed.xmp)] {
            try Redacted(xmp).expect(goneText: XMPBuilder.secrets, keptText: XMPBuilder.kept + ["frames"])
        }
        let picture = C.picture(JPEGBuilder([JPEGBuilder.exif(TIFFBuilder.exif(.big))]).bytes)
        try Redacted(C.asf(picture)).expect(gone: TIFFBuilder.coordinates(.big), keptText: ["Veilcam", "frames"])
    }

    @Test("ASF whose header cannot be followed is blanked, and frames that were cut off stay") func asfDamage() throws {
        let file = C.asf(C.descriptors([("WM/Location", "Eiffel Tower"), ("Title", "A name")]))
        try Redacted(Array(file.dropLast(2))).expect(
            gone: [C.wide("Eiffel Tower")], kept: [C.wide("A name")], keptText: ["fram"])
        var damaged = file
        // More descriptors than there are.
        damaged[30 + 24] = 9
        let redacted = try Redacted(damaged)
        redacted.expect(gone: [C.wide("Eiffel Tower")], keptText: ["frames"])
        #expect(!redacted.plan.reasons.isEmpty)
    }

    @Test("FLV: values by name, texts, XMP") func flv() throws {
        let place: [UInt8] = [3] + C.member("x", C.string("Marienplatz")) + [0, 0, 9]
        let list: [UInt8] = [10, 0, 0, 0, 1] + C.string("A name")
        let date: [UInt8] = [11] + [UInt8](repeating: 1, count: 10)
        let members: [(String, [UInt8])] = [
            ("duration", C.number(0x4024_0000_0000_0000)), ("latitude", C.number(0x4048_6DDC_5D63_8866)),
            ("location", C.string("Eiffel Tower")), ("comment", C.string("at \(Self.place)!")), ("gps", place),
            ("list", list), ("creationdate", date),
        ]
        let redacted = try Redacted(C.flv(members))
        redacted.expect(
            gone: [[0x40, 0x48, 0x6D, 0xDC, 0x5D, 0x63, 0x88, 0x66]],
            goneText: ["Eiffel Tower", Self.place, "Marienplatz", "latitude"],
            keptText: ["duration", "A name", "at ", "frames", "creationdate"])
        #expect(redacted.plan.container == "FLV")
        #expect(redacted.plan.reasons.isEmpty)
        let packet: [UInt8] = [12] + BoxBuilder.big(Seed.xmp.count) + Seed.xmp
        try Redacted(C.flv([("liveXML", packet)]))
            .expect(goneText: XMPBuilder.secrets, keptText: XMPBuilder.kept + ["frames"])
        let damaged = try Redacted(C.flv([("unknown", [0x55]), ("location", C.string("Eiffel Tower"))]))
        damaged.expect(goneText: ["Eiffel Tower"], keptText: ["frames"])
        #expect(damaged.plan.reasons == ["script data blanked: value of an unknown type"])
    }

    @Test("MIE: groups of places, blocks of metadata, files", arguments: [false, true]) func mie(isLittle: Bool) throws
    {
        let position = C.group("GPS", C.element("Latitude", Array("48.8583".utf8)))
        let geo = C.group("Geo", C.element("City", Array("Paris".utf8)) + position)
        let image = JPEGBuilder([JPEGBuilder.exif(TIFFBuilder.exif(.little))]).bytes
        let elements: [[UInt8]] = [
            C.group("Meta", geo), C.element("Title", Array("A name, 48.137154, 11.576124".utf8)),
            C.element("EXIF", TIFFBuilder.exif(.big), isLittle), C.element("data", image, isLittle),
        ]
        let redacted = try Redacted(C.mie(isLittle, Array(elements.joined())))
        redacted.expect(
            gone: TIFFBuilder.coordinates(.big) + TIFFBuilder.coordinates(.little),
            goneText: ["Paris", "48.8583", "48.137154"], kept: [[0x7E, 0x80, 4, 5] + Array("City".utf8)],
            keptText: ["A name", "Veilcam", "0MIE"])
        #expect(redacted.plan.container == "MIE")
        #expect(redacted.plan.reasons.isEmpty)
    }
}
