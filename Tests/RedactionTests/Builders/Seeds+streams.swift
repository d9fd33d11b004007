// Seeds of raw files, documents, files of boxes, and streams.

extension Seed {
    private typealias B = BoxBuilder
    private static let place = "+48.8583+002.2945/"

    private static func little(_ value: Int) -> [UInt8] { BoxBuilder.big(value).reversed() }

    /// The bytes of `file` in front of the first `mark`.
    private static func head(_ file: [UInt8], to mark: [UInt8]) -> [UInt8] {
        Array(file.prefix(file.firstRange(of: mark)?.lowerBound ?? 0))
    }

    /// What a reader has to come by in a chain of boxes: all in front of the value, without the first box.
    private static func path(_ file: [UInt8], to value: [UInt8]) -> [UInt8] {
        Array(head(file, to: value).dropFirst(BoxBuilder.ftyp.count))
    }

    /// A value that a reader finds by what stands in front of it, all of it.
    private static func whole(_ file: [UInt8], _ secret: Secret) -> Secret {
        Secret(secret.value, label: head(file, to: secret.value))
    }

    // MARK: Raw files

    private static let jpeg = JPEGBuilder([JPEGBuilder.exif(TIFFBuilder.exif(.big))]).bytes

    private static let raf: [UInt8] = {
        let head = Array("FUJIFILMCCD-RAW 0201".utf8)
        return head + [UInt8](repeating: 0, count: 0x54 - head.count) + B.big(0x60) + B.big(jpeg.count) + [0, 0, 0, 0]
            + jpeg + TIFFTests.strip
    }()

    private static let mrw: [UInt8] = {
        let block = TIFFBuilder.exif(.big)
        return [0] + Array("MRM".utf8) + B.big(block.count + 8) + [0] + Array("TTW".utf8) + B.big(block.count) + block
            + TIFFTests.strip
    }()

    private static let x3f: [UInt8] = {
        let head = Array("FOVb".utf8) + [0, 0, 2, 0] + [UInt8](repeating: 0, count: 32)
        let section = Array("SECi".utf8) + [UInt8](repeating: 0, count: 24) + jpeg
        let directory =
            Array("SECd".utf8) + [0, 0, 2, 0] + little(1) + little(head.count) + little(section.count)
            + Array("IMA2".utf8)
        return head + section + directory + little(head.count + section.count)
    }()

    static let crw: [UInt8] = {
        let head = Array("II".utf8) + little(26) + Array("HEAPCCDR".utf8) + [UInt8](repeating: 0, count: 12)
        let directory: [UInt8] = [1, 0, 0x07, 0x20] + little(jpeg.count) + little(0)
        return head + jpeg + directory + little(jpeg.count)
    }()

    private static let exv = [0xFF, 0x01] + Array("Exiv2".utf8) + Array(jpeg.dropFirst(2))

    static let raws: [Seed] = [
        // Without the numbers that say where the JPEG is, and the JPEG's beginning, everything is pixels.
        Seed(
            name: "RAF", bytes: raf,
            secrets: coordinates(.big).map { $0.requiring(Array(raf[0x54..<0x5C]) + [0, 0, 0, 0] + jpeg.prefix(4)) }),
        Seed(name: "MRW", bytes: mrw, secrets: coordinates(.big).map { whole(mrw, $0) }),
        Seed(
            name: "X3F", bytes: x3f,
            secrets: coordinates(.big).map {
                $0.requiring(Array("SECi".utf8) + [UInt8](repeating: 0, count: 24) + jpeg.prefix(4))
            }),
        Seed(
            name: "CRW", bytes: crw, secrets: coordinates(.big).map { $0.requiring(Array(crw.suffix(16))) }),
        Seed(name: "EXV", bytes: exv, secrets: coordinates(.big)),
        Seed(
            name: "JPEG XR", bytes: [0x49, 0x49, 0xBC, 1] + tiffSeed.dropFirst(4),
            secrets: coordinates(.little).map { $0.requiring(Array(tiffSeed[8..<58])) }),
    ]

