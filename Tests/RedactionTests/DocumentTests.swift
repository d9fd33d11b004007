import Redaction
import Testing

@Suite("XMP and location documents", .timeLimit(.minutes(10)))
struct DocumentTests {
    static func utf16(_ text: String, bigEndian: Bool) -> [UInt8] {
        text.utf16.flatMap { unit -> [UInt8] in
            bigEndian ? [UInt8(unit >> 8), UInt8(unit & 255)] : [UInt8(unit & 255), UInt8(unit >> 8)]
        }
    }

    static func utf32(_ text: String, bigEndian: Bool) -> [UInt8] {
        text.unicodeScalars.flatMap { scalar -> [UInt8] in
            let bytes = (0..<4).map { UInt8(truncatingIfNeeded: scalar.value >> (24 - 8 * UInt32($0))) }
            return bigEndian ? bytes : bytes.reversed()
        }
    }

    @Test("A sidecar in UTF-8, UTF-16 and UTF-32, in both byte orders")
    func encodings() throws {
        let encoders: [(String) -> [UInt8]] = [
            { Array($0.utf8) }, { Array("\u{FEFF}\($0)".utf8) }, { Self.utf16($0, bigEndian: true) },
            { Self.utf16($0, bigEndian: false) }, { [0xFE, 0xFF] + Self.utf16($0, bigEndian: true) },
            { [0xFF, 0xFE] + Self.utf16($0, bigEndian: false) }, { Self.utf32($0, bigEndian: true) },
            { Self.utf32($0, bigEndian: false) },
        ]
        for encode in encoders {
            let redacted = try Redacted(encode(XMPBuilder.located))
            redacted.expect(
                gone: XMPBuilder.secrets.map { part(encode, $0) }, kept: XMPBuilder.kept.map { part(encode, $0) })
            #expect(redacted.plan.container == "XMP")
            #expect(redacted.plan.reasons.isEmpty)
        }
    }

    /// A text as it stands in an encoded file, without the byte order mark.
    private func part(_ encode: (String) -> [UInt8], _ text: String) -> [UInt8] {
        let mark = encode("")
        return Array(encode(text).dropFirst(mark.count))
    }

    @Test("Any prefix, any namespace that is not listed, attributes of structures, entities")
    func names() throws {
        let packet = XMPBuilder.packet(
            attributes: #"u:gpsLatitude="secret&#49;" u:Latitude='secret2'"#,
            elements: """
                <e:GPSAltitude xmlns:e="http://ns.adobe.com/exif/1.0/">secret3</e:GPSAltitude>\
                <u:Photo rdf:parseType="Resource"><u:Longitude>secret4</u:Longitude><u:State>kept state</u:State></u:Photo>\
                <photoshop:Country/>
                """)
        try Redacted(Array(packet.utf8)).expect(
            goneText: ["secret&#49;", "secret2", "secret3", "secret4"], keptText: ["kept state", "xmp:Rating"])
    }

    @Test("Padding of zeros behind a packet is no damage; an internal DTD is")
    func tolerance() throws {
        let padded = try Redacted(Array(XMPBuilder.located.utf8) + [UInt8](repeating: 0, count: 40))
        padded.expect(goneText: XMPBuilder.secrets, keptText: XMPBuilder.kept)
        #expect(padded.plan.reasons.isEmpty)
        let entity =
            "<!DOCTYPE x [<!ENTITY here \"48,8.2372N\">]>"
            + XMPBuilder.packet(elements: "<photoshop:City>&here;</photoshop:City>")
        try Redacted(Array(entity.utf8)).expect(goneText: ["48,8.2372N"])
    }

    @Test(
        "Names that break the rules of namespaces are closed, for readers that go by prefixes show them",
        arguments: [
            ("", "<exif:x:GPSLatitude>secret</exif:x:GPSLatitude>"), ("", "<exif:>secret</exif:>"),
            ("", "<exif:a exif:x:GPSLatitude='secret'/>"), (" xmlns:exif='' exif:GPSLatitude='secret'", ""),
            (" xmlns:exif='http://www.w3.org/XML/1998/namespace' exif:GPSLatitude='secret'", ""),
            (" xmlns:exif='http://www.w3.org/2000/xmlns/' exif:GPSLatitude='secret'", ""),
            (" xmlns:xml='http://ns.adobe.com/xap/1.0/' xml:GPSLatitude='secret'", ""),
            (" xmlns:xmlns='http://ns.adobe.com/xap/1.0/' xmp:Nickname='secret'", ""),
        ])
    func namespaceRules(_ attributes: String, _ elements: String) throws {
        let text = """
            <x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>\
            <rdf:Description rdf:about='' xmlns:xmp='http://ns.adobe.com/xap/1.0/'><rdf:li\(attributes)/></rdf:Description>\
            <rdf:Description xmlns:exif='http://ns.adobe.com/exif/1.0/'>\(elements)</rdf:Description></rdf:RDF></x:xmpmeta>
            """
        let redacted = try Redacted(Array(text.utf8))
        redacted.expect(goneText: ["secret"])
        #expect(!redacted.plan.reasons.isEmpty)
    }

