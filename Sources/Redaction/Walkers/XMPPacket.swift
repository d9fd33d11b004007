/// Location in an XMP packet, found by expat's byte offsets.
enum XMPPacket {
    /// Patches location in the packet at `range`; one that is not well-formed is blanked with spaces, with a reason.
    static func plan(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        try plan(walk, pieces: [range])
    }

    /// A packet that lies in several pieces of the file, in this order (extended XMP, extents).
    static func plan(_ walk: Walk, pieces: [Range<UInt64>]) throws(PlanningError) {
        throw .malformed("not yet")
    }

    /// Location in a packet that is in memory.
    static func replacements(in bytes: [UInt8]) -> XMPFindings { .malformed("not yet") }
}

/// What was found in a packet.
enum XMPFindings {
    /// Ranges to replace by equally long bytes, in order; empty if there is no location.
    case values([Value])
    /// Not well-formed: blank all of it.
    case malformed(String)

    struct Value {
        let range: Range<Int>
        let replacement: [UInt8]
        let kind: String
    }
}