    private static let tiffSeed = TIFFTests.file(.little, [TIFFBuilder.Field(0x8825, .directory(TIFFBuilder.gps))])

    // MARK: Documents

    private static let gpx = Array(
        """
        <?xml version="1.0"?><gpx xmlns="http://www.topografix.com/GPX/1/1" creator="veil"><trk><trkseg>\
        <trkpt lat="48.858370" lon="2.294481"><ele>330.1</ele></trkpt></trkseg></trk></gpx>
        """.utf8)
    private static let kml = Array(
        """
        <kml xmlns="http://www.opengis.net/kml/2.2"><Placemark><name>Eiffel Tower</name><Point>\
        <coordinates>2.294481,48.858370</coordinates></Point></Placemark></kml>
        """.utf8)
    private static let svg = Array(
        "<svg xmlns=\"http://www.w3.org/2000/svg\"><metadata>\(XMPBuilder.located)</metadata><path d=\"M0 0\"/></svg>"
            .utf8)
    private static let json = Array(
        #"{"title": "a.jpg", "geoData": {"latitude": 48.858370, "longitude": 2.294481}, "people": []}"#.utf8)
    private static let nmea = Array("$GPGGA,123519,4851.502,N,00217.669,E,1,08,0.9,35.4,M,46.9,M,,*47\r\n".utf8)

    static let documents: [Seed] = [
        Seed(name: "SVG", bytes: svg, secrets: xmpSecrets),
        Seed(name: "GPX", bytes: gpx, secrets: [Secret("<trkpt lat=\"", "48.858370"), Secret(" lon=\"", "2.294481")]),
        Seed(
            name: "KML", bytes: kml,
            secrets: [Secret("<coordinates>", "2.294481,48.858370"), Secret("<Placemark><name>", "Eiffel Tower")]),
        Seed(
            name: "JSON", bytes: json,
            secrets: [Secret("\"latitude\": ", "48.858370"), Secret("\"longitude\": ", "2.294481")]),
        Seed(name: "NMEA", bytes: nmea, secrets: [Secret("", "4851.502")]),
        Seed(
            name: "SubRip", bytes: subRip,
            secrets: [Secret("[latitude: ", "48.858300"), Secret("[longitude: ", "2.294500")]),
    ]

    private static let subRip = Array(
        """
        1
        00:00:00,000 --> 00:00:00,033
        [iso: 100] [latitude: 48.858300] [longitude: 2.294500] [rel_alt: 1.300 abs_alt: 100.207]

        2
        00:00:00,033 --> 00:00:00,066
        A line

        """.utf8)

    // MARK: Movies

    private static let movie = B.movie([B.box("udta", [B.box("©xyz", Array(place.utf8))])])
    private static let keys = B.movie([
        B.keys([
            ("com.apple.quicktime.make", "Veil"), ("com.apple.quicktime.location.ISO6709", place),
            ("com.apple.quicktime.location.name", "Eiffel Tower"),
        ])
    ])
    private static let fix: [UInt8] = [0x1D, 0x1F, 0x23, 0x29, 0x01, 0x5D, 0xDE, 0xAD]
    private static let gpmf = B.timed(
        "gpmd",
        [B.gpmf("DEVC", type: 0, size: 1, B.gpmf("STRM", type: 0, size: 1, B.gpmf("GPS5", type: 0x6C, size: 4, fix)))])
    private static let camm = B.timed("camm", [[0, 0, 5, 0] + fix])
    private static let subtitles = B.timed("tx3g", [B.big(place.utf8.count, 2) + Array(place.utf8)])
    private static let fragmented =
        B.ftyp + B.box("moov", [B.box("mvhd", [UInt8](repeating: 0, count: 8))])
        + B.box("moof", [B.box("traf", [B.box("udta", [B.box("loci", Array("Eiffel Tower".utf8))])])])
        + B.box("mdat", Array("frames".utf8))
    private static let freeGPS = B.movie(
        [], media: Array("frames".utf8) + B.box("free", Array("GPS ".utf8) + fix) + Array("frames".utf8))

    static let movies: [Seed] = [
        Seed(
            name: "MP4", bytes: movie, secrets: [Secret(Array(place.utf8), label: path(movie, to: Array(place.utf8)))]),
        Seed(
            name: "MOV with keys", bytes: keys,
            secrets: [
                Secret(Array(place.utf8), label: path(keys, to: Array(place.utf8))),
                Secret(Array("Eiffel Tower".utf8), label: path(keys, to: Array("Eiffel Tower".utf8))),
            ]),
        Seed(name: "MP4 with GPMF", bytes: gpmf, secrets: [Secret(fix, label: path(gpmf, to: fix))]),
        Seed(name: "MP4 with camm", bytes: camm, secrets: [Secret(fix, label: path(camm, to: fix))]),
        Seed(
            name: "MP4 with subtitles", bytes: subtitles,
            secrets: [Secret(Array(place.utf8), label: path(subtitles, to: Array(place.utf8)))]),
        Seed(
            name: "fragmented MP4", bytes: fragmented, secrets: [whole(fragmented, Secret("", "Eiffel Tower"))]),
        Seed(
            name: "dashcam", bytes: freeGPS,
            secrets: [
                Secret(fix, label: Array("freeGPS ".utf8)).requiring(
                    B.box("moov", [UInt8]()) + B.big(8 + 6 + 20 + 6) + Array("mdat".utf8))
            ]),
    ]

    // MARK: Images of boxes

    private static let exifItem = B.heif(type: "Exif", B.big(0) + TIFFBuilder.exif(.big))
    private static let xmpItem = B.heif(type: "mime", contentType: "application/rdf+xml", xmp)
    private static let canon =
        B.box("ftyp", Array("crx ".utf8) + B.big(1) + Array("crx isom".utf8))
        + B.box("moov", [B.box("uuid", canonUUID + B.box("CMT4", TIFFBuilder.block(.little, [TIFFBuilder.gps])))])
        + B.box("mdat", Array("pixels".utf8))
    private static let canonUUID: [UInt8] = [
        0x85, 0xC0, 0xB6, 0x87, 0x82, 0x0F, 0x11, 0xE0, 0x81, 0x11, 0xF4, 0xCE, 0x46, 0x2B, 0x6A, 0x48,
    ]
    private static let jxlHead: [UInt8] = [0, 0, 0, 12, 0x4A, 0x58, 0x4C, 0x20, 0x0D, 0x0A, 0x87, 0x0A]
    private static let jxl =
        jxlHead + B.box("Exif", B.big(0) + TIFFBuilder.exif(.big)) + B.box("xml ", xmp)
        + B.box("jxlc", Array("pixels".utf8))

    static let boxes: [Seed] = [
        // Without the tables that say where an item is, it may be pixels.
        Seed(
            name: "HEIF with Exif", bytes: exifItem, secrets: coordinates(.big).map { whole(exifItem, $0) }),
        Seed(
            name: "HEIF with XMP", bytes: xmpItem,
            secrets: xmpSecrets.map { $0.requiring(head(xmpItem, to: xmp)) }),
        Seed(
            name: "CR3", bytes: canon, secrets: coordinates(.little).map { whole(canon, $0) }),
        Seed(
            name: "JPEG XL", bytes: jxl,
            secrets: coordinates(.big).map { $0.requiring(Array(jxl[12..<20])) }
                + xmpSecrets.map { $0.requiring(B.big(xmp.count + 8) + Array("xml ".utf8)) }),
    ]

    // MARK: Compressed carriers

    private static func box(_ type: String, _ head: [UInt8], _ content: [UInt8]) -> [UInt8] {
        B.box(type, head + JPEGXLTests.compressed(content))
    }

    private static let exifBox = box("brob", Array("Exif".utf8), [0, 0, 0, 0] + TIFFBuilder.exif(.big))
    private static let xmpBox = box("brob", Array("xml ".utf8), xmp)
    private static let coding: [UInt8] = [0x37, 0xBD, 0xF9, 0x32, 0xCB, 0x58, 0x6F, 0x05]
    private static let resources = JPEGBuilder.photoshop(
        JPEGBuilder.resource(0x0404, JPEGBuilder.dataset(90, "Bavariana")))
    private static let rebuildBox = box("jbrd", coding, resources + jpeg)
    private static let packet = Array("XML:com.adobe.xmp\0\u{1}\0\0\0".utf8)
    private static let comment = Array("Comment\0\0".utf8)
    private static let textChunk = PNGBuilder.chunk(
        "zTXt", comment + PNGBuilder.deflate(Array("Shot at 48.137154, 11.576124 by me".utf8)))
    private static let packetChunk = PNGBuilder.chunk("iTXt", packet + PNGBuilder.deflate(xmp))

    /// Behind a damaged head of a box nobody looks for a stream.
    static let compressed: [Seed] = {
        let signature = JPEGXLTests.signature
        let exifHead: [UInt8] = signature + exifBox.prefix(12)
        let rebuildHead: [UInt8] = signature + rebuildBox.prefix(16)
        let xmpHead = Array(xmpBox.prefix(12))
        let iptc = Secret(Array("Bavariana".utf8), label: [0x1C, 2, 90, 0, 9])
        let shot = Secret("Shot at ", "48.137154, 11.576124").requiring(Array(textChunk.prefix(8 + comment.count)))
        let packetHead = Array(packetChunk.prefix(8 + packet.count))
        let exifSecrets: [Secret] = coordinates(.big).map { $0.packed.requiring(exifHead) }
        let boxSecrets: [Secret] = xmpSecrets.map { $0.packed.requiring(xmpHead) }
        let chunkSecrets: [Secret] = xmpSecrets.map { $0.packed.requiring(packetHead) }
        let rebuildSecrets: [Secret] = (coordinates(.big) + [iptc]).map { $0.packed.requiring(rebuildHead) }
        return [
            Seed(
                name: "JPEG XL compressed", bytes: signature + exifBox + xmpBox + JPEGXLTests.frames,
                secrets: exifSecrets + boxSecrets),
            Seed(
                name: "JPEG XL of a JPEG", bytes: signature + rebuildBox + JPEGXLTests.frames, secrets: rebuildSecrets),
            Seed(
                name: "PNG compressed", bytes: PNGBuilder.file([textChunk, packetChunk]),
                secrets: [shot.packed] + chunkSecrets),
        ]
    }()

    // MARK: Streams

    private static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
        Array(type.utf8) + little(data.count) + data + (data.count % 2 == 1 ? [0] : [])
    }

