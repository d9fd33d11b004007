import Redaction
import Testing

/// MP4 and its relatives, HEIF, JPEG XL.
@Suite struct BoxTests {
    private typealias B = BoxBuilder
    private let place = "+48.8583+002.2945/"

    @Test func userDataThatIsALocationIsFreed() throws {
        for type in ["©xyz", "loci", "gps ", "gps0"] {
            let text = Array(place.utf8)
            let file = B.movie([B.box("udta", [B.box(type, text), B.box("©nam", Array("A name".utf8))])])
            let redacted = try Redacted(file)
            redacted.expect(goneText: [place, type == "©xyz" ? "xyz" : type], keptText: ["A name", "frames", "free"])
        }
    }

    @Test func coordinatesInOtherTextGoToo() throws {
        let redacted = try Redacted(B.movie([B.box("udta", [B.box("©cmt", Array("at \(place) today".utf8))])]))
        redacted.expect(goneText: [place], keptText: ["at ", " today"])
    }

    @Test func keysOfALocationLoseTheirValues() throws {
        let file = B.movie([
            B.keys([
                ("com.apple.quicktime.make", "Veil"), ("com.apple.quicktime.location.ISO6709", place),
                ("com.apple.quicktime.location.name", "Eiffel Tower"),
            ])
        ])
        try Redacted(file).expect(goneText: [place, "Eiffel Tower"], keptText: ["Veil", "frames"])
    }

    @Test func aMovieThatIsNotFinishedIsServedAsZeros() throws {
        let redacted = try Redacted(B.ftyp + B.box("mdat", Array("frames with secrets".utf8)))
        redacted.expect(goneText: ["frames with secrets"])
        #expect(redacted.plan.reasons.contains { $0.contains("no moov") })
    }

    @Test func damagedMoviesAreClosed() throws {
        var file = B.movie([B.box("udta", [B.box("©xyz", Array(place.utf8))])])
        // The user data's size now reaches beyond the movie.
        let at = try #require(file.firstRange(of: Array("udta".utf8))).lowerBound
        file[at - 4] = 0x7F
        let redacted = try Redacted(file)
        #expect(!redacted.contains(place))
        #expect(!redacted.plan.reasons.isEmpty)
    }

    @Test func positionsOfGPMFBecomeFree() throws {
        let secret: [UInt8] = [0x1d, 0x1f, 0x23, 0x29, 0x01, 0x5d, 0xde, 0xad]
        let stream = B.gpmf(
            "STRM", type: 0, size: 1,
            B.gpmf("GPS5", type: 0x6c, size: 4, secret) + B.gpmf("ACCL", type: 0x73, size: 2, [1, 2, 3, 4]))
        let sample = B.gpmf("DEVC", type: 0, size: 1, stream)
        let redacted = try Redacted(B.timed("gpmd", [sample, sample]))
        redacted.expect(
            gone: [secret, Array("GPS5".utf8)], kept: [Array("FREE".utf8), Array("ACCL".utf8) + [0x73, 2]])
    }

    @Test func positionsOfCameraMotionAreNoType() throws {
        let secret: [UInt8] = [9, 8, 7, 6, 5, 4, 3, 2]
        let motion: [UInt8] = [0, 0, 2, 0, 0x11, 0x22, 0x33, 0x44]
        let redacted = try Redacted(B.timed("camm", [[0, 0, 5, 0] + secret, motion]))
        redacted.expect(gone: [secret], kept: [motion])
    }

    @Test func freeGPSBlocksOfDashcams() throws {
        let block = B.box("free", Array("GPS ".utf8) + Array("secret fix of a dashcam".utf8))
        let gap = [UInt8](repeating: 0x33, count: 5_000)
        for count in [1, 3, 2_000] {
            let media = gap + (0..<count).flatMap { _ in block + Array("a frame".utf8) + gap.prefix(30) }
            // Without an index.
            let plain = try Redacted(B.movie([], media: media))
            plain.expect(goneText: ["secret fix", "freeGPS "], keptText: ["a frame"])
            #expect(plain.plan.reasons.isEmpty)
            // With one, in front of the media data and behind.
            let first = B.ftyp.count + 8 + gap.count
            let step = block.count + 37
            let table = (0..<count).flatMap { B.big(first + $0 * step) + B.big(block.count) }
            let index = B.box("moov", [B.box("gps ", B.big(0x101) + B.big(count) + table)])
            let file = B.ftyp + B.box("mdat", media) + index
            try Redacted(file).expect(goneText: ["secret fix", "freeGPS "], keptText: ["a frame"])
            // An index that names other places does not hide them.
            let lying = B.box("moov", [B.box("gps ", B.big(0x101) + B.big(1) + B.big(40) + B.big(2_000))])
            try Redacted(B.ftyp + B.box("mdat", media) + lying)
                .expect(goneText: ["secret fix"], kept: [gap], keptText: ["a frame"])
        }
    }

