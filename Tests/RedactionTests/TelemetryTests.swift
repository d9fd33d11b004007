import Redaction
import Testing

/// What drones, dashcams and cameras write into tracks and boxes of their own.
@Suite("Telemetry", .timeLimit(.minutes(10)))
struct TelemetryTests {
    private typealias B = BoxBuilder
    private static let fix: [UInt8] = [0x1D, 0x1F, 0x23, 0x29, 0x01, 0x5D, 0xDE, 0xAD]

    private static func lengthed(_ text: String) -> [UInt8] { B.big(text.utf8.count, 2) + Array(text.utf8) }

    @Test("Positions in text go with their height, whoever writes them", arguments: ["text", "tx3g"])
    func text(format: String) throws {
        let lines: [(text: String, gone: [String], kept: [String])] = [
            (
                "F/3.5, SS 1000, GPS (8.64, 53.16, 18), D 24.26m, H 6.00m, H.S 2.10m/s",
                ["8.64", "53.16", "18)", "6.00"],
                ["F/3.5, SS 1000", "D 24.26m", "2.10m/s"]
            ),
            (
                "HOME(149.0251,-20.2532) 2017.08.05 14:11:51\nGPS(149.0251,-20.2533,16) BAROMETER:91.2 ISO:100",
                ["149.0251", "-20.25", ",16)", "91.2"], ["2017.08.05 14:11:51", "ISO:100"]
            ),
            (
                "[iso: 110] [latitude: 38.1] [longitude: -9.2] [rel_alt: 1.3 abs_alt: 100.2]",
                ["38.1", "-9.2", "1.3", "100.2"], ["[iso: 110]"]
            ),
            (
                "A,270519,201555.000,3356.8925,N,08420.2071,W,000.0,331.0M,+01.84,-09.80;",
                ["3356.8925", "08420.2071"],
                ["A,270519", "-09.80"]
            ),
            (
                "gsensori,4,512,-67,-12,100;GNRMC,161313.00,A,4529.87489,N,07337.01215,W,6.2,35.3,310819,,,A*52",
                ["4529.87489", "07337.01215"], ["gsensori,4,512"]
            ),
            ("$G:2020-05-06 11:22:33-N48.1234-E11.1234-S0", ["48.1234", "11.1234"], ["2020-05-06"]),
        ]
        for line in lines {
            let redacted = try Redacted(
                B.timed(format, [Self.lengthed(line.text), Self.lengthed("A chapter, alt: 5.5")]))
            redacted.expect(goneText: line.gone, keptText: line.kept + ["A chapter, alt: 5.5"])
            #expect(redacted.plan.reasons.isEmpty)
        }
    }

    @Test("Text tracks with positions in binary and in ciphers are blanked, sample by sample") func ciphers() throws {
        let cipher = Array("2019N48515873E002197769".utf8).map { $0 ^ 0xAA }
        let samples: [[UInt8]] = [
            Array("PNDM".utf8) + Self.fix + Self.fix,
            B.big(20) + Array("PNDM".utf8) + Self.fix + Self.fix,
            [0, 0, 0xAA, 0xAA, 0xAA, 0xAA, 0x54, 0x54] + cipher + Self.fix,
            [0, 0, 0xF2, 0xE1, 0xF0, 0xEE, 0x54, 0x54] + cipher + Self.fix,
            [0] + Array("%HQSNB+1234".utf8) + [0x9D] + Self.fix.map { $0 | 0x80 } + [0x0A],
            Array(".;;;;D?JL;6+;;;D;R?;4;HO71G>F".utf8) + [0xDE, 0xAD] + Array("*6F~".utf8),
        ]
        for sample in samples {
            let redacted = try Redacted(B.timed("text", [sample, Self.lengthed("A chapter")]))
            redacted.expect(gone: [Array(sample.suffix(10))], keptText: ["A chapter"])
            #expect(redacted.plan.reasons == ["text sample blanked: it is no text"])
        }
    }

