import Testing

@testable import Redaction

@Suite("Coordinates in text")
struct LocationTextTests {
    private func found(_ text: String) -> [String] {
        let bytes = Array(text.utf8)
        return LocationText.coordinates(in: bytes).map { String(decoding: bytes[$0], as: UTF8.self) }
    }

    @Test(
        "Coordinates are found",
        arguments: [
            ("+48.1374+011.5755/", "+48.1374+011.5755/"),
            ("at -33.8568+151.2153+012.5/ ok", "-33.8568+151.2153+012.5/"),
            ("x 48.137154, 11.576124 y", "48.137154, 11.576124"), ("(-33.856784,151.215297)", "-33.856784,151.215297"),
            ("lat: 48.1 end", "lat: 48.1"), ("\"longitude\":11.5", "longitude\":11.5"),
            ("GPSLatitude=48.137", "GPSLatitude=48.137"),
            ("48°8'14.6\"N here", "48°8'14.6\"N"), ("48 deg 8' 14.60\" N here", "48 deg 8' 14.60\" N"),
            ("geo:48.13,11.57 map", "geo:48.13,11.57"), ("N 48.13715 x", "N 48.13715"),
            ("$GPRMC,123519,A,4807.038,N,01131.000,E*6A", "$GPRMC,123519,A,4807.038,N,01131.000,E*6A"),
        ])
    func found(text: String, coordinate: String) { #expect(found(text) == [coordinate]) }

    @Test(
        "Other numbers are left alone",
        arguments: [
            "quality = 85, version 1.2.3.4", "2024-05-06 07:08:09+02:00", "0.6400,0.3300 white 0.3127,0.3290",
            "brp:0.0000,0.0000",
            "f/1.8 1/250 ISO 100", "1234567+8901234", "lat", "long exposure 30 s", "S24 Ultra", "+1 +2",
            "Canon EOS 5D 24.0-105.0",
            "20240506+0200", "N 12", "$100,200",
        ])
    func notFound(text: String) { #expect(found(text).isEmpty) }

    @Test("Keys are compared without case and separators")
    func keys() {
        for key in [
            "GPS Latitude", "gps_latitude", "LOCATION", "Geo-Location", "exif:GPSInfo", "RECORDING_LOCATION", "City",
        ] {
            #expect(LocationText.isLocationKey(key), "\(key)")
        }
        for key in ["Title", "Software", "Comment", "date:create", "Colocated", "capacity"] {
            #expect(!LocationText.isLocationKey(key), "\(key)")
        }
    }
}
