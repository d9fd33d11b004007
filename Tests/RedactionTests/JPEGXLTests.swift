import CBrotli
import Redaction
import Testing

/// Compressed metadata of JPEG XL: it is written anew, and keeps what is no location.
@Suite struct JPEGXLTests {
    private typealias B = BoxBuilder

    static let signature = B.box("JXL ", [0x0D, 0x0A, 0x87, 0x0A])
    static let frames = B.box("jxlc", Array("frames".utf8))

    private static func file(_ type: String, _ bytes: [UInt8], quality: Int32 = 9) -> [UInt8] {
        signature + B.box("brob", Array(type.utf8) + compressed(bytes, quality)) + frames
    }

    static func compressed(_ bytes: [UInt8], _ quality: Int32 = 9) -> [UInt8] {
        var size = BrotliEncoderMaxCompressedSize(bytes.count)
        var output = [UInt8](repeating: 0, count: size)
        BrotliEncoderCompress(quality, 22, BROTLI_MODE_GENERIC, bytes.count, bytes, &size, &output)
        return Array(output.prefix(size))
    }

    /// What a reader finds in the compressed box.
    private static func content(_ file: [UInt8], _ type: String = "brob", behind prefix: Int = 4) throws -> [UInt8] {
        let box = try #require(file.firstRange(of: Array(type.utf8))).lowerBound
        let size = file[box - 4..<box].reduce(0) { $0 << 8 | Int($1) }
        let data = Array(file[box + 4 + prefix..<box - 4 + size])
        var output = [UInt8](repeating: 0, count: 1 << 20)
        var count = output.count
        let status = BrotliDecoderDecompress(data.count, data, &count, &output)
        try #require(status == BROTLI_DECODER_RESULT_SUCCESS)
        return Array(output.prefix(count))
    }

    @Test(arguments: [5, 9, 11] as [Int32])
    func compressedExifKeepsTheCamera(quality: Int32) throws {
        let exif = [0, 0, 0, 0] + TIFFBuilder.exif(.big)
        let redacted = try Redacted(Self.file("Exif", exif, quality: quality))
        #expect(redacted.bytes.count == redacted.original.count)
        #expect(redacted.contains(Self.frames))
        #expect(redacted.plan.reasons.isEmpty)
        let content = try Self.content(redacted.bytes)
        #expect(content.count == exif.count)
        #expect(content.firstRange(of: Array("Veilcam".utf8)) != nil)
        for secret in TIFFBuilder.coordinates(.big) { #expect(content.firstRange(of: secret) == nil) }
    }

    @Test(arguments: 1...24)
    func compressedXMPKeepsTheRest(length: Int) throws {
        let city = String((0..<length).map { Character(Unicode.Scalar(UInt8(0x41 + $0 * 7 % 26))) })
        let packet = XMPBuilder.packet().replacing("</rdf:RDF>", with: "<!-- \(city) --></rdf:RDF>")
        let located = XMPBuilder.located.replacing("</rdf:RDF>", with: "<!-- \(city) --></rdf:RDF>")
        let redacted = try Redacted(Self.file("xml ", Array(located.utf8)))
        let content = String(decoding: try Self.content(redacted.bytes), as: UTF8.self)
        for secret in XMPBuilder.secrets { #expect(!content.contains(secret)) }
        for kept in XMPBuilder.kept { #expect(content.contains(kept)) }
        #expect(try Redacted(redacted.bytes).plan.isEmpty)
        #expect(try Redacted(Self.file("xml ", Array(packet.utf8))).plan.isEmpty)
    }

    /// IPTC and a further image of the JPEG that the file was made of.
    @Test func whatTheJPEGIsMadeAgainOf() throws {
        let iptc = JPEGBuilder.dataset(90, "Munchenstadt") + JPEGBuilder.dataset(105, "Headline")
        let rest = JPEGBuilder.photoshop(JPEGBuilder.resource(0x0404, iptc)).dropFirst()
        let content = rest + JPEGBuilder([JPEGBuilder.exif(TIFFBuilder.exif(.big))]).bytes
        let header: [UInt8] = [0x37, 0xBD, 0xF9, 0x32, 0xCB, 0x58, 0x6F, 0x05]
        let box = B.box("jbrd", header + Self.compressed(Array(content)))
        let redacted = try Redacted(Self.signature + box + Self.frames)
        #expect(redacted.plan.reasons.isEmpty)
        #expect(redacted.contains(Array("jbrd".utf8) + header))
        let left = try Self.content(redacted.bytes, "jbrd", behind: header.count)
        #expect(left.count == content.count)
        for kept in ["Headline", "Veilcam"] { #expect(left.firstRange(of: Array(kept.utf8)) != nil) }
        for gone in TIFFBuilder.coordinates(.big) + [Array("Munchenstadt".utf8)] {
            #expect(left.firstRange(of: gone) == nil)
        }

        let unreadable = try Redacted(Self.signature + B.box("jbrd", header) + Self.frames)
        unreadable.expect(goneText: ["jbrd"], keptText: ["frames", "free"])
    }

    @Test func whatIsNotBrotliIsSkipped() throws {
        let file = Self.signature + B.box("brob", Array("Exif".utf8) + [1, 2, 3]) + Self.frames
        let redacted = try Redacted(file)
        redacted.expect(goneText: ["brob"], keptText: ["frames", "free"])
        #expect(!redacted.plan.reasons.isEmpty)
    }
}
