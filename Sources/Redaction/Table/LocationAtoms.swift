/// What is location in boxes of ISO base media files and QuickTime movies.
enum LocationAtoms {
    /// Boxes of user data whose payload is a location and nothing else, by type, with the source.
    static let boxes: [String: String] = [
        "©xyz": "QuickTime File Format, user data; ISO 6709",
        "loci": "3GPP TS 26.244, 8.8: location information",
        "gps ": "Novatek: index of freeGPS blocks; ExifTool QuickTimeStream.pl",
        "gps0": "DuDuBell and VSYS dashcams; ExifTool QuickTimeStream.pl",
        "GPS ": "Rexing dashcams; ExifTool QuickTime.pm",
        "gsen": "DuDuBell: with gps0; ExifTool QuickTimeStream.pl",
        "GPMF": "GoPro metadata in user data: positions among it; gpmf-parser",
        "@xyz": "ExifTool QuickTime.pm",
        "gpst": "Kenwood dashcams; ExifTool QuickTime.pm",
        "udat": "Datakam dashcams: a log of NMEA 0183 sentences; ExifTool QuickTime.pm",
    ]

    /// Prefixes of metadata keys (QuickTime `keys`, reverse DNS) that name a location.
    static let keyPrefixes = ["com.apple.quicktime.location", "com.android.gps", "com.apple.quicktime.gps"]

    static func isLocation(key: String) -> Bool {
        let lower = key.lowercased()
        if keyPrefixes.contains(where: lower.hasPrefix) { return true }
        return LocationText.isLocationKey(lower.split(separator: ".").last.map(String.init) ?? lower)
    }

    /// The kind, if a property of Windows (WM/…, System.GPS…; Windows Media Format SDK, Attribute List) is a location.
    static func location(windows key: String) -> String? {
        let names = key.split { $0 == "/" || $0 == "." || $0 == "\0" }.map(String.init)
        guard names.contains(where: LocationText.isLocationKey) else { return nil }
        return "Windows property \(names.joined(separator: "/"))"
    }

    /// Sample formats of timed metadata tracks that carry positions, with the source.
    static let tracks: [String: String] = [
        "gpmd": "GoPro GPMF; gpmf-parser", "camm": "Google Camera Motion Metadata: types 5 and 6",
        "mebx": "QuickTime timed metadata boxes", "rtmd": "Sony real-time metadata; ExifTool Sony.pm",
        "marl": "Marlin; ExifTool QuickTimeStream.pl", "fdsc": "GoPro", "djmd": "DJI metadata; ExifTool DJI.pm",
        "CTMD": "Canon timed metadata; ExifTool Canon.pm", "gps ": "ExifTool QuickTimeStream.pl",
        "RVMI": "ExifTool QuickTimeStream.pl: RVMI_gReV",
        "priv": "DJI debug data; ExifTool QuickTimeStream.pl", "dbgi": "DJI debug data; ExifTool DJI.pm",
    ]

    /// Sample formats of text: subtitles into which drones and dashcams write coordinates.
    static let textTracks: Set<String> = ["text", "tx3g", "sbtl", "wvtt", "stpp", "mett", "metx", "stxt", "c608"]

    /// Metadata tracks that name their MIME type and hold no positions: motion photos of Android.
    static let harmlessMIMETypes = ["application/motionphoto-image-meta", "application/microvideo"]

    /// Boxes of type `uuid` that are a location and nothing else.
    static let locationUUIDs: [(uuid: [UInt8], source: String)] = [
        (
            [0x9B, 0x63, 0x0F, 0x8D, 0x63, 0x74, 0x40, 0xEC, 0x82, 0x04, 0xBC, 0x5F, 0xF5, 0x09, 0x17, 0x28],
            "Garmin GPS; ExifTool QuickTime.pm"
        ),
        (
            [0x7F, 0x2E, 0x21, 0x00, 0x8B, 0x46, 0x49, 0x18, 0xAF, 0xB1, 0xDE, 0x70, 0x9A, 0x74, 0xF6, 0xF5],
            "FLIR GPS; ExifTool FLIR.pm, GPS_UUID"
        ),
        (
            [0xEF, 0xE1, 0x58, 0x9A, 0xBB, 0x77, 0x49, 0xEF, 0x80, 0x95, 0x27, 0x75, 0x9E, 0xB1, 0xDC, 0x6F],
            "360Fly: sensors, GPS among them; ExifTool QuickTimeStream.pl"
        ),
    ]

    /// Begins a log of ciphered coordinates in a `skip` or `free` box, or in user data (ExifTool LigoGPS.pm).
    static let logMark = Array("LIGOGPSINFO\0".utf8)

    /// Records of Nikon's `NCTG` (ExifTool Nikon.pm): Exif's GPS tags, and the maker note's LocationInfo.
    static func isLocation(nikonRecord tag: UInt32) -> Bool {
        (0x0120_0000...0x0120_00FF).contains(tag) || tag == 0x0200_0039
    }

    static let xmpUUID: [UInt8] = [
        0xBE, 0x7A, 0xCF, 0xCB, 0x97, 0xA9, 0x42, 0xE8, 0x9C, 0x71, 0x99, 0x94, 0x91, 0xE3, 0xAF, 0xAC,
    ]
    /// Canon CR3: the box with CMT1 to CMT4 (github.com/lclevy/canon_cr3).
    static let canonUUID: [UInt8] = [
        0x85, 0xC0, 0xB6, 0x87, 0x82, 0x0F, 0x11, 0xE0, 0x81, 0x11, 0xF4, 0xCE, 0x46, 0x2B, 0x6A, 0x48,
    ]
    /// Canon CR3: the preview.
    static let previewUUID: [UInt8] = [
        0xEA, 0xF4, 0x2B, 0x5E, 0x1C, 0x98, 0x4B, 0x88, 0xB9, 0xFB, 0xB7, 0xDC, 0x40, 0x6E, 0x4D, 0x16,
    ]
}
