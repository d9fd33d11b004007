// moov and what is in it: user data, metadata, tracks.

extension ISOMedia {
    static func moov(_ walk: Walk, _ box: Box, _ movie: inout Movie) throws(PlanningError) {
        for child in try Box.children(walk, box.payload) {
            switch child.type {
            case "trak": try track(try walk.nested(), child, &movie)
            default: try described(walk, child, &movie)
            }
        }
    }

    /// What may stand in moov, trak, traf and udta alike.
    private static func described(_ walk: Walk, _ box: Box, _ movie: inout Movie) throws(PlanningError) {
        switch box.type {
        case "udta": try userData(try walk.nested(), box.payload, &movie)
        case "meta": try meta(try walk.nested(), box, &movie)
        case "uuid": try uuid(try walk.nested(), box, &movie)
        case "XMP_": try packet(walk, box, box.payload)
        case "free", "skip": try CameraBoxes.free(walk, box)
        case "mvex", "mvhd", "iods", "cmov", "tkhd", "edts", "tref", "mdia": break
        default:
            if LocationAtoms.boxes[box.type] != nil { try location(walk, box, &movie) }
        }
    }

    static func fragment(_ walk: Walk, _ box: Box, _ file: Range<UInt64>) throws(PlanningError) {
        var movie = Movie(file: file)
        for child in try Box.children(walk, box.payload) {
            if child.type == "traf" {
                let inner = try walk.nested()
                for part in try Box.children(inner, child.payload) { try described(inner, part, &movie) }
            } else {
                try described(walk, child, &movie)
            }
        }
    }

    /// User data (QuickTime File Format; 3GPP TS 26.244): one box for each property.
    static func userData(_ walk: Walk, _ range: Range<UInt64>, _ movie: inout Movie) throws(PlanningError) {
        for box in try Box.children(walk, range) {
            if LocationAtoms.boxes[box.type] != nil {
                try location(walk, box, &movie)
                continue
            }
            switch box.type {
            case "meta": try meta(try walk.nested(), box, &movie)
            case "XMP_": try packet(walk, box, box.payload)
            case "uuid": try uuid(try walk.nested(), box, &movie)
            case "udta": try userData(try walk.nested(), box.payload, &movie)
            case "free", "skip": try CameraBoxes.free(walk, box)
            case "NCDT": try userData(try walk.nested(), box.payload, &movie)
            case "PENT": try CameraBoxes.pentax(walk, box.payload)
            case "NCTG": try CameraBoxes.nikon(walk, box.payload)
            case "Xtra": try CameraBoxes.windows(walk, box.payload)
            default: try property(walk, box)
            }
        }
    }

    /// Any other property: a thumbnail or an Exif block, or text with coordinates in it.
    private static func property(_ walk: Walk, _ box: Box) throws(PlanningError) {
        guard box.payloadCount > 0 else { return }
        if try CameraBoxes.isLog(walk, box) { return box.neutralise(walk, "GPS log") }
        if try NestedMedia.plan(try walk.nested(), box.payload) { return }
        if box.payloadCount <= 4_096, box.type.hasPrefix("©") || box.type.hasPrefix("@") {
            try text(walk, box.payload, "\(box.type) box")
        } else {
            try Trailer.plan(try walk.nested(), box.payload)
        }
    }

    /// Coordinates in a short text become spaces.
    static func text(_ walk: Walk, _ range: Range<UInt64>, _ kind: String) throws(PlanningError) {
        let bytes = try walk.reader.bytes(at: range.lowerBound, count: Int(range.upperBound - range.lowerBound))
        for part in LocationText.coordinates(in: bytes) {
            walk.draft.patch(
                range.lowerBound + UInt64(part.lowerBound)..<range.lowerBound + UInt64(part.upperBound),
                .fill(0x20), kind)
        }
    }

    static func uuid(_ walk: Walk, _ box: Box, _ movie: inout Movie) throws(PlanningError) {
        guard box.payloadCount > 16 else { return }
        let id = try walk.reader.bytes(at: box.payload.lowerBound, count: 16)
        let data = box.payload.lowerBound + 16..<box.payload.upperBound
        switch id {
        case LocationAtoms.xmpUUID: try packet(walk, box, data)
        case LocationAtoms.canonUUID: try canon(walk, data)
        case LocationAtoms.previewUUID: try Trailer.plan(walk, data)
        case _ where LocationAtoms.locationUUIDs.contains { $0.uuid == id }:
            box.neutralise(walk, "uuid box of positions")
        default:
            // Sony's user metadata, cameras' own blocks: what looks like metadata in them is found by signature.
            if data.upperBound - data.lowerBound <= 4 << 20 { try Trailer.plan(walk, data) }
        }
    }

