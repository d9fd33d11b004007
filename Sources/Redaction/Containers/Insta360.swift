/// What Insta360's cameras write behind a JPEG (.insp): records of positions, movements and of much that nobody but the maker
/// knows (ExifTool QuickTimeStream.pl, ProcessInsta360).
enum Insta360 {
    private static let mark = Array("8db42d694ccc418790edff439fe026bf".utf8)
    /// The last record's head and the trailer's length in front of the mark, and the mark.
    private static let end: UInt64 = 78

    /// Blanks the trailer that ends `range`, if there is one.
    ///
    /// - Returns: what is in front of it.
    static func plan(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) -> Range<UInt64> {
        guard range.upperBound - range.lowerBound >= end else { return range }
        let start = range.upperBound - end
        guard try walk.reader.bytes(at: range.upperBound - 32, count: 32) == mark else { return range }
        let length = UInt64(try walk.reader.u32(at: start + 38, .little))
        let isSound = length >= end && length <= range.upperBound - range.lowerBound
        let trailer = (isSound ? range.upperBound - length : range.lowerBound)..<range.upperBound
        walk.draft.blank(
            trailer, kind: "Insta360 trailer",
            reason: "Insta360 trailer blanked: nobody but the maker knows all that is in it")
        return range.lowerBound..<trailer.lowerBound
    }
}