    @Test func freeGPSBlocksBehindTheEndOfALongIndex() throws {
        let block = B.box("free", Array("GPS ".utf8) + Array("secret fix of a dashcam".utf8))
        let gap = [UInt8](repeating: 0x33, count: 3_500)
        let count = 1_700
        let media = (0..<count).flatMap { _ in block + gap }
        let first = B.ftyp.count + 8
        let table = (0..<count).flatMap { B.big(first + $0 * (block.count + gap.count)) + B.big(block.count) }
        let index = B.box("moov", [B.box("gps ", B.big(0x101) + B.big(count) + table)])
        try Redacted(B.ftyp + B.box("mdat", media) + index).expect(goneText: ["secret fix", "freeGPS "])
    }

    @Test func freeGPSBlocksFarIntoTheMedia() throws {
        let block = B.box("free", Array("GPS ".utf8) + Array("secret fix of a dashcam".utf8))
        var media = [UInt8](repeating: 0x33, count: 7 << 20)
        // In the head, across the pieces in which the rest is read, and at the end.
        for at in [100, (2 << 20) - 6, (4 << 20) - 6, (6 << 20) - 20, media.count - block.count] {
            media.replaceSubrange(at..<at + block.count, with: block)
        }
        let file = B.movie([], media: media)
        let redacted = try Redacted(file)
        #expect(redacted.bytes.ranges(of: Array("free".utf8)).count == 5)
        redacted.expect(goneText: ["secret fix"])
        // Without one in the head the rest is not read.
        #expect(try Redacted(B.movie([], media: [UInt8](repeating: 0x33, count: 6 << 20))).plan.isEmpty)
    }

    @Test func subtitlesLoseTheirCoordinates() throws {
        let line = Array("F/2.8 GPS (2.2945, 48.8583, 15) D 5m".utf8)
        let redacted = try Redacted(B.timed("tx3g", [B.big(line.count, 2) + line]))
        redacted.expect(goneText: ["48.8583"], keptText: ["F/2.8"])
    }

    @Test func otherTracksAreLeftAlone() throws {
        let redacted = try Redacted(B.timed("avc1", [Array("+48.8583+002.2945/ in a frame".utf8)]))
        #expect(redacted.plan.isEmpty)
    }

    @Test(arguments: [false, true]) func exifItemsOfHEIF(inData: Bool) throws {
        let secrets = TIFFBuilder.coordinates(.big)
        for prefix in [B.big(0), B.big(6) + Array("Exif\0\0".utf8), []] {
            let file = B.heif(type: "Exif", prefix + TIFFBuilder.exif(.big), inData: inData)
            let redacted = try Redacted(file)
            redacted.expect(gone: secrets, keptText: ["pixels"])
            #expect(redacted.plan.container == "HEIF")
        }
    }

    @Test func xmpItemsOfHEIF() throws {
        let packet = XMPBuilder.packet(attributes: "exif:GPSLatitude=\"48,51.498N\"")
        let file = B.heif(type: "mime", contentType: "application/rdf+xml", Array(packet.utf8))
        try Redacted(file).expect(goneText: ["48,51.498N"], keptText: ["pixels"])
    }

