import Glibc

/// Which of exiftool's tags redaction may change, and why: the one table by which the comparison judges.
struct AllowedChange: Sendable {
    enum Kind: Sendable {
        /// A location: it goes, or becomes spaces.
        case location
        /// Text that may hold coordinates: characters become spaces.
        case text
        /// Media with metadata of its own: bytes change, the length does not.
        case media
        /// Goes or changes because something else goes.
        case consequence
        /// May appear: what readers of unknown tags see in the place of what went.
        case remnant
    }

    /// Of "group:tag", for fnmatch(3).
    let pattern: String
    let kind: Kind
    let reason: String

    static let rows: [AllowedChange] =
        list(
            .location, "Exif 2.32 4.6.6, and everything that is named after it",
            ["GPS:*", "GPSInfo:*", "*:GPS*", "PNG:ExifGPS*", "PNG:XmpGPS*", "XMP-Camera:GPS*", "*:GPSCoordinates"])
        + list(
            .location, "IPTC-IIM 4.2: 2:26, 2:27, 2:90, 2:92, 2:95, 2:100, 2:101",
            [
                "IPTC*:City", "IPTC*:Sub-location", "IPTC*:Province-State", "IPTC*:Country-PrimaryLocation*",
                "IPTC*:ContentLocation*",
            ])
        + list(
            .location, "IPTC Photo Metadata Standard, and schemas that copy it",
            [
                "XMP-photoshop:City", "XMP-photoshop:State", "XMP-photoshop:Country", "XMP-iptcCore:Location",
                "XMP-*:CountryCode", "XMP-iptcExt:Location*",
            ])
        + list(
            .location, "altitudes of drones are positions", ["XMP-drone-dji:*Altitude", "XMP-FLIR:MAV*Altitude"])
        + list(
            .location, "tags of containers",
            [
                "Matroska:Latitude", "Matroska:Longitude", "Matroska:*Location", "Keys:Location*",
                "UserData:LocationInformation", "Vorbis:*Location", "Theora:*Location", "APE:*Location",
                "JSON:Location",
                "Vorbis:GeoLocation",
            ])
        + list(
            .location, "maker notes: docs/redaction.md, Exif",
            [
                "Panasonic:City*", "Panasonic:Country", "Panasonic:State", "Panasonic:Landmark", "Panasonic:Location",
                "*:WorldTimeLocation", "Pentax:*City", "Casio:*City", "RMETA:Location", "Nikon:Altitude",
                "MediaJukebox:Places",
                "Nikon:BarometerInfoVersion", "Olympus:ManometerReading",
            ])
        + list(.location, "MIE Meta Information Format: Geo and GPS", ["MIE-Geo:*", "MIE-GPS:*"])
        + list(.location, "values by name", ["Flash:*Location", "ASF:*Location"])
        + list(.consequence, "spaces are no code of a country", ["Samsung:MCCData"])
        + list(.location, "place elements of JPX metadata (ITU-T T.801 Annex N)", ["XML*:*Location*"])
        + list(.location, "GeoJP2: a TIFF of one pixel that holds nothing but the georeference", ["GeoTiff:*"])
        + list(
            .text, "coordinates in free text become spaces",
            [
                "*:ImageDescription", "*:UserComment", "*:Comment", "OpenEXR:Comments", "Track*:Text", "RIFF:Comment",
                "*:XPTitle",
                "*:XPComment", "*:XPKeywords", "*:XPSubject",
            ])
        + list(.consequence, "of the block that held nothing but GPS (CR3's CMT4)", ["File:ExifByteOrder"])
        + list(
            .media, "media with metadata of its own",
            [
                "*:ThumbnailImage", "*:PreviewImage", "*:JpgFromRaw*", "*:MPImage*", "*:EmbeddedVideo*",
                "*:AttachedFileData", "QuickTime:MediaData", "*:MotionPhotoVideo", "*:Picture",
                "Photoshop:PhotoshopThumbnail",
            ])
        + list(
            .consequence, "digests of IPTC are of the old data, and made by exiftool of the new",
            ["Photoshop:IPTCDigest", "File:CurrentIPTCDigest"])
        + list(.consequence, "one value with the cities, and city 0 is a city: it goes whole", ["Pentax:*DST"])
        + list(.consequence, "exiftool gives the time of a sample only if it knows what is in it", ["Track*:Sample*"])
        + list(.consequence, "the header announces no chunk that is no more", ["RIFF:WebP_Flags"])
        + list(.consequence, "a checksum over what changed becomes a void element", ["Matroska:CRC-32"])
        + list(.consequence, "frames of one name; those of a location are emptied", ["ID3v2_?:UserDefinedText"])
        + list(.remnant, "where a tag of a maker note was: Exif 2.32 calls it padding", ["*:*_0xea1c"])
        + list(.remnant, "where the IPTC digest was: a resource number for plug-ins", ["Photoshop:Photoshop_0x0fa0"])
        + list(.remnant, "where a value of a location was: a name that nobody knows", ["Flash:Tag_*"])
        + list(.location, "named as other standards name it", ["OpenEXR:IPTCCity"])
        + list(.remnant, "where an attribute of a location was: a name that says nothing", ["OpenEXR:Xxxx*"])
        + list(
            .remnant, "free boxes and keys",
            ["UserData:Unknown_free", "Canon:Unknown_free", "*:GoPro_FREE", "RMETA:Xxxxxxxx"])

    /// Fields of XMP structures that are locations.
    private static let fields: Set<String> = ["CiAdrCity", "LicensorCity"]

    /// Tags in which exiftool complains.
    static let complaints: Set<String> = ["ExifTool:Warning", "ExifTool:Error"]
    /// Counts of complaints, and the length of a JPEG without its metadata.
    private static let ignored: Set<String> = ["ExifTool:Validate", "File:JPEGImageLength"]

    static func isLocation(_ name: String) -> Bool { kinds(name).contains(.location) }

    /// Whether values may change so.
    static func allows(_ name: String, _ old: [Any], _ new: [Any]) -> Bool {
        if ignored.contains(name) { return true }
        let kinds = kinds(name)
        if kinds.isEmpty { return TagComparison.text(withoutFields(old)) == TagComparison.text(withoutFields(new)) }
        return kinds.contains { kind in
            switch kind {
            case .location: isBlank(new)
            case .text: isBlanked(TagComparison.text(old), TagComparison.text(new))
            case .media: TagComparison.text(old).utf8.count == TagComparison.text(new).utf8.count
            case .consequence: true
            case .remnant: old.count <= new.count
            }
        }
    }

    /// Nothing, or spaces and zeros.
    static func isBlank(_ values: [Any]) -> Bool {
        values.allSatisfy { TagComparison.text($0).utf8.allSatisfy { [0, 0x20].contains($0) } }
    }

    private static func isBlanked(_ old: String, _ new: String) -> Bool {
        old.utf8.count == new.utf8.count && zip(old.utf8, new.utf8).allSatisfy { $0 == $1 || $1 == 0x20 }
    }

    private static func withoutFields(_ value: Any) -> Any {
        switch value {
        case let list as [Any]: list.map(withoutFields)
        case let fields as [String: Any]: fields.filter { !Self.fields.contains($0.key) }.mapValues(withoutFields)
        default: value
        }
    }

    private static func kinds(_ name: String) -> [Kind] {
        rows.filter { fnmatch($0.pattern, name, 0) == 0 }.map(\.kind)
    }

    private static func list(_ kind: Kind, _ reason: String, _ patterns: [String]) -> [AllowedChange] {
        patterns.map { AllowedChange(pattern: $0, kind: kind, reason: reason) }
    }
}
