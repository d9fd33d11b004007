/// Files of the corpus of which more goes than the location: what, and why that is right.
struct BlankedFile: Sendable {
    let path: String
    /// The plan's reasons, word for word.
    var reasons: [String] = []
    /// Beginnings of the differences that follow.
    var differences: [String] = []

    static let all: [String: BlankedFile] = Dictionary(
        uniqueKeysWithValues: (damaged + unreadable).map { ($0.path, $0) })

    /// Closed, not open: metadata that is damaged where location may be goes whole.
    private static let damaged = [
        // The segment becomes an empty comment: under its own marker validators call it unknown.
        BlankedFile(
            path: "_derived-dev/jpeg-corrupt-gps-count.jpg", reasons: ["Exif blanked: GPS IFD is damaged"],
            differences: ["File:Main:Comment", "IFD0:", "jpeginfo: "]),
        BlankedFile(
            path: "_derived-dev/jpeg-corrupt-gps-pointer-oob.jpg",
            reasons: ["Exif blanked: GPS IFD outside of the block"],
            differences: ["File:Main:Comment", "IFD0:", "jpeginfo: "]),
        BlankedFile(
            path: "MikeKovarik__exifr/broken1.jpg",
            reasons: [
                "XMP blanked: not well-formed (invalid token)", "Photoshop resources blanked: no 8BIM signature",
            ], differences: ["Composite:", "File:Main:Comment", "XMP-", "jpeginfo: "]),
        BlankedFile(
            path: "LineageOS__android_packages_providers_MediaProvider/test_video_xmp_malformed.mp4",
            reasons: ["XMP blanked: not well-formed (invalid token)"],
            differences: ["Composite:", "XMP-", "QuickTime:Main:Free"]),
        // It ends in its Exif: there is no picture.
        BlankedFile(
            path: "_derived-dev/jpeg-truncated-in-exif.jpg", reasons: ["last JPEG segment blanked: truncated"],
            differences: ["ImageMagick: "]),
        BlankedFile(
            path: "mindeng__nom-exif/motion_photo_pixel_synth.jpg", reasons: ["bytes between JPEG segments blanked"]),
    ]

    /// What nobody but the maker can read, and what holds nothing but location.
    private static let unreadable = [
        // A metadata track of "application/meta", of which nobody but the maker knows what is in it.
        BlankedFile(
            path: "androidx__media/h265_with_metadata_track.mp4", reasons: ["text sample blanked: it is no text"]),
        BlankedFile(path: "_derived-dev/mov-mebx-location.mov", reasons: ["mebx track blanked whole"]),
        BlankedFile(
            path: "gopro__gpmf-parser/max-heromode.mp4", reasons: ["fdsc track blanked whole"],
            differences: ["Track5:"]),
        // GeoJP2: a TIFF of one pixel that holds nothing but the georeference.
        BlankedFile(
            path: "exiftool__exiftool/Jpeg2000.jp2", differences: ["IFD0:"]),
        // Its pixels were cut to 18 bytes; decoders read on into the metadata behind them.
        BlankedFile(
            path: "exiftool__exiftool/Nikon.nef", differences: ["libraw: image.ppm", "dcraw: raw"]),
    ]
}
