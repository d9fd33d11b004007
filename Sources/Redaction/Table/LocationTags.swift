/// What is location in TIFF structures: Exif blocks, TIFF files, raw files and maker notes.
///
/// Data only, one entry a line, each with its source. docs/redaction.md says how to add one.
enum LocationTags {
    /// What to do with an IFD entry.
    enum Action: Sendable {
        /// The value points to a GPS IFD: all of it is location, whatever tags it holds.
        case gpsIFD
        /// The values point to further IFDs to look into.
        case subIFD
        /// The value is location: it is zeroed and the entry removed.
        case remove
        /// The value is text that may hold coordinates.
        case text
        /// The same, in UTF-16 (little-endian, whatever the file is).
        case wideText
        case xmp
        case iptc
        case photoshop
        case makerNote
        /// Adobe's wrapper of the maker notes of a converted raw file.
        case dngPrivate
        /// A whole file inside of this one that is not looked into.
        case blank
        /// The value is media of its own: a preview.
        case media
    }

    struct Entry: Sendable {
        let tag: UInt16
        let name: String
        let action: Action
        let source: String
    }

    static let entries: [Entry] = [
        Entry(tag: 0x8825, name: "GPS IFD", action: .gpsIFD, source: "Exif 2.32 (CIPA DC-008-2019) 4.6.3, 4.6.6"),
        Entry(tag: 0x8769, name: "Exif IFD", action: .subIFD, source: "Exif 2.32 4.6.3"),
        Entry(tag: 0xA005, name: "Interoperability IFD", action: .subIFD, source: "Exif 2.32 4.6.3"),
        Entry(tag: 0x014A, name: "SubIFDs", action: .subIFD, source: "TIFF Technical Note 1 (Adobe PageMaker 6.0)"),
        Entry(tag: 0x0190, name: "GlobalParametersIFD", action: .subIFD, source: "TIFF-FX (RFC 3949) 4.2"),
        Entry(tag: 0x02BC, name: "XMP", action: .xmp, source: "XMP Specification Part 3, 3.2.1"),
        Entry(tag: 0x83BB, name: "IPTC", action: .iptc, source: "XMP Specification Part 3, 3.2.1; IPTC-NAA in TIFF"),
        Entry(tag: 0x8649, name: "Photoshop", action: .photoshop, source: "Adobe Photoshop TIFF Technical Notes"),
        Entry(tag: 0x927C, name: "MakerNote", action: .makerNote, source: "Exif 2.32 4.6.5, table 7"),
        Entry(tag: 0xC634, name: "DNGPrivateData", action: .dngPrivate, source: "DNG 1.7 chapter 6"),
        Entry(
            tag: 0xC68C, name: "OriginalRawFileData", action: .blank, source: "DNG 1.7 chapter 4: the raw file itself"),
        Entry(tag: 0x002E, name: "JpgFromRaw", action: .media, source: "Panasonic RW2, ExifTool PanasonicRaw.pm"),
        Entry(tag: 0x0127, name: "JpgFromRaw2", action: .media, source: "Panasonic RW2, ExifTool PanasonicRaw.pm"),
        Entry(tag: 0xFE00, name: "KDC_IFD", action: .subIFD, source: "Kodak KDC, ExifTool Kodak.pm"),
        Entry(tag: 0x0402, name: "GPSString", action: .remove, source: "Kodak KDC_IFD, ExifTool Kodak.pm"),
        Entry(tag: 0x010E, name: "ImageDescription", action: .text, source: "TIFF 6.0 section 8"),
        Entry(tag: 0x9286, name: "UserComment", action: .text, source: "Exif 2.32 4.6.5"),
        Entry(tag: 0x9C9B, name: "XPTitle", action: .wideText, source: "Windows; ExifTool Exif.pm"),
        Entry(tag: 0x9C9C, name: "XPComment", action: .wideText, source: "Windows; ExifTool Exif.pm"),
        Entry(tag: 0x9C9E, name: "XPKeywords", action: .wideText, source: "Windows; ExifTool Exif.pm"),
        Entry(tag: 0x9C9F, name: "XPSubject", action: .wideText, source: "Windows; ExifTool Exif.pm"),
        Entry(tag: 0x830E, name: "ModelPixelScale", action: .remove, source: "GeoTIFF 1.1 (OGC 19-008r4) 7.1"),
        Entry(tag: 0x8480, name: "IntergraphMatrix", action: .remove, source: "GeoTIFF 1.0 2.6.1"),
        Entry(tag: 0x8482, name: "ModelTiepoint", action: .remove, source: "GeoTIFF 1.1 (OGC 19-008r4) 7.1"),
        Entry(tag: 0x85D8, name: "ModelTransformation", action: .remove, source: "GeoTIFF 1.1 (OGC 19-008r4) 7.1"),
        Entry(tag: 0x87AF, name: "GeoKeyDirectory", action: .remove, source: "GeoTIFF 1.1 (OGC 19-008r4) 7.1"),
        Entry(tag: 0x87B0, name: "GeoDoubleParams", action: .remove, source: "GeoTIFF 1.1 (OGC 19-008r4) 7.1"),
        Entry(tag: 0x87B1, name: "GeoAsciiParams", action: .remove, source: "GeoTIFF 1.1 (OGC 19-008r4) 7.1"),
    ]