    @Test func anImageWhoseItemsCannotBeFoundIsClosed() throws {
        var file = B.heif(type: "Exif", B.big(0) + TIFFBuilder.exif(.big))
        let at = try #require(file.firstRange(of: Array("iloc".utf8))).lowerBound
        // More items than the box has room for.
        file[at + 10] = 0xFF
        let redacted = try Redacted(file)
        for secret in TIFFBuilder.coordinates(.big) { #expect(!redacted.contains(secret)) }
    }

    @Test func boxesOfJPEGXL() throws {
        let head: [UInt8] = [0, 0, 0, 12, 0x4A, 0x58, 0x4C, 0x20, 0x0D, 0x0A, 0x87, 0x0A]
        let packet = XMPBuilder.packet(attributes: "exif:GPSLatitude=\"48,51.498N\"")
        let file =
            head + B.box("Exif", B.big(0) + TIFFBuilder.exif(.big)) + B.box("xml ", Array(packet.utf8))
            + B.box("jxlc", Array("pixels".utf8))
        try Redacted(file).expect(gone: TIFFBuilder.coordinates(.big), goneText: ["48,51.498N"], keptText: ["pixels"])
        let compressed = head + B.box("brob", Array("Exif".utf8) + [1, 2, 3]) + B.box("jxlc", Array("pixels".utf8))
        let redacted = try Redacted(compressed)
        redacted.expect(goneText: ["brob"], keptText: ["pixels", "free"])
    }

    @Test func cuttingAMovieAnywhereShowsNothing() throws {
        let file = B.movie([
            B.box("udta", [B.box("©xyz", Array(place.utf8))]),
            B.keys([("com.apple.quicktime.location.ISO6709", place)]),
        ])
        for length in stride(from: 9, to: file.count, by: 3) {
            let redacted = try Redacted(Array(file.prefix(length)))
            #expect(!redacted.contains(place), "\(length)")
        }
    }
}

/// Matroska, AVI, MP3, FLAC.
@Suite struct StreamTests {
    private static func element(_ id: [UInt8], _ data: [UInt8]) -> [UInt8] {
        id + [0x40 | UInt8(data.count >> 8), UInt8(data.count & 255)] + data
    }

    private func tag(_ name: String, _ value: String) -> [UInt8] {
        StreamTests.element(
            [0x67, 0xC8],
            StreamTests.element([0x45, 0xA3], Array(name.utf8)) + StreamTests.element([0x44, 0x87], Array(value.utf8)))
    }

    @Test func tagsOfMatroska() throws {
        let crc: [UInt8] = [0xBF, 0x84, 1, 2, 3, 4]
        let tags = StreamTests.element(
            [0x12, 0x54, 0xC3, 0x67],
            crc + StreamTests.element([0x73, 0x73], tag("LOCATION", "+48.8583+002.2945/") + tag("TITLE", "A name")))
        let file =
            StreamTests.element([0x1A, 0x45, 0xDF, 0xA3], []) + StreamTests.element([0x18, 0x53, 0x80, 0x67], tags)
        let redacted = try Redacted(file)
        redacted.expect(gone: [crc], goneText: ["+48.8583"], kept: [[0xEC, 0x84]], keptText: ["A name", "TITLE"])
    }

    @Test func framesOfMP3() throws {
        func frame(_ type: String, _ data: [UInt8]) -> [UInt8] {
            Array(type.utf8) + BoxBuilder.big(data.count) + [0, 0] + data
        }
        let frames =
            frame("TIT2", [0] + Array("A name".utf8)) + frame("TXXX", [0] + Array("GEO_LOCATION\0Eiffel Tower".utf8))
        let file =
            Array("ID3".utf8) + [3, 0, 0, 0, 0, UInt8(frames.count >> 7), UInt8(frames.count & 127)] + frames
            + Array("sound".utf8)
        try Redacted(file).expect(goneText: ["Eiffel Tower"], keptText: ["A name", "sound"])
    }

    /// A tag of any version around its frames.
    private func mp3(version: UInt8, flags: UInt8 = 0, _ tag: [UInt8]) -> [UInt8] {
        Array("ID3".utf8) + [version, 0, flags, 0, 0, UInt8(tag.count >> 7), UInt8(tag.count & 127)] + tag
            + Array("sound".utf8)
    }

