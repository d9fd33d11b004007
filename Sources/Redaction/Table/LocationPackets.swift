/// What is location in MPEG transport streams and H.264 video.
enum LocationPackets {
    /// Tags of Modified DV Pack Metadata (AVCHD; ExifTool H264.pm, table MDPM): 0xB0 to 0xCF are Exif's GPS tags, and
    /// options of theirs.
    static let packTags: ClosedRange<UInt8> = 0xB0...0xCF

    /// Bytes that only a stream of positions holds.
    static let marks: [[UInt8]] = [
        // SMPTE 336M key of a UAS data link local set (MISB ST 0601), which has the sensor's and the frame's position.
        [0x06, 0x0E, 0x2B, 0x34],
        // Dashcams; ExifTool M2TS.pm: "$GPSINFO" and NMEA 0183 sentences.
        Array("$GPSINFO,".utf8), Array("$GSNRINFO,".utf8), Array("$GPRMC,".utf8), Array("$GNRMC,".utf8),
        Array("$GPGGA,".utf8), Array("$GNGGA,".utf8), Array("freeGPS ".utf8),
    ]

    /// Whether `data` holds a dashcam's fix: `A`, hemispheres (ExifTool M2TS.pm: INNOVV, Viofo, Blueskysea; with
    /// hemispheres as words of their own: ExifTool forum 11320).
    static func isFix(_ data: UnsafeRawBufferPointer) -> Bool {
        func isNorthSouth(_ byte: UInt8) -> Bool { byte == 0x4E || byte == 0x53 }
        func isEastWest(_ byte: UInt8) -> Bool { byte == 0x45 || byte == 0x57 }
        var index = 0
        while index + 4 <= data.count {
            defer { index += 1 }
            guard data[index] == 0x41 else { continue }
            if isNorthSouth(data[index + 1]), isEastWest(data[index + 2]), data[index + 3] == 0 { return true }
            guard index + 20 <= data.count, data[index + 1] == 0, data[index + 2] == 0, data[index + 3] == 0 else {
                continue
            }
            if isNorthSouth(data[index + 8]), data[index + 9] == 0, isEastWest(data[index + 16]),
                data[index + 17] == 0
            {
                return true
            }
        }
        return false
    }
}
