/// SVG (W3C SVG 2): an image whose metadata is XMP.
enum SVG {
    /// A drawing that is not well-formed is a drawing still: only its metadata is given up.
    static func plan(_ walk: Walk, _ range: Range<UInt64>, _ rules: XMLScanner.Rules) throws(PlanningError) {
        let mark = walk.draft.mark
        do throws(PlanningError) {
            try XMLDocument(walk, [range], rules: rules, kind: "SVG").plan()
            if try hidesPacket(walk, range) { throw .malformed("all of it is one processing instruction") }
        } catch {
            guard let reason = error.reason else { throw error }
            walk.draft.rollback(to: mark)
            guard let metadata = try metadata(walk, range) else { return }
            walk.draft.blank(metadata, with: 0x20, kind: "SVG metadata", reason: "SVG metadata blanked: \(reason)")
        }
    }

    /// A packet's processing instruction that lost its end goes on to the end of the packet.
    private static func hidesPacket(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) -> Bool {
        let length = min(range.upperBound - range.lowerBound, UInt64(walk.reader.limits.memory / 4))
        let bytes = try walk.reader.bytes(at: range.lowerBound, count: Int(length))
        guard let start = Bytes.firstIndex(of: "<?xpacket", in: bytes) else { return false }
        return Bytes.firstIndex(of: "?>", in: bytes, from: start) ?? bytes.count > start + 256
    }

    /// What stands between the tags of `metadata`, or from the first RDF to the last.
    private static func metadata(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) -> Range<UInt64>? {
        let length = min(range.upperBound - range.lowerBound, UInt64(walk.reader.limits.memory / 4))
        let bytes = try walk.reader.bytes(at: range.lowerBound, count: Int(length))
        let start = ["<?xpacket", "<x:xmpmeta", "<rdf:RDF"].compactMap { Bytes.firstIndex(of: $0, in: bytes) }.min()
        guard let start else { return nil }
        let ends = ["<?xpacket end=\"w\"?>", "<?xpacket end='w'?>", "</x:xmpmeta>", "</rdf:RDF>"].compactMap { end in
            Bytes.occurrences(of: Array(end.utf8), in: bytes).last.map { $0 + end.utf8.count }
        }
        let end = ends.max() ?? bytes.count
        return start < end ? range.lowerBound + UInt64(start)..<range.lowerBound + UInt64(end) : nil
    }
}