    @Test("The prefix xml may be declared as what it is")
    func declaredXML() throws {
        let text = XMPBuilder.packet(
            elements: "<xmp:Label xmlns:xml='http://www.w3.org/XML/1998/namespace' xml:lang='de'>kept</xmp:Label>")
        try Redacted(Array(text.utf8)).expect(goneText: [], keptText: ["kept", "xml:lang='de'"])
    }

    @Test("An SVG that is not well-formed loses its metadata, not its drawing")
    func svg() throws {
        let drawing = "<path d='M0 0L1 1'/></svg>"
        for note in ["", "<unbound:a/>"] {
            let text =
                "<svg xmlns='http://www.w3.org/2000/svg'><metadata>\(XMPBuilder.located)</metadata>\(note)\(drawing)"
            try Redacted(Array(text.replacing("<?xpacket begin=\"\u{FEFF}\"", with: "<?xpacket begin=\"\"").utf8))
                .expect(goneText: XMPBuilder.secrets, keptText: [drawing, "<metadata>"])
        }
    }

    @Test("A packet's processing instruction may hold what is not XML")
    func prologue() throws {
        let packet = XMPBuilder.located.replacing("\u{FEFF}", with: "\u{1A}")
        let redacted = try Redacted(Array(packet.utf8))
        redacted.expect(goneText: XMPBuilder.secrets, keptText: XMPBuilder.kept)
        #expect(redacted.plan.reasons.isEmpty)
    }

    @Test("GPX and KML lose coordinates and names of places")
    func tracks() throws {
        let gpx = """
            <?xml version="1.0"?><gpx xmlns="http://www.topografix.com/GPX/1/1" creator="veil"><wpt lat="48.1" lon="11.5"><name>Home</name></wpt>
            <trk><type>walk</type><trkseg><trkpt lat="48.2" lon="11.6"/></trkseg></trk></gpx>
            """
        let redacted = try Redacted(Array(gpx.utf8))
        redacted.expect(goneText: ["48.1", "11.6", "Home"], keptText: ["<type>walk</type>", "</gpx>"])
        #expect(redacted.plan.container == "GPX")
        let kml = """
            <kml xmlns="http://www.opengis.net/kml/2.2"><Placemark><name>Home</name><visibility>1</visibility>\
            <Point><coordinates>11.5,48.1</coordinates></Point></Placemark></kml>
            """
        try Redacted(Array(kml.utf8)).expect(goneText: ["Home", "11.5,48.1"], keptText: ["<visibility>1</visibility>"])
    }

    @Test("A photo export's JSON keeps its form: numbers become zero, strings spaces")
    func json() throws {
        let text =
            #"{"title": "a.jpg", "geoData": {"latitude": 48.137154, "longitude": -11.5e1}, "people": [{"name": "Ada"}], "city": "M\"unchen"}"#
        let redacted = try Redacted(Array(text.utf8))
        redacted.expect(
            goneText: ["48.137154", "11.5", "unchen"],
            keptText: [#""title": "a.jpg""#, #""latitude": 0        ,"#, "Ada"])
        #expect(try Redacted(Array(#"{"title": "a.jpg", "size": 3}"#.utf8)).plan.isEmpty)
    }

    @Test("An NMEA log is nothing but positions")
    func nmea() throws {
        let log = "$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47\n"
        try Redacted(Array(log.utf8)).expect(goneText: ["4807.038"])
    }

    @Test(
        "Text that is no location document has an empty plan",
        arguments: [
            "", "<", "{", "plain text with 48.137154, 11.576124", "<html><body>City</body></html>", "$GP", "\u{FEFF}",
            "<?xml version=\"1.0\"?><a/>",
        ])
    func others(text: String) throws {
        #expect(try Redacted(Array(text.utf8)).plan.isEmpty)
    }
}