    @Test func olderAndNewerTagsOfMP3() throws {
        let place = [0] + Array("GEO_LOCATION\0Eiffel Tower".utf8)
        let title = [0] + Array("A name".utf8)
        // 2.2: names of three letters.
        func old(_ name: String, _ data: [UInt8]) -> [UInt8] { Array(name.utf8) + BoxBuilder.big(data.count, 3) + data }
        try Redacted(mp3(version: 2, old("TXX", place) + old("TT2", title)))
            .expect(goneText: ["Eiffel Tower"], keptText: ["A name", "sound"])
        func frame(_ name: String, _ data: [UInt8], size: [UInt8]? = nil, flags: UInt8 = 0) -> [UInt8] {
            Array(name.utf8) + (size ?? BoxBuilder.big(data.count)) + [0, flags] + data
        }
        // 2.3 with an extended header, and unsynchronised: UTF-16 has a 0xFF with a zero behind it.
        let extended = BoxBuilder.big(6) + [UInt8](repeating: 0, count: 6)
        try Redacted(mp3(version: 3, flags: 0x40, extended + frame("TXXX", place) + frame("TIT2", title)))
            .expect(goneText: ["Eiffel Tower"], keptText: ["A name"])
        let wide =
            [1] + "GEO_LOCATION\0Eiffel Tower".utf16.reduce(into: [0xFF, 0xFE] as [UInt8]) { $0 += [UInt8($1), 0] }
        let raw = frame("TXXX", wide) + frame("TIT2", title)
        let unsynchronised = raw.flatMap { $0 == 0xFF ? [0xFF, 0] : [$0] }
        let redacted = try Redacted(mp3(version: 3, flags: 0x80, unsynchronised))
        redacted.expect(
            gone: ["E", "i", "f"].map { Array($0.utf8) + [0] + Array("f".utf8) }.suffix(1),
            keptText: ["A name", "TIT2"])
        // As many bytes for readers as before.
        #expect(redacted.bytes.ranges(of: [0xFF, 0]).count == 1)
        // 2.4: sizes of 7 bits to the byte, those of writers who do not know that, and compressed frames.
        let long = [0] + Array("LOCATION\0Eiffel Tower".utf8) + [UInt8](repeating: 0x41, count: 200)
        for size in [[0, 0, UInt8(long.count >> 7), UInt8(long.count & 127)], BoxBuilder.big(long.count)] {
            try Redacted(mp3(version: 4, frame("TXXX", long, size: size) + frame("TIT2", title)))
                .expect(goneText: ["Eiffel Tower"], keptText: ["A name"])
        }
        let compressed = try Redacted(mp3(version: 4, frame("TXXX", place, flags: 0x08) + frame("TIT2", title)))
        compressed.expect(goneText: ["Eiffel Tower"], keptText: ["A name"])
        #expect(compressed.plan.reasons == ["ID3 TXXX blanked: it is compressed"])
        // What no reader expects.
        try Redacted(mp3(version: 3, frame("TIT2", title) + [0, 0] + Array("Eiffel Tower".utf8)))
            .expect(goneText: ["Eiffel Tower"], keptText: ["A name"])
        try Redacted(mp3(version: 7, frame("TXXX", place))).expect(goneText: ["Eiffel Tower"], keptText: ["sound"])
    }

    @Test func chunksThatAreNone() throws {
        func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
            Array(type.utf8) + BoxBuilder.big(data.count).reversed() + data
        }
        let place = chunk("LIST", Array("INFO".utf8) + chunk("ICMT", Array("at +48.8583+002.2945/".utf8) + [0]))
        // A length that is odd, and no byte behind it; a RIFF whose own length is wrong.
        let body = Array("WAVE".utf8) + chunk("odd ", [1, 2, 3]) + place + chunk("data", Array("sound!".utf8))
        for size in [body.count, 4, 0] {
            let file = Array("RIFF".utf8) + BoxBuilder.big(size).reversed() + body
            let redacted = try Redacted(file)
            redacted.expect(goneText: ["+48.8583"], keptText: ["at ", "sound!"])
            #expect(redacted.plan.reasons.isEmpty)
        }
        let garbage = chunk("RIFF", Array("WAVE".utf8) + chunk("data", Array("sound!".utf8)) + [1, 2] + place)
        let redacted = try Redacted(garbage)
        redacted.expect(goneText: ["+48.8583"], keptText: ["sound!"])
        #expect(!redacted.plan.reasons.isEmpty)
    }

    @Test func commentsOfFLAC() throws {
        func little(_ value: Int) -> [UInt8] { BoxBuilder.big(value).reversed() }
        let comments = ["TITLE=A name", "LOCATION=Eiffel Tower"].flatMap { little($0.utf8.count) + Array($0.utf8) }
        let block = little(4) + Array("Veil".utf8) + little(2) + comments
        let file = Array("fLaC".utf8) + [0x84] + BoxBuilder.big(block.count, 3) + block + Array("sound".utf8)
        try Redacted(file).expect(goneText: ["Eiffel Tower"], keptText: ["A name", "LOCATION=", "sound"])
    }

    @Test func listsOfAVI() throws {
        func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
            Array(type.utf8) + BoxBuilder.big(data.count).reversed() + data
        }
        let body =
            Array("AVI ".utf8) + chunk("LIST", Array("INFO".utf8) + chunk("INAM", Array("A name".utf8)))
            + chunk("LIST", Array("GPS ".utf8) + Array("secret here!".utf8))
        try Redacted(chunk("RIFF", body)).expect(goneText: ["secret here"], keptText: ["A name"])
    }
}
