/// JPEG 2000 (ITU-T T.800 Annex I; T.801 Annex M): JP2, JPX, JPM boxes, and the bare codestream.
enum JPEG2000: Container {
    static let name = "JPEG 2000"

    private static let signature: [UInt8] = [0, 0, 0, 12, 0x6A, 0x50, 0x20, 0x20, 0x0D, 0x0A, 0x87, 0x0A]
    private static let codestream: [UInt8] = [0xFF, 0x4F, 0xFF, 0x51]
    private static let containers: Set<String> = [
        "asoc", "uinf", "jp2h", "jpch", "jplh", "res ", "ftbl", "drep", "jumb",
    ]

    static func matches(_ head: [UInt8], _ walk: Walk, _ range: Range<UInt64>) -> Bool {
        head.starts(with: signature) || head.starts(with: codestream)
    }

    static func plan(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        if try walk.reader.bytes(at: range.lowerBound, count: 4) == codestream { return try comments(walk, range) }
        try boxes(walk, range)
    }

    private static func boxes(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        var position = range.lowerBound
        while range.upperBound - position >= 8 {
            var size = UInt64(try walk.reader.u32(at: position, .big))
            let type = String(decoding: try walk.reader.bytes(at: position + 4, count: 4), as: UTF8.self)
            var header: UInt64 = 8
            if size == 1, range.upperBound - position >= 16 {
                size = try walk.reader.u64(at: position + 8, .big)
                header = 16
            } else if size == 0 {
                size = range.upperBound - position
            }
            guard size >= header, type.utf8.allSatisfy({ (0x20...0x7E).contains($0) }),
                size <= range.upperBound - position || type == "jp2c"
            else {
                // The boxes are lost.
                walk.draft.note("JPEG 2000: boxes are damaged")
                let overlap = min(32, position - range.lowerBound)
                return try Salvage.plan(walk, position - overlap..<range.upperBound)
            }
            let end = position + min(size, range.upperBound - position)
            try box(walk, type, position + header..<end)
            position = end
        }
    }

    private static func box(
        _ walk: Walk, _ type: String, _ payload: Range<UInt64>
    ) throws(PlanningError) {
        switch type {
        case "uuid": try uuid(walk, payload)
        case "xml ": try XMPPacket.plan(walk, pieces: [payload], rules: .jpeg2000, kind: "JPEG 2000 XML")
        case "jp2c": try comments(walk, payload)
        case "json": try json(walk, payload)
        case let type where containers.contains(type): try boxes(try walk.nested(), payload)
        case "jP  ", "ftyp", "rreq", "free": break
        default: try unknown(walk, payload)
        }
    }

    private static func uuid(_ walk: Walk, _ payload: Range<UInt64>) throws(PlanningError) {
        guard payload.upperBound - payload.lowerBound > 16 else { return }
        let id = try walk.reader.bytes(at: payload.lowerBound, count: 16)
        let data = payload.lowerBound + 16..<payload.upperBound
        switch LocationBoxes.jpeg2000.first(where: { $0.uuid == id })?.content {
        case .xmp:
            let mark = walk.draft.mark
            try XMPPacket.plan(walk, data)
            guard walk.draft.hasPatches(since: mark), walk.draft.isBlank(data, since: mark) else { return }
            retire(walk, payload, "XMP")
        case .exif:
            let head = try walk.reader.bytes(at: data.lowerBound, count: Int(min(6, data.upperBound - data.lowerBound)))
            try ExifBlock.plan(walk, data.lowerBound + (head == Array("Exif\0\0".utf8) ? 6 : 0)..<data.upperBound)
        case .iptc:
            try walk.unit(data, "IPTC") { () throws(PlanningError) in try IPTC.plan(walk, data) }
        case .photoshop:
            try walk.unit(data, "Photoshop resources") { () throws(PlanningError) in
                try PhotoshopResources.plan(walk, data)
            }
        case .geography:
            retire(walk, payload, "GeoJP2")
        case nil:
            try unknown(walk, data)
        }
    }

    /// Zeros in a box, its identifier too, so that it is nobody's. A `free` box would make players take the file for a
    /// video.
    private static func retire(_ walk: Walk, _ payload: Range<UInt64>, _ kind: String) {
        walk.draft.patch(payload, .fill(0), kind)
    }

    /// A box that is listed nowhere, or whose type is damaged.
    private static func unknown(_ walk: Walk, _ data: Range<UInt64>) throws(PlanningError) {
        guard data.upperBound - data.lowerBound <= 1 << 20 else { return }
        try Salvage.plan(walk, data)
    }

    private static func json(_ walk: Walk, _ data: Range<UInt64>) throws(PlanningError) {
        guard data.upperBound - data.lowerBound <= 1 << 20 else { return }
        var scanner = JSONScanner()
        scanner.feed(
            try walk.reader.bytes(at: data.lowerBound, count: Int(data.upperBound - data.lowerBound)),
            at: data.lowerBound)
        scanner.finish(at: data.upperBound)
        scanner.patch(walk, base: 0, kind: "JPEG 2000 JSON")
    }

    /// Comment segments in the codestream's main header (T.800 A.9.2).
    private static func comments(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        var position = range.lowerBound + 2
        while range.upperBound > position, range.upperBound - position >= 4 {
            let marker = try walk.reader.u16(at: position, .big)
            let length = UInt64(try walk.reader.u16(at: position + 2, .big))
            // SOT, SOD, EOC: the main header is over.
            guard marker >= 0xFF30, ![0xFF90, 0xFF93, 0xFFD9].contains(marker), length >= 2,
                length <= range.upperBound - position - 2
            else { return }
            if marker == 0xFF64, length > 4 {
                let text = try walk.reader.bytes(at: position + 6, count: Int(length) - 4)
                for found in LocationText.coordinates(in: text) {
                    let lower = position + 6 + UInt64(found.lowerBound)
                    walk.draft.patch(
                        lower..<position + 6 + UInt64(found.upperBound), .fill(0x20), "JPEG 2000 comment coordinates")
                }
            }
            position += 2 + length
        }
    }
}

extension XMLScanner.Rules {
    /// XML boxes: XMP in a foreign place, GML (OGC 08-085r8), JPX image metadata (T.801 Annex N: places are its own).
    static let jpeg2000 = XMLScanner.Rules(
        element: { uri, local, _ in
            LocationDocuments.gml.contains(local) ? "JPEG 2000 XML \(local)" : LocationProperties.kind(uri, local)
        },
        attribute: { uri, local, _, _ in
            // A hint for validators; readers that go by names alone report it as a location.
            if local == "schemaLocation" { return "JPEG 2000 XML schemaLocation" }
            return uri.isEmpty ? nil : LocationProperties.kind(uri, local)
        })
}