    private static func element(_ id: [UInt8], _ data: [UInt8]) -> [UInt8] {
        id + [0x40 | UInt8(data.count >> 8), UInt8(data.count & 255)] + data
    }

    private static let matroska: [UInt8] = {
        func tag(_ name: String, _ value: String) -> [UInt8] {
            element([0x67, 0xC8], element([0x45, 0xA3], Array(name.utf8)) + element([0x44, 0x87], Array(value.utf8)))
        }
        let tags = element(
            [0x12, 0x54, 0xC3, 0x67], element([0x73, 0x73], tag("LOCATION", "Eiffel Tower") + tag("TITLE", "A name")))
        let cluster = element([0x1F, 0x43, 0xB6, 0x75], [0xE7, 0x81, 0, 0xA3, 0x85, 0x81, 0, 0, 0x80, 0x55])
        return element([0x1A, 0x45, 0xDF, 0xA3], [0x42, 0x82, 0x84] + Array("webm".utf8))
            + element([0x18, 0x53, 0x80, 0x67], tags + cluster)
    }()

    private static let line = "F/2.8, GPS (8.643217, 53.167819, 18), H 6.00m"
    private static let position = Array("8.643217, 53.167819".utf8)
    private static let subtitledMatroska = MatroskaBuilder.file(
        [MatroskaBuilder.video(1), MatroskaBuilder.track(2, 17, "S_TEXT/UTF8")],
        [
            MatroskaBuilder.simpleBlock(1, Array("frames".utf8)), MatroskaBuilder.simpleBlock(2, Array(line.utf8)),
            MatroskaBuilder.simpleBlock(1, Array("frames".utf8)), MatroskaBuilder.blockGroup(2, Array(line.utf8)),
        ])
    private static let subtitledAVI: [UInt8] = {
        let stream = chunk("LIST", Array("strl".utf8) + chunk("strh", Array("txts".utf8)))
        let text = chunk("00tx", Array(line.utf8))
        let media = chunk("LIST", Array("movi".utf8) + text + chunk("01dc", Array("frames".utf8)) + text)
        let streams = chunk("LIST", Array("hdrl".utf8) + stream)
        return chunk("RIFF", Array("AVI ".utf8) + streams + media)
    }()

