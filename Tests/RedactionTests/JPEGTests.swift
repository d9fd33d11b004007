import Redaction
import Testing

@Suite("JPEG", .timeLimit(.minutes(10)))
struct JPEGTests {
    static let cameraNames = ["Veilcam", "Model One Hundred", "2024:05:06 07:08:09"]

    @Test(
        "Exif in both byte orders: GPS goes, the camera, the date and the pixels stay",
        arguments: TIFFBuilder.Order.allCases)
    func exif(order: TIFFBuilder.Order) throws {
        let image = JPEGBuilder([JPEGBuilder.exif(TIFFBuilder.exif(order))])
        let redacted = try Redacted(image.bytes)
        redacted.expect(
            gone: TIFFBuilder.coordinates(order), goneText: ["WGS-84-SECRET"], kept: [image.scan],
            keptText: Self.cameraNames + ["Exif"])
        #expect(redacted.plan.container == "JPEG")
        #expect(redacted.plan.reasons.isEmpty)
    }

    @Test("After the patch there is no GPS entry in IFD0, and one entry less")
    func noPointer() throws {
        let redacted = try Redacted(JPEGBuilder([JPEGBuilder.exif(TIFFBuilder.exif(.big))]).bytes)
        // SOI, APP1 header and identifier are 12 bytes, the TIFF header 8.
        #expect(redacted.original[20...21].elementsEqual([0, 5]))
        #expect(redacted.bytes[20...21].elementsEqual([0, 4]))
        #expect(!redacted.contains([0x88, 0x25, 0, 4]))
        #expect(redacted.contains([0x87, 0x69, 0, 4]))
    }

    @Test("A GPS IFD is found wherever its pointer stands", arguments: TIFFBuilder.Order.allCases)
    func pointers(order: TIFFBuilder.Order) throws {
        let gps = TIFFBuilder.Field(0x8825, .directory(TIFFBuilder.gps))
        let camera = TIFFBuilder.camera
        let chains: [[[TIFFBuilder.Field]]] = [
            [camera, [TIFFBuilder.Field(0x0103, .short(6)), gps]],
            [camera + [TIFFBuilder.Field(0x8769, .directory([gps]))]],
            [camera + [TIFFBuilder.Field(0x014A, .directory([TIFFBuilder.Field(0x0100, .short(1)), gps]))]],
            [camera + [gps, gps]],
            [[gps]],
        ]
        for chain in chains {
            let redacted = try Redacted(JPEGBuilder([JPEGBuilder.exif(TIFFBuilder.block(order, chain))]).bytes)
            redacted.expect(gone: TIFFBuilder.coordinates(order))
            #expect(redacted.plan.reasons.isEmpty)
        }
    }

    @Test("Every Exif segment counts: after another one, after XMP, with fill bytes, without JFIF")
    func severalSegments() throws {
        let exif = JPEGBuilder.exif(TIFFBuilder.exif(.little))
        let free = JPEGBuilder.exif(TIFFBuilder.exif(.big, gps: nil))
        let xmp = JPEGBuilder.xmp(Array(XMPBuilder.packet().utf8))
        for segments in [
            [free, exif], [xmp, exif], [[0xFF, 0xFF] + exif], [JPEGBuilder.segment(0xE0, [1, 2]), exif],
        ] {
            try Redacted(JPEGBuilder(segments).bytes).expect(
                gone: TIFFBuilder.coordinates(.little), keptText: ["Veilcam"])
        }
    }

    @Test("An image without location has an empty plan")
    func nothing() throws {
        let image = JPEGBuilder(
            [
                JPEGBuilder.exif(TIFFBuilder.exif(.big, gps: nil)), JPEGBuilder.xmp(Array(XMPBuilder.packet().utf8)),
                JPEGBuilder.photoshop(JPEGBuilder.resource(0x0404, JPEGBuilder.dataset(120, "a caption, 12.5, 13.5"))),
                JPEGBuilder.segment(0xFE, Array("Optimised, quality 85, 1.2345".utf8)),
            ], trailer: [0, 0, 0])
        #expect(try Redacted(image.bytes).plan.isEmpty)
    }

    @Test("XMP: attributes, elements and structures go")
    func xmp() throws {
        let redacted = try Redacted(JPEGBuilder([JPEGBuilder.xmp(Array(XMPBuilder.located.utf8))]).bytes)
        redacted.expect(goneText: XMPBuilder.secrets, keptText: XMPBuilder.kept)
        #expect(redacted.plan.reasons.isEmpty)
    }

