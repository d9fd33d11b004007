/// A TIFF structure: an Exif block, a TIFF file, a maker note.
enum ExifBlock {
    struct Options {
        /// The first IFD is the GPS IFD itself (Canon CR3 `CMT4`).
        var firstIsGPS = false
        /// A whole file: strips, raw previews and SubIFDs are looked into and what cannot be parsed leaves pixels.
        var isFile = false
        var name = "Exif"
    }

    /// Patches the location of the TIFF structure whose header stands at `range.lowerBound`.
    /// In an Exif block that is not understood, everything is blanked, with a reason.
    static func plan(_ walk: Walk, _ range: Range<UInt64>, _ options: Options = Options()) throws(PlanningError) {
        throw .malformed("not yet")
    }
}
