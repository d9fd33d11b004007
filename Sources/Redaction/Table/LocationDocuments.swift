/// What is location in documents that are made to hold it. An element that is named here goes with all that is in it.
enum LocationDocuments {
    /// GPX 1.1 (topografix.com/GPX/1/1): points, segments of tracks, bounds, and names of places.
    static let gpx: Set<String> = ["wpt", "rtept", "trkseg", "bounds", "name", "desc", "cmt"]

    /// OGC KML 2.3 (12-007r2) and Google's extensions: geometry, views, overlays, addresses, and names of places.
    static let kml: Set<String> = [
        "Point", "LineString", "LinearRing", "Polygon", "MultiGeometry", "Model", "Track", "MultiTrack", "coordinates",
        "coord", "LookAt", "Camera", "LatLonBox", "LatLonAltBox", "LatLonQuad", "Location", "address", "AddressDetails",
        "name", "description", "Snippet", "snippet", "ExtendedData",
    ]

    /// Garmin Training Center Database v2.
    static let tcx: Set<String> = ["Position", "BeginPosition", "EndPosition", "AltitudeMeters", "Name", "Notes"]

    /// GML in JPEG 2000 (OGC 08-085r8), and the place elements of JPX metadata (ITU-T T.801 Annex N).
    static let gml: Set<String> = [
        "pos", "posList", "coordinates", "lowerCorner", "upperCorner", "origin", "offsetVector", "LOCATION", "GPS",
        "ADDRESS", "LONGITUDE", "LATITUDE", "CITY", "STATE", "COUNTRY", "ADDR_NAME", "ADDR_COMP",
        "POSTAL_CODE",
    ]

    /// A JSON text that has one of these in its beginning is a location document: Google Takeout, GeoJSON (RFC 7946),
    /// ExifTool's `-json`, Apple's and Immich's exports.
    static let json = [
        "\"geoData", "\"latitude", "\"longitude", "\"lat\"", "\"lng\"", "\"lon\"", "\"GPSL", "\"gps", "\"coordinates\"",
        "GPSLatitude\"", "\"Latitude", "latitudeE7\"", "\"latLng\"", "\"location\"", "\"timelinePath",
    ]
}