    @Test("Extended XMP: a value that is split between two segments goes, in any order of the segments")
    func extendedXMP() throws {
        let padding = String(repeating: "abcd", count: 200)
        let packet = XMPBuilder.packet(
            attributes: #"u:A="\#(padding)" exif:GPSLongitude="11,34.529E" u:B="\#(padding)""#)
        let bytes = Array(packet.utf8)
        let middle = try #require(bytes.firstRange(of: Array("34.529".utf8))?.lowerBound) + 2
        let parts = JPEGBuilder.extendedXMP(bytes, part: middle)
        for segments in [parts, parts.reversed()] {
            let redacted = try Redacted(JPEGBuilder(segments).bytes)
            redacted.expect(keptText: ["\(padding)\" ", "u:B="])
            #expect(!redacted.contains("11,34") && !redacted.contains("529E"))
        }
    }

    @Test("XMP that is not well-formed is blanked whole, with a reason")
    func malformedXMP() throws {
        let broken = XMPBuilder.located.replacing("</rdf:RDF>", with: "</rdf:XXX>")
        let redacted = try Redacted(JPEGBuilder([JPEGBuilder.xmp(Array(broken.utf8))]).bytes)
        redacted.expect(goneText: XMPBuilder.secrets + ["xmpmeta"])
        #expect(redacted.plan.reasons.contains { $0.hasPrefix("XMP blanked") })
    }

    @Test("IPTC: place datasets become spaces, the caption stays, and the digest is no digest any more")
    func iptc() throws {
        let iptc =
            JPEGBuilder.dataset(90, "Munchenstadt") + JPEGBuilder.dataset(120, "The caption")
            + JPEGBuilder.dataset(101, "Bavariana")
        let digest = [UInt8](0x50..<0x60)
        let resources = JPEGBuilder.resource(0x0425, digest) + JPEGBuilder.resource(0x0404, iptc)
        try Redacted(JPEGBuilder([JPEGBuilder.photoshop(resources)]).bytes)
            .expect(gone: [digest], goneText: ["Munchenstadt", "Bavariana"], keptText: ["The caption", "8BIM"])
    }

    @Test("Photoshop resources that go on in the next segment are read as one")
    func splitResources() throws {
        let iptc = JPEGBuilder.dataset(120, "The caption") + JPEGBuilder.dataset(90, "Munchenstadt")
        let resources = JPEGBuilder.resource(0x0404, iptc)
        let cut = resources.count - 6
        let segments = [
            JPEGBuilder.photoshop(Array(resources[..<cut])), JPEGBuilder.photoshop(Array(resources[cut...])),
        ]
        let redacted = try Redacted(JPEGBuilder(segments).bytes)
        redacted.expect(keptText: ["The caption"])
        #expect(!redacted.contains("Munche") && !redacted.contains("nstadt"))
    }

    @Test("Comments: coordinates go, the rest of the text stays")
    func comment() throws {
        let comment = JPEGBuilder.segment(0xFE, Array("Shot at 48.137154, 11.576124 by me".utf8))
        try Redacted(JPEGBuilder([comment]).bytes).expect(
            goneText: ["48.137154", "11.576124"], keptText: ["Shot at ", " by me"])
    }

    @Test("A thumbnail's own Exif is looked into")
    func thumbnail() throws {
        let small = JPEGBuilder([JPEGBuilder.exif(TIFFBuilder.exif(.big))]).bytes
        let block = TIFFBuilder.block(
            .little,
            [
                TIFFBuilder.camera,
                [TIFFBuilder.Field(0x0201, .pointer(small)), TIFFBuilder.Field(0x0202, .long(UInt32(small.count)))],
            ])
        try Redacted(JPEGBuilder([JPEGBuilder.exif(block)]).bytes)
            .expect(gone: TIFFBuilder.coordinates(.big), kept: [Array(small.suffix(40))], keptText: ["Veilcam"])
    }

    @Test("Behind the end of the image: further images, segments, packets, IPTC")
    func trailers() throws {
        let second = JPEGBuilder([JPEGBuilder.exif(TIFFBuilder.exif(.big))])
        let trailers: [[UInt8]] = [
            second.bytes, [0, 0, 0, 0] + second.bytes + [0x55], JPEGBuilder.exif(TIFFBuilder.exif(.big)),
            Array("junk ".utf8) + TIFFBuilder.exif(.big),
        ]
        for trailer in trailers {
            try Redacted(JPEGBuilder([], trailer: trailer).bytes).expect(
                gone: TIFFBuilder.coordinates(.big), keptText: ["Veilcam"])
        }
        try Redacted(JPEGBuilder([], trailer: Array(XMPBuilder.located.utf8)).bytes)
            .expect(goneText: XMPBuilder.secrets, keptText: XMPBuilder.kept)
        let afcp =
            Array("AXS!".utf8) + [0, 1, 0, 1] + JPEGBuilder.dataset(105, "Headline")
            + JPEGBuilder.dataset(90, "Munchenstadt")
        try Redacted(JPEGBuilder([], trailer: afcp).bytes).expect(
            goneText: ["Munchenstadt"], keptText: ["Headline", "AXS!"])
    }

    @Test("What looks like a marker in the scan is not one; a restart marker is passed over")
    func scan() throws {
        var image = JPEGBuilder([JPEGBuilder.exif(TIFFBuilder.exif(.big))])
        image.scan = [UInt8](repeating: 0x41, count: 200_000) + [0xFF, 0, 0xFF, 0xD3, 0xFF, 0xFF, 0]
        image.trailer = JPEGBuilder.exif(TIFFBuilder.exif(.little))
        try Redacted(image.bytes).expect(
            gone: TIFFBuilder.coordinates(.big) + TIFFBuilder.coordinates(.little), kept: [image.scan])
    }

    @Test("Doubt blanks the Exif block: a GPS pointer out of the block, a GPS IFD that is cut off, GPS inside IFD0")
    func doubt() throws {
        let beyond = TIFFBuilder.block(.big, [TIFFBuilder.camera + [TIFFBuilder.Field(0x8825, .raw(0x7FFF_FFFF))]])
        let itself = TIFFBuilder.block(.big, [TIFFBuilder.camera + [TIFFBuilder.Field(0x8825, .raw(8))]])
        let inside = TIFFBuilder.block(.big, [TIFFBuilder.camera + [TIFFBuilder.Field(0x8825, .raw(10))]])
        var counted = TIFFBuilder.exif(.big)
        let gps = try #require(counted.firstRange(of: [0, 8, 0, 0, 0, 1, 0, 0, 0, 4])?.lowerBound)
        counted[gps] = 0x40
        for block in [beyond, itself, inside, counted] {
            let redacted = try Redacted(JPEGBuilder([JPEGBuilder.exif(block)]).bytes)
            redacted.expect(goneText: ["Veilcam"])
            #expect(redacted.plan.reasons.contains { $0.hasPrefix("Exif blanked") })
        }
    }

    @Test("GPS data that nothing points to any more goes as well")
    func orphans() throws {
        let block = TIFFBuilder.exif(.big)
        // The pointer's tag made unknown: the GPS IFD is out of reach, but its bytes are there.
        let pointer = try #require(block.firstRange(of: [0x88, 0x25, 0, 4])?.lowerBound)
        var orphaned = block
        orphaned[pointer + 1] = 0x26
        try Redacted(JPEGBuilder([JPEGBuilder.exif(orphaned)]).bytes)
            .expect(gone: TIFFBuilder.coordinates(.big), keptText: ["Veilcam"])
    }

    @Test("An entry of another block's GPS IFD does not take what its offset leads to in this one")
    func foreignEntry() throws {
        let remains: [UInt8] = [0, 2, 0, 5, 0, 0, 0, 3, 0, 0, 0, 10]
        let block = TIFFBuilder.block(
            .big, [TIFFBuilder.camera + [TIFFBuilder.Field(0x927D, .bytes(type: 7, remains))]])
        let redacted = try Redacted(JPEGBuilder([JPEGBuilder.exif(block)]).bytes)
        redacted.expect(goneText: [], kept: [Array(block[..<50])], keptText: ["Veilcam"])
    }

    @Test("A file cut off in its Exif segment shows none of it")
    func truncated() throws {
        let whole = JPEGBuilder([JPEGBuilder.exif(TIFFBuilder.exif(.big))]).bytes
        let redacted = try Redacted(Array(whole[..<150]))
        redacted.expect(goneText: ["Veilcam"])
        #expect(redacted.plan.reasons == ["last JPEG segment blanked: truncated"])
    }

    @Test("Exiv2's EXV is the segments of a JPEG")
    func exv() throws {
        let segments = JPEGBuilder.exif(TIFFBuilder.exif(.big)) + JPEGBuilder.xmp(Array(XMPBuilder.located.utf8))
        try Redacted([0xFF, 0x01] + Array("Exiv2".utf8) + segments + [0xFF, 0xD9])
            .expect(gone: TIFFBuilder.coordinates(.big), goneText: XMPBuilder.secrets, keptText: ["Veilcam", "Exiv2"])
    }

    @Test("FLIR's GPS record goes, its neighbours stay")
    func flir() throws {
        var data = Array("FFF\0".utf8) + [UInt8](repeating: 0, count: 16) + [0, 0, 0, 101, 0, 0, 0, 64, 0, 0, 0, 2]
        data += [UInt8](repeating: 0, count: 64 - data.count)
        func entry(_ type: UInt8, _ offset: UInt8, _ length: UInt8) -> [UInt8] {
            [0, type] + [UInt8](repeating: 0, count: 10) + [0, 0, 0, offset, 0, 0, 0, length]
                + [UInt8](repeating: 0, count: 12)
        }
        data += entry(0x20, 128, 12) + entry(0x2B, 140, 12) + Array("Camera Infos".utf8) + Array("Coordinates!".utf8)
        let half = data.count - 18
        let segments = [data[..<half], data[half...]].enumerated().map { index, part in
            JPEGBuilder.segment(0xE1, Array("FLIR\0\u{1}".utf8) + [UInt8(index), 1] + part)
        }
        let redacted = try Redacted(JPEGBuilder(segments).bytes)
        redacted.expect(keptText: ["Camera"])
        #expect(!redacted.contains("Coord") && !redacted.contains("nates!"))
    }
}
