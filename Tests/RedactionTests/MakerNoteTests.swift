import Redaction
import Testing

/// Places and heights in what makers write for themselves.
@Suite("Maker notes", .timeLimit(.minutes(10)))
struct MakerNoteTests {
    typealias Field = TIFFBuilder.Field
    private typealias B = BoxBuilder

    /// A JPEG whose maker note is made for the offset at which it stands.
    private static func jpeg(_ order: TIFFBuilder.Order, _ note: [UInt8]) -> [UInt8] {
        let exif = [Field(0x927C, .bytes(type: 7, note))]
        return JPEGBuilder([
            JPEGBuilder.exif(TIFFBuilder.block(order, [TIFFBuilder.camera + [Field(0x8769, .directory(exif))]]))
        ]).bytes
    }

    private static let height: [UInt8] = [0x1D, 0x1F, 0x23, 0x29, 0x01, 0x5D, 0xDE, 0xAD]

    @Test("The height of Nikon's barometer", arguments: TIFFBuilder.Order.allCases) func nikon(order: TIFFBuilder.Order)
        throws
    {
        let value = Array("0100".utf8) + [0, 0] + Self.height
        let note =
            Array("Nikon\0".utf8) + [2, 0x10, 0, 0]
            + TIFFBuilder.block(order, [[Field(0x0002, .short(100)), Field(0x00C3, .bytes(type: 7, value))]])
        try Redacted(Self.jpeg(order, note)).expect(gone: [Self.height], keptText: ["Nikon", "Veilcam"])
    }

    @Test("The height of Olympus's manometer, in each form of the note", arguments: TIFFBuilder.Order.allCases)
    func olympus(order: TIFFBuilder.Order) throws {
        let mark: [UInt8] = order == .little ? [0x49, 0x49] : [0x4D, 0x4D]
        let settings = [Field(0x0900, .short(1_013)), Field(0x0901, .bytes(type: 9, Self.height))]
        for head in [Array("OLYMPUS\0".utf8) + mark + [3, 0], Array("OM SYSTEM\0\0\0".utf8) + mark + [4, 0]] {
            // The structure that the builder makes has a header of its own, in whose place the note's stands.
            let block = TIFFBuilder.block(order, [[Field(0x2020, .directory(settings))]])
            let shift = head.count - 8
            let note = head + Self.shifted(Array(block.dropFirst(8)), by: shift, order)
            let redacted = try Redacted(Self.jpeg(order, note))
            redacted.expect(gone: [Self.height], kept: [TIFFBuilder(order).number(1_013, 2)], keptText: ["Veilcam"])
            #expect(redacted.plan.reasons.isEmpty)
        }
    }

    /// Offsets of one IFD in another, and of a value in that one, count from another place.
    private static func shifted(_ bytes: [UInt8], by count: Int, _ order: TIFFBuilder.Order) -> [UInt8] {
        var bytes = bytes
        // The outer IFD's only entry, and the second one of the inner IFD, which stands behind it.
        for at in [2 + 8, 18 + 2 + 12 + 8] {
            let old = (0..<4).reduce(0) { $0 << 8 | Int(bytes[at + (order == .little ? 3 - $1 : $1)]) }
            bytes.replaceSubrange(at..<at + 4, with: TIFFBuilder(order).number(UInt64(old + count), 4))
        }
        return bytes
    }

    @Test("The country that a phone of Samsung was in, behind a JPEG and in a HEIF") func samsung() throws {
        let block = [0, 0, 0xA1, 0x0A] + B.big(8).reversed() + Array("MCC_Data".utf8) + Array("262".utf8)
        let other = [0, 0, 0x01, 0x0A] + B.big(14).reversed() + Array("Image_UTC_Data1620000000000".utf8)
        let directory =
            Array("SEFH".utf8) + [106, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0xA1, 0x0A]
            + B.big(block.count + other.count).reversed()
            + B.big(block.count).reversed() + [0, 0, 0x01, 0x0A] + B.big(other.count).reversed()
            + B.big(other.count).reversed()
        let trailer = block + other + directory + B.big(directory.count).reversed() + Array("SEFT".utf8)
        try Redacted(JPEGBuilder([], trailer: trailer).bytes)
            .expect(goneText: ["MCC_Data262"], keptText: ["MCC_Data   ", "Image_UTC_Data1620000000000", "SEFT"])
        let file = B.heif(type: "Exif", B.big(0) + TIFFBuilder.exif(.big, gps: nil)) + B.box("sefd", trailer)
        try Redacted(file).expect(goneText: ["MCC_Data262"], keptText: ["pixels", "Veilcam", "1620000000000"])
    }

