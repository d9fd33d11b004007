/// IPTC-IIM records (IPTC Information Interchange Model 4.2, section 1.5): location datasets become spaces.
enum IPTC {
    static func plan(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        throw .malformed("not yet")
    }
}
