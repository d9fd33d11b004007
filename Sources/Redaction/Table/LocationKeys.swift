/// Text keys that name a place or a position: PNG keywords, Vorbis comments, Matroska and ID3 keys, JSON members,
/// and XMP properties in namespaces that are not listed.
///
/// Compared folded: lower case, letters and digits only, so that `GPS Latitude`, `gps_latitude` and `gpsLatitude` are one.
enum LocationKeys {
    static let names: Set<String> = [
        // Positions: WGS 84 vocabulary, ISO 6709, ExifTool's and FFmpeg's names for them.
        "lat", "latitude", "lon", "lng", "long", "longitude", "latlong", "latlon", "latlng", "longtitude",
        "latituderef",
        "longituderef", "altitude", "elevation", "coordinates", "coordinate", "geo", "geotag", "geolocation",
        "geodata", "geodataexif", "geohash", "geopoint", "georss", "latitudee7", "longitudee7", "altituderef",
        "iso6709", "locationiso6709", "absolutealtitude", "relativealtitude", "loci", "mapdatum",
        "decimallatitude", "decimallongitude", "flightlatitude", "flightlongitude", "homelatitude", "homelongitude",
        // Places: IPTC Core and Extension, Matroska tag specification, Vorbis comment usage (GEO_LOCATION, LOCATION).
        "location", "locationname", "locationcreated", "locationshown", "locationid", "sublocation", "shotlocation",
        "recordinglocation", "recordedlocation", "compositionlocation", "filminglocation", "locationcode",
        "locationtaken",
        "place", "placename", "places", "venue", "landmark", "city", "town", "village", "suburb", "district", "county",
        "state", "province", "provincestate", "stateprovince", "country", "countrycode", "countryname",
        "worldregion", "continent", "address", "streetaddress", "postalcode", "postcode", "zipcode",
        "neighbourhood", "neighborhood", "municipality", "locality", "contentlocationname", "contentlocationcode",
        "primarylocationname", "countryprimarylocationname", "countryprimarylocationcode", "geolocationrecording",
        "coverage", "spatialcoverage",
    ]

    /// Names that also mean something else: a state of mind, the address of a pointer.
    static let ambiguous: Set<String> = [
        "state", "address", "place", "coverage", "coordinates", "elevation", "altitude",
    ]

    /// Beginnings of folded keys: everything that GPS writes, and location structures with a suffix.
    static let beginnings = [
        "gps", "exifgps", "comapplequicktimelocation", "geolocation", "geodata", "locationi", "locationcreated",
        "locationshown",
    ]

    /// Whether nobody but GPS writes a key.
    static func isOfGPS(folded key: String) -> Bool { key.hasPrefix("gps") || key.hasPrefix("exifgps") }

    static func contains(_ key: String) -> Bool {
        let key = folded(key)
        return names.contains(key) || beginnings.contains { key.hasPrefix($0) }
    }

    /// `key` in lower case, letters and digits only.
    static func folded(_ key: String) -> String {
        var bytes: [UInt8] = []
        for byte in key.utf8 {
            switch byte {
            case 65...90: bytes.append(byte + 32)
            case 97...122, 48...57, 128...255: bytes.append(byte)
            default: break
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