    @Test("Text stays text: old encodings, empty samples, styles behind it") func plain() throws {
        let style = B.box("styl", [0, 1, 0, 0, 0, 3, 0, 1, 0, 18, 255, 255, 255, 255])
        for sample in [
            Self.lengthed("Chapter 1"), [0, 4, 0x43, 0x61, 0x66, 0x8E], [0, 0], Self.lengthed("Styled") + style,
            Array("no length\n".utf8), [0, 6, 0xFE, 0xFF, 0, 0x41, 0, 0x42],
            Self.lengthed("Text") + B.box("encd", B.big(256)),
        ] {
            for format in ["text", "tx3g"] { #expect(try Redacted(B.timed(format, [sample])).plan.isEmpty) }
        }
    }

    @Test("Tracks that look like GoPro's but are not, and records of drones") func otherFormats() throws {
        let samples: [[UInt8]] = [
            Array("FMAS".utf8) + [0, 0, 0, 0] + Self.fix,
            [0, 0, 0xF2, 0xE1, 0xF0, 0xEE, 0x54, 0x54] + Self.fix,
            [UInt8](repeating: 7, count: 21) + [0, 0, 0] + Array("ANE\0".utf8) + Self.fix,
        ]
        for sample in samples { try Redacted(B.timed("gpmd", [sample])).expect(gone: [Self.fix], keptText: ["gpmd"]) }
        for format in ["RVMI", "mett"] {
            try Redacted(B.timed(format, [Array("P1".utf8) + [0, 12] + Self.fix])).expect(gone: [Self.fix])
        }
    }

    @Test("Of several descriptions of one track the worst counts") func descriptions() throws {
        let location = B.box("keys", Array("mdtacom.apple.quicktime.location.ISO6709".utf8))
        let long = [UInt8](repeating: 0x20, count: 70_000)
        let other = B.box(
            "mebx", [UInt8](repeating: 0, count: 8) + B.box("keys", Array("mdtacom.apple.detected-face".utf8)))
        for entry in [[UInt8](repeating: 0, count: 8) + location, long + location] {
            try Redacted(B.timed("mebx", [Self.fix], description: entry, others: other)).expect(gone: [Self.fix])
        }
        let harmless = B.box("mett", [UInt8](repeating: 0, count: 8) + Array("\0application/microvideo\0".utf8))
        try Redacted(B.timed("mett", [Self.fix], others: harmless)).expect(gone: [Self.fix])
    }

    @Test("Boxes that are positions and nothing else") func boxes() throws {
        let uuids: [[UInt8]] = [
            [0x9B, 0x63, 0x0F, 0x8D, 0x63, 0x74, 0x40, 0xEC, 0x82, 0x04, 0xBC, 0x5F, 0xF5, 0x09, 0x17, 0x28],
            [0x7F, 0x2E, 0x21, 0x00, 0x8B, 0x46, 0x49, 0x18, 0xAF, 0xB1, 0xDE, 0x70, 0x9A, 0x74, 0xF6, 0xF5],
            [0xEF, 0xE1, 0x58, 0x9A, 0xBB, 0x77, 0x49, 0xEF, 0x80, 0x95, 0x27, 0x75, 0x9E, 0xB1, 0xDC, 0x6F],
        ]
        for uuid in uuids {
            let box = B.box("uuid", uuid + Self.fix)
            for file in [B.movie([]) + box, B.movie([box]), B.movie([B.box("udta", box)])] {
                try Redacted(file).expect(gone: [Self.fix], keptText: ["frames"])
            }
        }
        try Redacted(B.movie([]) + B.box("udat", Self.fix)).expect(gone: [Self.fix], keptText: ["frames"])
    }

    @Test("Boxes that readers skip: Pittasoft's log, and what an editor left") func skipped() throws {
        let log = B.box("gps ", Array("[1234]$GPRMC,1,A,4851.1,N,00217.6,E".utf8))
        let name = B.box("ptnm", Array("\0\0\0\0name.mp4".utf8))
        for type in ["free", "skip"] {
            try Redacted(B.ftyp + B.box(type, name + log) + B.movie([]).dropFirst(B.ftyp.count))
                .expect(goneText: ["4851.1"], keptText: ["name.mp4", "frames"])
            let left = B.box(type, B.box("©xyz", Self.lengthed("+48.8583+002.2945/")))
            for file in [B.movie([]) + left, B.movie([left]), B.movie([B.box("udta", left)])] {
                try Redacted(file).expect(goneText: ["+48.8583"], keptText: ["frames"])
            }
            #expect(try Redacted(B.movie([]) + B.box(type, Array("HandBrake 1.6".utf8))).plan.isEmpty)
        }
    }

    @Test("Nikon's and Pentax's records in MOV and AVI") func records() throws {
        func record(_ tag: Int, _ format: Int, _ count: Int, _ value: [UInt8]) -> [UInt8] {
            B.big(tag) + B.big(format, 2) + B.big(count, 2) + value
        }
        let records =
            record(1, 2, 6, Array("NIKON\0".utf8)) + record(0x0120_0001, 2, 2, Array("N\0".utf8))
            + record(0x0120_0002, 5, 1, Self.fix) + record(0x13, 2, 5, Array("after".utf8))
        let movie = B.movie([B.box("udta", [B.box("NCDT", [B.box("NCTG", records)])])])
        try Redacted(movie).expect(
            gone: [Self.fix, record(0x0120_0001, 2, 2, Array("N\0".utf8))], keptText: ["NIKON", "after", "NCTG"])
        let list = Array("LIST".utf8) + B.big(records.count + 12).reversed() + Array("ncdtnctg".utf8)
        let avi = list + B.big(records.count).reversed() + records
        try Redacted(Array("RIFF".utf8) + B.big(avi.count + 4).reversed() + Array("AVI ".utf8) + avi)
            .expect(gone: [Self.fix], keptText: ["NIKON", "after"])

        let pentax = [UInt8](repeating: 1, count: 0xC7) + Array("GPS_\u{2}\u{3}\0\0N\0".utf8) + Self.fix
        let filled = pentax + [UInt8](repeating: 0, count: 0x200 - pentax.count) + Array("preview".utf8)
        try Redacted(B.movie([B.box("udta", [B.box("PENT", filled)])])).expect(gone: [Self.fix], keptText: ["preview"])
    }

    @Test("Places and positions in AVI") func places() throws {
        func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
            Array(type.utf8) + B.big(data.count).reversed() + data + (data.count % 2 == 1 ? [0] : [])
        }
        let info = chunk(
            "LIST", Array("INFO".utf8) + chunk("LOCA", Array("Eiffel Tower".utf8)) + chunk("INAM", Array("A name".utf8))
        )
        let body = info + chunk("SLLT", Self.fix) + chunk("SGLT", Self.fix)
        try Redacted(chunk("RIFF", Array("AVI ".utf8) + body))
            .expect(gone: [Self.fix], goneText: ["Eiffel Tower"], keptText: ["A name"])
    }

