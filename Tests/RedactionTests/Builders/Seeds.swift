import Testing

/// Small valid files with location, for the mutation test and the fuzzers.
struct Seed: Sendable, CustomTestStringConvertible {
    /// A value that must not come out as long as what says that it is location stands in front of it.
    struct Secret: Sendable {
        let label: [UInt8]
        let value: [UInt8]
        /// What must be intact for anybody to tell the value from pixels.
        var requires: [UInt8] = []
        /// The value stands in a compressed stream, which begins behind what is required.
        var isPacked = false

        init(_ value: [UInt8], label: [UInt8] = []) {
            self.label = label
            self.value = value
        }

        func requiring(_ bytes: [UInt8]) -> Secret {
            var secret = self
            secret.requires = bytes
            return secret
        }

        /// The same in a compressed stream.
        var packed: Secret {
            var secret = self
            secret.isPacked = true
            return secret
        }

        init(_ label: String, _ value: String) {
            self.label = Array(label.utf8)
            self.value = Array(value.utf8)
        }
    }

    let name: String
    let bytes: [UInt8]
    let secrets: [Secret]

    var testDescription: String { name }

    static let all: [Seed] = images + raws + documents + movies + boxes + compressed + streams

    static let xmp = Array(XMPBuilder.located.utf8)
    static let xmpSecrets = [
        Secret("exif:GPSLatitude=\"", "48,8.2372N"), Secret("<photoshop:City>", "Munchenstadt"),
    ]
    private static let iptc = JPEGBuilder.dataset(120, "A caption") + JPEGBuilder.dataset(90, "Bavariana")
    private static let iptcSecret = Secret(Array("Bavariana".utf8), label: [0x1C, 2, 90, 0, 9])

    static func coordinates(_ order: TIFFBuilder.Order) -> [Secret] {
        TIFFBuilder.coordinates(order).map { Secret($0) }
    }

    private static let psd = ImageBuilder.psd(
        JPEGBuilder.resource(0x0422, TIFFBuilder.exif(.big)) + JPEGBuilder.resource(0x0404, iptc)
            + JPEGBuilder.resource(0x0424, xmp))
    private static let psdSecrets = (coordinates(.big) + xmpSecrets + [iptcSecret]).map {
        // Lengths of sections: without them everything is pixels.
        $0.requiring(Array(psd.prefix(34)))
    }

    private static let tiff = TIFFTests.file(
        .little,
        [TIFFBuilder.Field(0x02BC, .bytes(type: 1, xmp)), TIFFBuilder.Field(0x8825, .directory(TIFFBuilder.gps))])
    private static let bigTIFF = TIFFTests.file(
        .big, isBig: true, [TIFFBuilder.Field(0x8825, .directory(TIFFBuilder.gps))])

    // With the entries that say where pixels are damaged, everything may be pixels.
    private static let tiffSecrets = (coordinates(.little) + xmpSecrets).map { $0.requiring(Array(tiff[8..<58])) }
    private static let bigTIFFSecrets = coordinates(.big).map { $0.requiring(Array(bigTIFF[16..<104])) }

    private static let openEXR = OpenEXRBuilder.file(
        OpenEXRBuilder.located + [("xmp", "string", xmp), ("exif", "blob", TIFFBuilder.exif(.little))])
    private static let openEXRSecrets: [Secret] = {
        let latitude = Secret(OpenEXRBuilder.latitude, label: Array("latitude\0double\0".utf8) + [8, 0, 0, 0])
        let city = Secret("IPTC:City\0string\0\u{C}\0\0\0", "Munchenstadt")
        // With a header that is damaged in front of them, everything may be pixels.
        return (coordinates(.little) + xmpSecrets + [latitude, city]).compactMap { secret in
            openEXR.firstRange(of: secret.label + secret.value).map {
                secret.requiring(Array(openEXR.prefix($0.upperBound)))
            }
        }
    }()

    static let images: [Seed] = [
        Seed(
            name: "JPEG with Exif", bytes: JPEGBuilder([JPEGBuilder.exif(TIFFBuilder.exif(.big))]).bytes,
            secrets: coordinates(.big)),
        Seed(
            name: "JPEG with little-endian Exif and a trailer",
            bytes: JPEGBuilder(
                [JPEGBuilder.exif(TIFFBuilder.exif(.little))],
                trailer: JPEGBuilder([JPEGBuilder.exif(TIFFBuilder.exif(.big))]).bytes
            ).bytes,
            secrets: coordinates(.little)
                + coordinates(.big).map { $0.requiring([0xFF, 0xD9, 0xFF, 0xD8, 0xFF, 0xE1]) }),
        Seed(
            name: "JPEG with XMP and IPTC",
            bytes: JPEGBuilder([JPEGBuilder.xmp(xmp), JPEGBuilder.photoshop(JPEGBuilder.resource(0x0404, iptc))]).bytes,
            secrets: xmpSecrets + [iptcSecret]),
        Seed(name: "TIFF", bytes: tiff, secrets: tiffSecrets),
        Seed(name: "BigTIFF", bytes: bigTIFF, secrets: bigTIFFSecrets),
        Seed(
            name: "PNG",
            bytes: PNGBuilder.file([
                PNGBuilder.chunk("iTXt", Array("XML:com.adobe.xmp\0\0\0\0\0".utf8) + xmp),
                PNGBuilder.chunk("eXIf", TIFFBuilder.exif(.big)),
            ]), secrets: coordinates(.big) + xmpSecrets),
        Seed(
            name: "WebP", bytes: ImageBuilder.webP([("EXIF", TIFFBuilder.exif(.little)), ("XMP ", xmp)]),
            secrets: coordinates(.little) + xmpSecrets),
        Seed(name: "GIF", bytes: ImageBuilder.gif(xmp: xmp), secrets: xmpSecrets),
        Seed(name: "PSD", bytes: psd, secrets: psdSecrets),
        Seed(
            name: "JPEG 2000",
            bytes: ImageBuilder.jpeg2000([
                ImageBuilder.box("uuid", LocationUUIDs.xmp + xmp),
                ImageBuilder.box("uuid", Array("JpgTiffExif->JP2".utf8) + TIFFBuilder.exif(.big)),
            ]), secrets: coordinates(.big) + xmpSecrets),
        Seed(name: "OpenEXR", bytes: openEXR, secrets: openEXRSecrets),
        Seed(name: "XMP sidecar", bytes: xmp, secrets: xmpSecrets),
    ]
}

enum LocationUUIDs {
    static let xmp: [UInt8] = [
        0xBE, 0x7A, 0xCF, 0xCB, 0x97, 0xA9, 0x42, 0xE8, 0x9C, 0x71, 0x99, 0x94, 0x91, 0xE3, 0xAF, 0xAC,
    ]
}