    private static let avi = chunk(
        "RIFF",
        Array("AVI ".utf8) + chunk("LIST", Array("GPS ".utf8) + Array("Eiffel Tower".utf8))
            + chunk("LIST", Array("INFO".utf8) + chunk("ICMT", Array("at \(place)!".utf8)))
            + chunk("LIST", Array("movi".utf8) + chunk("00dc", Array("frames".utf8))))
    private static let wave = chunk(
        "RIFF",
        Array("WAVE".utf8) + chunk("fmt ", [1, 0, 1, 0, 0x40, 0x1F, 0, 0, 0x40, 0x1F, 0, 0, 1, 0, 8, 0])
            + chunk("LIST", Array("INFO".utf8) + chunk("ICMT", Array("at \(place)!".utf8)))
            + chunk("data", Array("sound!".utf8)))

    private static let mp3: [UInt8] = {
        func frame(_ type: String, _ data: [UInt8]) -> [UInt8] { Array(type.utf8) + B.big(data.count) + [0, 0] + data }
        let frames =
            frame("TXXX", [0] + Array("GEO_LOCATION\0Eiffel Tower".utf8)) + frame("TIT2", [0] + Array("A name".utf8))
        return Array("ID3".utf8) + [3, 0, 0, 0, 0, 0, UInt8(frames.count)] + frames
            + [0xFF, 0xFB, 0x90, 0] + Array("sound".utf8)
    }()

