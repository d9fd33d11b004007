import Redaction
import Testing

@Suite("TIFF and raw", .timeLimit(.minutes(10)))
struct TIFFTests {
    typealias Field = TIFFBuilder.Field

    static let strip = [UInt8](repeating: 0x5A, count: 64)

    /// A file with pixels in a strip, and these fields.
    static func file(_ order: TIFFBuilder.Order, isBig: Bool = false, _ fields: [Field], next: [[Field]] = [])
        -> [UInt8]
    {
        let pixels = [Field(0x0111, .pointer(strip)), Field(0x0117, .long(UInt32(strip.count)))]
        return TIFFBuilder.block(order, isBig: isBig, [TIFFBuilder.camera + pixels + fields] + next)
    }

    @Test(
        "GPS goes from a classic TIFF and a BigTIFF, pixels and camera stay", arguments: TIFFBuilder.Order.allCases,
        [false, true])
    func gps(order: TIFFBuilder.Order, isBig: Bool) throws {
        let redacted = try Redacted(Self.file(order, isBig: isBig, [Field(0x8825, .directory(TIFFBuilder.gps))]))
        redacted.expect(
            gone: TIFFBuilder.coordinates(order), goneText: ["WGS-84-SECRET"], kept: [Self.strip],
            keptText: ["Veilcam", "Model One Hundred"])
        #expect(redacted.plan.container == (isBig ? "BigTIFF" : "TIFF"))
        #expect(redacted.plan.reasons.isEmpty)
    }

    @Test("GPS in later pages and SubIFDs, XMP, IPTC and Photoshop resources")
    func carriers() throws {
        let iptc = JPEGBuilder.dataset(90, "Munchenstadt") + JPEGBuilder.dataset(120, "Caption")
        let fields = [
            Field(0x014A, .directory([Field(0x0100, .short(1)), Field(0x8825, .directory(TIFFBuilder.gps))])),
            Field(0x02BC, .bytes(type: 1, Array(XMPBuilder.located.utf8))), Field(0x83BB, .bytes(type: 7, iptc)),
            Field(0x8649, .bytes(type: 7, JPEGBuilder.resource(0x0404, JPEGBuilder.dataset(101, "Bavariana")))),
        ]
        let redacted = try Redacted(Self.file(.little, fields, next: [[Field(0x8825, .directory(TIFFBuilder.gps))]]))
        redacted.expect(
            gone: TIFFBuilder.coordinates(.little), goneText: XMPBuilder.secrets + ["Bavariana"], kept: [Self.strip],
            keptText: XMPBuilder.kept + ["Caption", "8BIM"])
    }

    @Test("An IFD whose only entry was the GPS pointer still has one")
    func onlyGPS() throws {
        let redacted = try Redacted(TIFFBuilder.block(.big, [[Field(0x8825, .directory(TIFFBuilder.gps))]]))
        redacted.expect(gone: TIFFBuilder.coordinates(.big))
        #expect(redacted.bytes[8..<12].elementsEqual([0, 1, 0xEA, 0x1C]))
    }

    @Test("GeoTIFF's coordinates go")
    func geoTIFF() throws {
        let tie = [UInt8](repeating: 0x37, count: 48)
        let fields = [Field(0x8482, .bytes(type: 12, tie)), Field(0x87B1, .ascii("UTM zone 32N secret"))]
        try Redacted(Self.file(.little, fields)).expect(gone: [tie], goneText: ["UTM zone"], kept: [Self.strip])
    }

    @Test("Places in maker notes", arguments: TIFFBuilder.Order.allCases)
    func makerNotes(order: TIFFBuilder.Order) throws {
        // Panasonic: offsets count from the TIFF header. The value stands in front, at offset 8 + 2 + 12 * n ….
        let place = "Marienplatzchen!"
        let builder = TIFFBuilder(order)
        func note(_ offset: Int) -> [UInt8] {
            Array("Panasonic\0\0\0".utf8) + builder.number(1, 2) + builder.number(0x67, 2) + builder.number(7, 2)
                + builder.number(UInt64(place.utf8.count), 4) + builder.number(UInt64(offset), 4) + builder.number(0, 4)
        }
        func block(_ offset: Int) -> [UInt8] {
            let exif = [Field(0x927C, .bytes(type: 7, note(offset) + Array(place.utf8)))]
            return TIFFBuilder.block(order, [TIFFBuilder.camera + [Field(0x8769, .directory(exif))]])
        }
        let offset = try #require(block(0).firstRange(of: Array(place.utf8))?.lowerBound)
        try Redacted(JPEGBuilder([JPEGBuilder.exif(block(offset))]).bytes)
            .expect(goneText: [place], keptText: ["Panasonic", "Veilcam"])
    }

    @Test("What an editor left behind is searched: an old IFD, a TIFF inside of the TIFF")
    func leftBehind() throws {
        let file = Self.file(.little, [])
        try Redacted(file + TIFFBuilder.exif(.little)).expect(
            gone: TIFFBuilder.coordinates(.little), kept: [Self.strip])
        let orphan = Self.file(.little, [Field(0x8826, .directory(TIFFBuilder.gps))])
        try Redacted(orphan).expect(gone: TIFFBuilder.coordinates(.little), kept: [Self.strip])
    }

