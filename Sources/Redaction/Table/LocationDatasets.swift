/// What is location in IPTC-IIM and in Photoshop's image resources.
enum LocationDatasets {
    struct Dataset: Sendable {
        let number: UInt8
        let name: String
        let source: String
    }

    /// Datasets of record 2, the application record.
    static let iptc: [Dataset] = [
        Dataset(number: 26, name: "ContentLocationCode", source: "IPTC-IIM 4.2, 2:26"),
        Dataset(number: 27, name: "ContentLocationName", source: "IPTC-IIM 4.2, 2:27"),
        Dataset(number: 90, name: "City", source: "IPTC-IIM 4.2, 2:90"),
        Dataset(number: 92, name: "Sub-location", source: "IPTC-IIM 4.2, 2:92"),
        Dataset(number: 95, name: "Province/State", source: "IPTC-IIM 4.2, 2:95"),
        Dataset(number: 100, name: "Country/Primary Location Code", source: "IPTC-IIM 4.2, 2:100"),
        Dataset(number: 101, name: "Country/Primary Location Name", source: "IPTC-IIM 4.2, 2:101"),
    ]

    static func iptc(_ number: UInt8) -> Dataset? { iptc.first { $0.number == number } }

    enum Resource: Sendable {
        case iptc
        case exif
        case xmp
        /// A JPEG behind a header of 28 bytes.
        case thumbnail
        /// The MD5 of the IPTC resource.
        case digest
    }

    /// Adobe Photoshop File Formats Specification, "Image Resource IDs".
    static let resources: [UInt16: Resource] = [
        0x0404: .iptc, 0x0422: .exif, 0x0423: .exif, 0x0424: .xmp, 0x0409: .thumbnail, 0x040C: .thumbnail,
        0x0425: .digest,
    ]
}