    private static let aiff = OtherContainers.aiff([
        ("ID3 ", OtherContainers.id3), ("ANNO", Array("at \(place)!".utf8)), ("SSND", Array("sound".utf8)),
    ])
    private static let asf = OtherContainers.asf(
        OtherContainers.descriptors([("Title", "A name"), ("WM/Location", "Eiffel Tower")]))
    private static let flv = OtherContainers.flv([
        ("duration", OtherContainers.number(0)), ("location", OtherContainers.string("Eiffel Tower")),
    ])
    private static let mie = OtherContainers.mie(
        false,
        OtherContainers.group(
            "Meta",
            OtherContainers.element("Title", Array("A name".utf8))
                + OtherContainers.group("Geo", OtherContainers.element("City", Array("Eiffel Tower".utf8)))))

    private static let comments = OggBuilder.comments(["LOCATION=Eiffel Tower", "TITLE=A name"])
    private static let flac = Array("fLaC".utf8) + [0x84] + B.big(comments.count, 3) + comments + Array("sound".utf8)
    private static let ogg = OggBuilder.vorbis(["LOCATION=Eiffel Tower", "TITLE=A name"])
    private static let opus: [UInt8] = {
        var builder = OggBuilder()
        builder.packet(Array("OpusHead".utf8) + [1, 2, 0, 0, 0x80, 0xBB, 0, 0, 0, 0, 0], isFirst: true)
        builder.packet(Array("OpusTags".utf8) + comments)
        builder.packet(Array("sound".utf8))
        return builder.bytes
    }()

