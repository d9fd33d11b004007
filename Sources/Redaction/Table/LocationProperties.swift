/// What is location in XMP: properties by namespace, and names that mean a place in namespaces nobody listed.
///
/// Data only, each with its source. A property that is named here goes with everything in it: structures, arrays,
/// language alternatives.
enum LocationProperties {
    struct Namespace: Sendable {
        let uri: String
        /// For kinds: the usual prefix.
        let prefix: String
        /// Local names of properties that are location.
        let names: Set<String>
        /// Beginnings of local names that are location.
        let beginnings: [String]
        /// Names of ``known`` count here too; false for namespaces that are known to use them for something else.
        let isOpen: Bool
        let source: String

        init(
            _ prefix: String, _ uri: String, _ names: Set<String> = [], beginnings: [String] = [], isOpen: Bool = true,
            source: String
        ) {
            self.prefix = prefix
            self.uri = uri
            self.names = names
            self.beginnings = beginnings
            self.isOpen = isOpen
            self.source = source
        }
    }

    static let namespaces: [Namespace] = [
        Namespace(
            "exif", "http://ns.adobe.com/exif/1.0/", beginnings: ["GPS"], source: "XMP Specification Part 2, 3.3"),
        Namespace(
            "photoshop", "http://ns.adobe.com/photoshop/1.0/", ["City", "State", "Country"],
            source: "XMP Specification Part 2, 3.2; IPTC Core 1.3"),
        Namespace(
            "Iptc4xmpCore", "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
            ["Location", "CountryCode", "CiAdrCity"],
            source:
                "IPTC Photo Metadata Standard 2023.2, IPTC Core; CiAdrCity is the creator's, shown as a city by readers"
        ),
        Namespace(
            "Iptc4xmpExt", "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
            [
                "LocationCreated", "LocationShown", "City", "CountryCode", "CountryName", "ProvinceState",
                "Sublocation",
                "WorldRegion", "LocationId", "LocationName",
            ], source: "IPTC Photo Metadata Standard 2023.2, IPTC Extension, Location structure"),
        Namespace(
            "xmpDM", "http://ns.adobe.com/xmp/1.0/DynamicMedia/", ["shotLocation"], isOpen: false,
            source: "XMP Specification Part 2, 2.6"),
        Namespace(
            "dc", "http://purl.org/dc/elements/1.1/", ["coverage"], isOpen: false,
            source: "Dublin Core 1.1: spatial topic or applicability"),
        Namespace(
            "drone-dji", "http://www.dji.com/drone-dji/1.0/", ["AbsoluteAltitude", "RelativeAltitude"],
            beginnings: ["Gps", "GPS"], source: "ExifTool DJI.pm, XMP"),
        Namespace(
            "geo", "http://www.w3.org/2003/01/geo/wgs84_pos#", ["lat", "long", "alt", "lat_long", "location"],
            source: "W3C Basic Geo vocabulary"),
        Namespace(
            "dwc", "http://rs.tdwg.org/dwc/index.htm", ["Location", "dctermsLocation"],
            beginnings: [
                "locat", "Locat", "higherGeography", "continent", "waterBody", "island", "country", "state", "county",
                "municipality", "locality", "verbatimCoord", "verbatimLat", "verbatimLong", "verbatimLocality",
                "verbatimSRS", "verbatimElevation", "verbatimDepth", "decimal", "coordinate", "geodetic", "footprint",
                "georeference",
                "minimumElevation", "maximumElevation", "minimumDepth", "maximumDepth", "minimumDistance",
                "maximumDistance",
            ], source: "Darwin Core, class Location"),
        Namespace(
            "EarthPose", "http://ns.google.com/photos/dd/1.0/earthpose/", ["Latitude", "Longitude", "Altitude"],
            source: "Dynamic Depth 1.0, EarthPose"),
        Namespace(
            "FLIR", "http://ns.flir.com/xmp/1.0/", beginnings: ["MAVRelativeAltitude", "MAVAltitude"],
            source: "FLIR Vue Pro and Duo: XMP of cameras for drones, after MAVLink"),
        Namespace(
            "cell", "http://developer.sonyericsson.com/cell/1.0/",
            ["mcc", "mnc", "lac", "cellid", "cgi", "r"],
            source: "ExifTool XMP2.pl, cell: the tower that the phone was at"),
        Namespace(
            "plus", "http://ns.useplus.org/ldf/xmp/1.0/",
            ["LicensorCity"],
            isOpen: false, source: "PLUS License Data Format 2.0: the licensor's, shown as a city by readers"),
        Namespace("xmp", "http://ns.adobe.com/xap/1.0/", isOpen: false, source: "XMP Specification Part 1, 8.4"),
        Namespace("xmpMM", "http://ns.adobe.com/xap/1.0/mm/", isOpen: false, source: "XMP Specification Part 1, 8.6"),
        Namespace(
            "stEvt", "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#", isOpen: false,
            source: "XMP Specification Part 2, 1.2.2"),
        Namespace(
            "stRef", "http://ns.adobe.com/xap/1.0/sType/ResourceRef#", isOpen: false,
            source: "XMP Specification Part 2, 1.2.3"),
        Namespace("crs", "http://ns.adobe.com/camera-raw-settings/1.0/", isOpen: false, source: "XMP Part 2, 3.4"),
        Namespace("tiff", "http://ns.adobe.com/tiff/1.0/", isOpen: false, source: "XMP Specification Part 2, 3.3"),
        Namespace("pdf", "http://ns.adobe.com/pdf/1.3/", isOpen: false, source: "XMP Specification Part 2, 3.1"),
        Namespace("rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#", isOpen: false, source: "RDF/XML syntax"),
        Namespace("x", "adobe:ns:meta/", isOpen: false, source: "XMP Specification Part 1, 7.3.3"),
        Namespace("svg", "http://www.w3.org/2000/svg", isOpen: false, source: "SVG 2"),
        Namespace("xml", "http://www.w3.org/XML/1998/namespace", isOpen: false, source: "Namespaces in XML 1.0"),
    ]

    static let byURI: [String: Namespace] = Dictionary(
        namespaces.map { ($0.uri, $0) }, uniquingKeysWith: { first, _ in first })

    /// Admits every local name of which ``kind(_:_:isNested:)`` may say that it is location.
    static let filter = NameFilter(
        names: LocationKeys.names.union(namespaces.flatMap(\.names)),
        beginnings: LocationKeys.beginnings + namespaces.flatMap(\.beginnings))

    /// The property's name for a patch's kind if it is location, `nil` if it is not.
    ///
    /// - Parameter isNested: the property is a field of a structure; there, words that mean a place only in good
    ///   company do not count.
    static func kind(_ uri: String, _ local: String, isNested: Bool = false) -> String? {
        if let namespace = byURI[uri] {
            let isListed = namespace.names.contains(local) || namespace.beginnings.contains { local.hasPrefix($0) }
            guard isListed || (namespace.isOpen && LocationKeys.contains(local)) else { return nil }
            return "XMP \(namespace.prefix):\(local)"
        }
        if isNested, LocationKeys.ambiguous.contains(LocationKeys.folded(local)) { return nil }
        return LocationKeys.contains(local) ? "XMP \(local)" : nil
    }
}
