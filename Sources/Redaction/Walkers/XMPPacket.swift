/// Location in an XMP packet (XMP Specification Part 1, chapter 7), found by expat's byte offsets.
///
/// Location properties go as a whole: the attribute with its name, the element with everything in it. Spaces stand
/// in their place, so the packet keeps its length and stays well-formed. Table/LocationProperties.swift says what
/// location is.
enum XMPPacket {
    /// Patches location in the packet at `range`; one that is not well-formed is blanked with spaces, with a reason.
    static func plan(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        try plan(walk, pieces: [range])
    }

    /// A packet that lies in several pieces of the file, in this order (extended XMP, extents).
    static func plan(
        _ walk: Walk, pieces: [Range<UInt64>], rules: XMLScanner.Rules = .xmp, kind: String = "XMP"
    ) throws(PlanningError) {
        let document = XMLDocument(walk, pieces, rules: rules, kind: kind)
        let mark = walk.draft.mark
        do {
            try document.plan()
        } catch {
            guard let reason = error.reason else { throw error }
            walk.draft.rollback(to: mark)
            for piece in pieces {
                walk.draft.blank(piece, with: 0x20, kind: kind, reason: "\(kind) blanked: \(reason)")
            }
        }
    }

    private static let empty = Array(
        (#"<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">"#
            + #"<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"></rdf:RDF></x:xmpmeta>"#
            + #"<?xpacket end="w"?>"#).utf8)

    /// Like ``plan(_:_:)`` where a packet must be: if it is blanked, an empty one stands in its place, since readers
    /// complain about spaces.
    static func planKeepingForm(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        let mark = walk.draft.mark
        try plan(walk, range)
        let end = range.lowerBound + UInt64(empty.count)
        guard end < range.upperBound, walk.draft.hasPatches(since: mark), walk.draft.isBlank(range, since: mark) else {
            return
        }
        // The shorter one of two patches that begin alike comes first.
        walk.draft.patch(range.lowerBound..<end, .bytes(empty), "XMP")
    }

    /// Location in a packet that is in memory.
    static func replacements(in bytes: [UInt8]) -> XMPFindings {
        let reader = Reader(MemorySource(bytes))
        let walk = Walk(reader: reader, draft: Draft(reader: reader))
        do {
            try XMLDocument(walk, [0..<reader.size], rules: .xmp, kind: "XMP").plan()
        } catch {
            return .malformed(error.reason ?? "unreadable")
        }
        let plan = walk.draft.plan(size: reader.size)
        return .values(
            plan.patches.map { patch in
                let range = Int(patch.range.lowerBound)..<Int(patch.range.upperBound)
                let replacement: [UInt8]
                switch patch.replacement {
                case .bytes(let bytes): replacement = bytes
                case .fill(let byte): replacement = [UInt8](repeating: byte, count: range.count)
                }
                return XMPFindings.Value(range: range, replacement: replacement, kind: patch.kind)
            })
    }
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