    /// Eleven packets, so that two of them may be damaged and the file be still told.
    private static func transport(_ stride: Int) -> [UInt8] {
        var builder = TransportBuilder(stride: stride)
        for split in [nil, 40, nil, 90, nil] as [Int?] {
            builder.add(pid: 0x1011, streamID: 0xE0, TransportBuilder.picture(ModifiedPack.entries), split: split)
        }
        for _ in 0..<4 { builder.add(pid: 0x1100, streamID: 0xC0, Array("sound".utf8)) }
        return builder.bytes
    }

    /// Values of pictures that stand in one packet, which has to be as it was.
    private static func packSecrets(_ file: [UInt8], _ stride: Int) -> [Secret] {
        Swift.stride(from: 0, to: file.count, by: stride).flatMap { start in
            let packet = Array(file[start..<start + stride].dropFirst(stride - 188))
            guard packet.firstRange(of: ModifiedPack.uuid) != nil else { return [Secret]() }
            return ModifiedPack.secrets.filter { packet.firstRange(of: $0) != nil }.map { secret in
                Secret(secret, label: head(packet, to: secret))
            }
        }
    }

    private static let commentSecret = Secret("LOCATION=", "Eiffel Tower")

    private static let ape = AudioTests.sound + AudioTests.ape(AudioTests.items, count: 4)

    static let streams: [Seed] = [
        Seed(
            name: "Matroska", bytes: matroska,
            secrets: [
                Secret(Array("Eiffel Tower".utf8), label: Array(head(matroska, to: Array("Eiffel".utf8)).dropFirst(14)))
            ]),
        Seed(
            name: "AVI", bytes: avi, secrets: [whole(avi, Secret("", "Eiffel Tower")), whole(avi, Secret("", place))]),
        Seed(
            name: "Matroska with subtitles", bytes: subtitledMatroska,
            secrets: [Secret(position, label: Array(head(subtitledMatroska, to: position).dropFirst(11)))]),
        Seed(name: "AVI with subtitles", bytes: subtitledAVI, secrets: [whole(subtitledAVI, Secret(position))]),
        Seed(name: "WAVE", bytes: wave, secrets: [whole(wave, Secret("", place))]),
        Seed(name: "MP3", bytes: mp3, secrets: [whole(mp3, Secret("", "Eiffel Tower"))]),
        Seed(
            name: "APE tag", bytes: ape,
            secrets: [Secret("Location\0", "Eiffel Tower").requiring(Array(ape.suffix(32)))]),
        Seed(
            name: "AIFF", bytes: aiff,
            secrets: [whole(aiff, Secret("", "Eiffel Tower")), whole(aiff, Secret("", place))]),
        Seed(name: "ASF", bytes: asf, secrets: [whole(asf, Secret(OtherContainers.wide("Eiffel Tower")))]),
        Seed(name: "FLV", bytes: flv, secrets: [whole(flv, Secret("", "Eiffel Tower"))]),
        Seed(name: "MIE", bytes: mie, secrets: [whole(mie, Secret("", "Eiffel Tower"))]),
        Seed(name: "FLAC", bytes: flac, secrets: [commentSecret.requiring(Array(flac.prefix(8)))]),
        Seed(name: "Ogg Vorbis", bytes: ogg, secrets: [commentSecret.requiring([3] + Array("vorbis".utf8))]),
        Seed(name: "Ogg Opus", bytes: opus, secrets: [commentSecret.requiring(Array("OpusTags".utf8))]),
        Seed(name: "MPEG-TS", bytes: transport(188), secrets: packSecrets(transport(188), 188)),
        Seed(name: "MTS", bytes: transport(192), secrets: packSecrets(transport(192), 192)),
    ]
}
