/// What is location among the attributes of an OpenEXR header.
enum LocationAttributes {
    /// Standard attributes ("OpenEXR Standard Attributes": latitude, longitude, altitude). Programs add their own under names
    /// of other standards: OpenImageIO writes "GPS:Latitude" and "IPTC:City".
    private static let standard: Set<String> = ["latitude", "longitude", "altitude"]

    /// Types of which an attribute is a place in the scene or in the picture, whatever its name.
    private static let ofScene: Set<String> = [
        "box2f", "box2i", "chlist", "m33d", "m33f", "m44d", "m44f", "preview", "v3d", "v3f", "v3i",
    ]

    static func isLocation(_ name: String, type: String) -> Bool {
        if standard.contains(name) { return true }
        guard !ofScene.contains(type) else { return false }
        let last = LocationKeys.folded(name.split { $0 == ":" || $0 == "/" || $0 == "." }.last.map(String.init) ?? "")
        // "state" and "elevation" of a renderer are none.
        return LocationKeys.contains(name) || LocationKeys.contains(last) && !LocationKeys.ambiguous.contains(last)
    }
}