    @Test("Pentax's notes in AVI: cities") func pentax() throws {
        func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
            Array(type.utf8) + B.big(data.count).reversed() + data + (data.count % 2 == 1 ? [0] : [])
        }
        // World time, and the city of the destination.
        let entry: [UInt8] = [0, 0x24, 0, 3, 0, 0, 0, 1, 0, 39, 0, 0]
        let quality: [UInt8] = [0, 8, 0, 3, 0, 0, 0, 1, 0, 2, 0, 0]
        let note = Array("PENTAX \0MM".utf8) + [0, 2] + quality + entry + [0, 0, 0, 0]
        for type in ["hymn", "mknt"] {
            let list = chunk("LIST", Array("hydt".utf8) + chunk(type, note))
            try Redacted(chunk("RIFF", Array("AVI ".utf8) + list))
                .expect(gone: [entry], kept: [quality], keptText: ["PENTAX"])
        }
    }

    @Test("A dashcam's log in chunks that readers skip, between the frames of an AVI and in front of them") func logs()
        throws
    {
        func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
            Array(type.utf8) + B.big(data.count).reversed() + data
        }
        let log = chunk(
            "JUNK", Array("0GPS".utf8) + [UInt8](repeating: 1, count: 48) + Array("$GA,A,0949.6626,N".utf8) + [0])
        let media = chunk("00dc", Array("frames".utf8)) + log + chunk("00dc", Array("others".utf8)) + log
        let movie = chunk("LIST", Array("movi".utf8) + media)
        try Redacted(chunk("RIFF", Array("AVI ".utf8) + log + movie))
            .expect(goneText: ["0949.6626", "0GPS"], keptText: ["frames", "others", "JUNK"])
    }

    @Test("Windows's properties of a movie") func windows() throws {
        func property(_ name: String, _ value: String) -> [UInt8] {
            let text = value.utf8.flatMap { [$0, 0] as [UInt8] }
            let body = B.big(name.utf8.count) + Array(name.utf8) + B.big(1) + B.big(text.count + 6) + B.big(8, 2) + text
            return B.big(body.count + 4) + body
        }
        let box = B.box("Xtra", property("WM/SharedUserRating", "99") + property("WM/Location", "Eiffel"))
        let redacted = try Redacted(B.movie([B.box("udta", [box])]))
        redacted.expect(
            gone: ["Eiffel".utf8.flatMap { [$0, 0] as [UInt8] }], kept: [[0x39, 0, 0x39, 0]],
            keptText: ["WM/SharedUserRating", "frames"])
        #expect(redacted.plan.reasons.isEmpty)
    }

    @Test("Places of Media Jukebox", arguments: ["", "\r\n\0"]) func jukebox(end: String) throws {
        let xml = "<MJMD><Date>1</Date><Album>An album</Album><Places>Marienplatzchen</Places></MJMD>"
        let segment = JPEGBuilder.segment(
            0xE9, Array("Media Jukebox\0".utf8) + [1, 0] + Array((xml + end).utf8))
        let redacted = try Redacted(JPEGBuilder([segment]).bytes)
        redacted.expect(goneText: ["Marienplatzchen"], keptText: ["An album", "Media Jukebox"])
        #expect(redacted.plan.reasons.isEmpty)
    }

    @Test("Coordinates in Windows's wide comments", arguments: TIFFBuilder.Order.allCases)
    func wideText(order: TIFFBuilder.Order) throws {
        func wide(_ text: String) -> [UInt8] { text.utf8.flatMap { [$0, 0] as [UInt8] } }
        let fields = [0x9C9B, 0x9C9C, 0x9C9E, 0x9C9F].map {
            Field(UInt16($0), .bytes(type: 1, wide("At 48.137154, 11.576124 by me")))
        }
        let block = TIFFBuilder.block(order, [TIFFBuilder.camera + fields])
        try Redacted(JPEGBuilder([JPEGBuilder.exif(block)]).bytes).expect(
            gone: [wide("48.137154"), wide("11.576124")], kept: [wide("At "), wide(" by me")], keptText: ["Veilcam"])
    }
}
