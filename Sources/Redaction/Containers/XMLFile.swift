/// Files that are XML: XMP sidecars, those of camcorders, GPX and KML tracks, TCX.
enum XMLFile: Container {
    static let name = "XML"

    private struct Kind {
        let name: String
        let marks: [String]
        let rules: XMLScanner.Rules
    }

    private static let kinds: [Kind] = [
        Kind(name: "SVG", marks: ["<svg"], rules: .xmp),
        Kind(name: "XMP", marks: ["<?xpacket", "adobe:ns:meta/", "22-rdf-syntax-ns#"], rules: .xmp),
        Kind(name: "GPX", marks: ["topografix.com/GPX", "<gpx"], rules: rules("GPX", LocationDocuments.gpx)),
        Kind(name: "KML", marks: ["/kml/", "<kml"], rules: rules("KML", LocationDocuments.kml)),
        Kind(
            name: "TCX", marks: ["<TrainingCenterDatabase", "ForerunnerLogbook"],
            rules: rules("TCX", LocationDocuments.tcx)),
        // Sidecars of camcorders: Sony's (XDCAM, XAVC), Panasonic's (P2).
        Kind(name: "XML", marks: ["<NonRealTimeMeta", "<P2Main"], rules: .xmp),
    ]

    private static func rules(_ name: String, _ elements: Set<String>) -> XMLScanner.Rules {
        XMLScanner.Rules(
            element: { _, local, _ in elements.contains(local) ? "\(name) \(local)" : nil },
            // A hint for validators that readers which go by names alone report as a location.
            attribute: { _, local, _, _ in local == "schemaLocation" ? "\(name) schemaLocation" : nil },
            filter: NameFilter(names: elements.union(["schemaLocation"])))
    }

    static func matches(_ head: [UInt8], _ walk: Walk, _ range: Range<UInt64>) -> Bool {
        // Zeros of UTF-16 and UTF-32 aside, the first character is `<`.
        guard
            let first = head.first(where: { ![0, 0x20, 0x09, 0x0A, 0x0D, 0xEF, 0xBB, 0xBF, 0xFE, 0xFF].contains($0) }),
            first == 0x3C
        else { return false }
        return (try? kind(walk, range)) != nil
    }

    static func plan(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        guard let kind = try kind(walk, range) else { return }
        walk.name(kind.name)
        if kind.name == "SVG" { return try SVG.plan(walk, range, kind.rules) }
        try XMPPacket.plan(walk, pieces: [range], rules: kind.rules, kind: kind.name)
    }

    private static func kind(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) -> Kind? {
        let count = Int(min(8_192, range.upperBound - range.lowerBound))
        let head = try walk.reader.bytes(at: range.lowerBound, count: count).filter { $0 != 0 }
        return kinds.first { kind in kind.marks.contains { Bytes.firstIndex(of: $0, in: head) != nil } }
    }
}
