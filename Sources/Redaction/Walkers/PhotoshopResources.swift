/// Photoshop image resource blocks (Adobe Photoshop File Formats Specification, "Image Resource Blocks").
enum PhotoshopResources {
    /// `range` begins with the first `8BIM`.
    static func plan(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        throw .malformed("not yet")
    }
}