    @Test("Metadata of camcorders in XML: the group that GPS wrote goes, in the movie and beside it") func camcorders()
        throws
    {
        let xml = Array(
            """
            <?xml version="1.0"?><NonRealTimeMeta xmlns="urn:schemas-professionalDisc:nonRealTimeMeta:ver.2.00">\
            <Device modelName="ILCE-7M3"/><AcquisitionRecord><Group name="ExifGPS"><Item name="Latitude" \
            value="48:8:14.600"/></Group><Group name="CameraUnitMetadataSet"><Item name="Gamma" value="rec709"/>\
            </Group></AcquisitionRecord></NonRealTimeMeta>
            """.utf8)
        let handler = B.box(
            "hdlr", [UInt8](repeating: 0, count: 8) + Array("nrtm".utf8) + [UInt8](repeating: 0, count: 12))
        let meta = B.box("meta", B.big(0) + handler + B.box("xml ", B.big(0) + xml))
        for file in [B.movie([]) + meta, B.movie([meta]), xml] {
            let redacted = try Redacted(file)
            redacted.expect(goneText: ["48:8:14.600", "ExifGPS"], keptText: ["ILCE-7M3", "rec709"])
            #expect(redacted.plan.reasons.isEmpty)
        }
    }

    @Test("The tower that a phone was at, and the pose of a camera on earth") func properties() throws {
        let packet = XMPBuilder.packet().replacing(
            "</rdf:RDF>",
            with: """
                <rdf:Description xmlns:cell="http://developer.sonyericsson.com/cell/1.0/" cell:mcc="262" cell:cgi="8D91" \
                xmlns:p="http://ns.google.com/photos/dd/1.0/earthpose/"><p:Altitude>519.25</p:Altitude>\
                <p:RotationX>0.75</p:RotationX></rdf:Description></rdf:RDF>
                """)
        try Redacted(Array(packet.utf8)).expect(goneText: ["262", "8D91", "519.25"], keptText: ["0.75"])
    }
}