    /// XMP that fills a box; if all of it is blanked, readers shall skip the box.
    static func packet(_ walk: Walk, _ box: Box, _ data: Range<UInt64>) throws(PlanningError) {
        let mark = walk.draft.mark
        try XMPPacket.plan(walk, data)
        guard walk.draft.hasPatches(since: mark), walk.draft.isBlank(data, since: mark) else { return }
        box.neutralise(walk, "\(box.type) box")
    }

    /// Canon CR3: Exif in four TIFF structures, of which CMT4 begins with the GPS IFD; a thumbnail.
    private static func canon(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        for box in try Box.children(walk, range) {
            switch box.type {
            case "CMT1", "CMT2", "CMT3":
                try ExifBlock.plan(walk, box.payload, ExifBlock.Options(name: box.type))
            case "CMT4":
                let mark = walk.draft.mark
                try ExifBlock.plan(walk, box.payload, ExifBlock.Options(firstIsGPS: true, name: box.type))
                // It is nothing but the GPS IFD, and validators want entries of GPS in it.
                if walk.draft.hasPatches(since: mark) { box.neutralise(walk, "CMT4 GPS IFD") }
            case "THMB": try Trailer.plan(walk, box.payload)
            default: break
            }
        }
    }

    // MARK: metadata by keys

    /// A `meta` box: metadata by keys (QuickTime, iTunes) or the items of a HEIF image. QuickTime writes it without
    /// the version that ISO demands.
    static func meta(
        _ walk: Walk, _ box: Box, _ movie: inout Movie
    ) throws(PlanningError) {
        guard box.payloadCount >= 8 else { return }
        let second = try walk.reader.bytes(at: box.payload.lowerBound + 4, count: 4)
        let isPlain = second == Array("hdlr".utf8) || second == Array("keys".utf8) || second == Array("ilst".utf8)
        let range = box.payload.lowerBound + (isPlain ? 0 : 4)..<box.payload.upperBound
        let children = try Box.children(walk, range)
        if children.contains(where: { $0.type == "iinf" }) {
            movie.hasItems = true
            try items(walk, children, file: movie.file.lowerBound)
        }
        let names =
            try children.first { $0.type == "keys" }.map { box throws(PlanningError) in try keys(walk, box) } ?? []
        for child in children {
            switch child.type {
            case "ilst": try list(try walk.nested(), child, names)
            case "udta": try userData(try walk.nested(), child.payload, &movie)
            case "uuid": try uuid(try walk.nested(), child, &movie)
            case "XMP_", "xml ": try packet(walk, child, child.payload)
            default:
                if LocationAtoms.boxes[child.type] != nil { try location(walk, child, &movie) }
            }
        }
    }

    private static func keys(_ walk: Walk, _ box: Box) throws(PlanningError) -> [String] {
        guard box.payloadCount >= 8 else { throw .malformed("keys box is too short") }
        let count = try walk.reader.u32(at: box.payload.lowerBound + 4, .big)
        guard count <= 4_096 else { throw .limit("more than 4096 keys") }
        var names: [String] = []
        var position = box.payload.lowerBound + 8
        for _ in 0..<count {
            let key = try Box.read(walk, at: position, in: box.payload)
            let length = Int(min(key.payloadCount, 256))
            names.append(
                String(decoding: try walk.reader.bytes(at: key.payload.lowerBound, count: length), as: UTF8.self))
            position = key.range.upperBound
        }
        return names
    }

    private static func list(_ walk: Walk, _ box: Box, _ names: [String]) throws(PlanningError) {
        for item in try Box.children(walk, box.payload) {
            let index = item.type.unicodeScalars.reduce(0) { $0 << 8 | Int($1.value) }
            var isLocation = LocationAtoms.boxes[item.type] != nil
            if names.indices.contains(index - 1) { isLocation = LocationAtoms.isLocation(key: names[index - 1]) }
            let parts = try Box.children(try walk.nested(), item.payload)
            if let name = parts.first(where: { $0.type == "name" }), name.payloadCount > 4, name.payloadCount < 260 {
                let bytes = try walk.reader.bytes(at: name.payload.lowerBound + 4, count: Int(name.payloadCount - 4))
                isLocation = isLocation || LocationAtoms.isLocation(key: String(decoding: bytes, as: UTF8.self))
            }
            for part in parts where part.type == "data" && part.payloadCount > 8 {
                let value = part.payload.lowerBound + 8..<part.payload.upperBound
                let format = try walk.reader.u32(at: part.payload.lowerBound, .big) & 0xFF_FFFF
                if isLocation {
                    walk.draft.patch(value, .fill(format == 1 ? 0x20 : 0), "metadata key of a location")
                } else if format == 1, part.payloadCount <= 4_096 {
                    try text(walk, value, "metadata value")
                } else if format == 13 || format == 14 {
                    try NestedMedia.plan(try walk.nested(), value)
                }
            }
        }
    }
}