    @Test("Numbers that look like coordinates stay: a lens, a table, an IFD", arguments: TIFFBuilder.Order.allCases)
    func lookalikes(order: TIFFBuilder.Order) throws {
        let lens = Field(0xA432, .rationals([(18, 1), (55, 1), (35, 10), (56, 10)]))
        let table = Field(0xC999, .bytes(type: 4, (0..<12).flatMap { TIFFBuilder(order).number(UInt64($0), 4) }))
        let fields = TIFFBuilder.camera + [Field(0x8769, .directory([lens])), table]
        #expect(try Redacted(JPEGBuilder([JPEGBuilder.exif(TIFFBuilder.block(order, [fields]))]).bytes).plan.isEmpty)
        let located = fields + [Field(0x8825, .directory(TIFFBuilder.gps))]
        let redacted = try Redacted(JPEGBuilder([JPEGBuilder.exif(TIFFBuilder.block(order, [located]))]).bytes)
        #expect(redacted.plan.patches.allSatisfy { !$0.kind.hasPrefix("coordinates") })
    }

    @Test("A file without location has an empty plan, a GPS pointer to nowhere is removed, a broken header is blanked")
    func edges() throws {
        #expect(try Redacted(Self.file(.big, [])).plan.isEmpty)
        let dangling = try Redacted(Self.file(.big, [Field(0x8825, .raw(0x7FFF_FFFF))]))
        dangling.expect(gone: [[0x7F, 0xFF, 0xFF, 0xFF]], kept: [Self.strip], keptText: ["Veilcam"])
        #expect(!dangling.plan.reasons.isEmpty)
        var broken = Self.file(.big, [Field(0x8825, .directory(TIFFBuilder.gps))])
        broken[4] = 0xF0
        try Redacted(broken).expect(gone: TIFFBuilder.coordinates(.big))
    }

    @Test("A coordinate of an unknown type or of another count goes too", arguments: TIFFBuilder.Order.allCases)
    func oddCoordinates(order: TIFFBuilder.Order) throws {
        let builder = TIFFBuilder(order)
        let values: [(UInt32, UInt32)] = [(48, 1), (8, 1), (14, 1)]
        let secret = values.flatMap { builder.number(UInt64($0.0), 4) + builder.number(UInt64($0.1), 4) }
        let gps = [Field(0x0001, .ascii("N")), Field(0x0002, .rationals(values))]
        let file = Self.file(order, [Field(0x8825, .directory(gps))])
        let entry = builder.number(2, 2) + builder.number(5, 2) + builder.number(3, 4)
        let at = try #require(file.firstRange(of: entry)).lowerBound
        for (type, count) in [(0x55, 3), (0, 3), (5, 1), (2, 3), (7, 24), (5, 0)] as [(UInt64, UInt64)] {
            var odd = file
            odd.replaceSubrange(at + 2..<at + 8, with: builder.number(type, 2) + builder.number(count, 4))
            try Redacted(odd).expect(gone: [secret], kept: [Self.strip], keptText: ["Veilcam"])
        }
    }

    @Test("XMP under a tag that is not its own", arguments: [0x02BD, 0xC000, 0x83BA] as [UInt16])
    func strayPacket(tag: UInt16) throws {
        let packet = Field(tag, .bytes(type: 1, Array(XMPBuilder.located.utf8)))
        try Redacted(Self.file(.little, [packet]))
            .expect(goneText: XMPBuilder.secrets, kept: [Self.strip], keptText: XMPBuilder.kept)
        let free = Field(tag, .bytes(type: 1, Array(XMPBuilder.packet().utf8)))
        #expect(try Redacted(Self.file(.little, [free])).plan.isEmpty)
    }

    @Test("RW2 and ORF differ in the magic number, RAF and MRW have Exif inside")
    func raws() throws {
        for magic: [UInt8] in [[0x55, 0], [0x52, 0x4F], [0x52, 0x53]] {
            var file = Self.file(.little, [Field(0x8825, .directory(TIFFBuilder.gps))])
            file.replaceSubrange(2..<4, with: magic)
            try Redacted(file).expect(gone: TIFFBuilder.coordinates(.little), kept: [Self.strip])
        }
        let jpeg = JPEGBuilder([JPEGBuilder.exif(TIFFBuilder.exif(.big))]).bytes
        let head = Array("FUJIFILMCCD-RAW 0201".utf8)
        let raf =
            head + [UInt8](repeating: 0, count: 0x54 - head.count) + PNGBuilder.big(0x60) + PNGBuilder.big(jpeg.count)
            + [0, 0, 0, 0] + jpeg + Self.strip
        try Redacted(raf).expect(gone: TIFFBuilder.coordinates(.big), kept: [Self.strip], keptText: ["Veilcam"])
        let block = TIFFBuilder.exif(.big)
        let mrw =
            [0] + Array("MRM".utf8) + PNGBuilder.big(block.count + 8) + [0] + Array("TTW".utf8)
            + PNGBuilder.big(block.count) + block
        try Redacted(mrw + Self.strip).expect(gone: TIFFBuilder.coordinates(.big), kept: [Self.strip])
    }
}