    static let byTag: [UInt16: Entry] = Dictionary(
        entries.map { ($0.tag, $0) }, uniquingKeysWith: { first, _ in first })

    /// Tags of the GPS IFD, by which one that nothing points to any more is recognised: latitude and longitude as
    /// three rationals (Exif 2.32 4.6.6, table 15).
    static let gpsCoordinates: [UInt16] = [0x0002, 0x0004, 0x0014, 0x0016]
}

/// What is location in maker notes.
enum LocationMakerNotes {
    enum Maker: Sendable {
        case panasonic
        case nikon
        case canon
        case pentax
        case casio
        case samsung
        case olympus
        /// The IFD of settings in Olympus's.
        case olympusSettings
    }

    struct Entry: Sendable {
        let maker: Maker
        let tag: UInt16
        let name: String
        /// The bytes of a structure that go when a position goes; if `nil`, all of the value is location of its own.
        let part: Range<UInt64>?
        let source: String
    }

    static let entries: [Entry] = [
        Entry(maker: .panasonic, tag: 0x0067, name: "Location", part: nil, source: "ExifTool Panasonic.pm, Main"),
        Entry(maker: .panasonic, tag: 0x0069, name: "Country", part: nil, source: "ExifTool Panasonic.pm, Main"),
        Entry(maker: .panasonic, tag: 0x006B, name: "State", part: nil, source: "ExifTool Panasonic.pm, Main"),
        Entry(maker: .panasonic, tag: 0x006D, name: "City", part: nil, source: "ExifTool Panasonic.pm, Main"),
        Entry(maker: .panasonic, tag: 0x006F, name: "Landmark", part: nil, source: "ExifTool Panasonic.pm, Main"),
        Entry(maker: .panasonic, tag: 0x0080, name: "City2", part: nil, source: "ExifTool Panasonic.pm, Main"),
        Entry(
            maker: .panasonic, tag: 0x003A, name: "WorldTimeLocation", part: nil, source: "ExifTool Panasonic.pm, Main"),
        Entry(maker: .nikon, tag: 0x0039, name: "LocationInfo", part: nil, source: "ExifTool Nikon.pm, LocationInfo"),
        Entry(
            maker: .nikon, tag: 0x00C3, name: "BarometerInfo", part: nil,
            source: "ExifTool Nikon.pm, BarometerInfo: the altitude"),
        Entry(
            maker: .olympusSettings, tag: 0x0901, name: "ManometerReading", part: nil,
            source: "ExifTool Olympus.pm, CameraSettings: metres above sea level"),
        Entry(maker: .canon, tag: 0x0035, name: "TimeZoneCity", part: 8..<12, source: "ExifTool Canon.pm, TimeInfo"),
        Entry(maker: .pentax, tag: 0x0022, name: "WorldTimeLocation", part: nil, source: "ExifTool Pentax.pm, Main"),
        Entry(maker: .pentax, tag: 0x0023, name: "HometownCity", part: nil, source: "ExifTool Pentax.pm, Main"),
        Entry(maker: .pentax, tag: 0x0024, name: "DestinationCity", part: nil, source: "ExifTool Pentax.pm, Main"),
        Entry(
            maker: .pentax, tag: 0x006B, name: "TimeInfo", part: nil, source: "ExifTool Pentax.pm, TimeInfo (cities)"),
        Entry(maker: .pentax, tag: 0x1000, name: "HometownCityCode", part: nil, source: "ExifTool Pentax.pm, Main"),
        Entry(maker: .pentax, tag: 0x1001, name: "DestinationCityCode", part: nil, source: "ExifTool Pentax.pm, Main"),
        Entry(maker: .casio, tag: 0x3006, name: "HometownCity", part: nil, source: "ExifTool Casio.pm, Type2"),
        Entry(maker: .samsung, tag: 0x0030, name: "LocalLocationName", part: nil, source: "ExifTool Samsung.pm, Type2"),
        Entry(maker: .samsung, tag: 0x0031, name: "LocationName", part: nil, source: "ExifTool Samsung.pm, Type2"),
    ]

    /// Entries that lead to a further IFD of a note.
    static let directories: [(maker: Maker, tag: UInt16, inner: Maker, source: String)] = [
        (.olympus, 0x2020, .olympusSettings, "ExifTool Olympus.pm, CameraSettings")
    ]

    static func entry(_ maker: Maker, _ tag: UInt16) -> Entry? {
        entries.first { $0.maker == maker && $0.tag == tag }
    }
}
