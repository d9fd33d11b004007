/// Application segments of one JPEG: what each carries is told by its identifier, not by its number alone.
struct JPEGApplications {
    private let walk: Walk
    /// Parts of extended XMP by their GUID (XMP Specification Part 3, 1.1.3.1).
    private var extended: [[UInt8]: [(offset: UInt32, range: Range<UInt64>)]] = [:]
    private var photoshop: [Range<UInt64>] = []
    private var flir: [Range<UInt64>] = []
    private var exif: [Range<UInt64>] = []
    private var parts = 0

    private static let partLimit = 4_096

    init(_ walk: Walk) { self.walk = walk }

    private static let exifMark = Array("Exif\0".utf8)
    private static let xmpMark = Array("http://ns.adobe.com/xap/1.0/".utf8)
    private static let extendedMark = Array("http://ns.adobe.com/xmp/extension/\0".utf8)
    private static let photoshopMarks = ["Photoshop 3.0\0", "Adobe_Photoshop2.5:"].map { Array($0.utf8) }

    /// ExifTool JPEG.pm, MediaJukebox.
    private static let mediaJukebox = XMLScanner.Rules(
        element: { _, local, _ in local == "Places" ? "Media Jukebox Places" : nil }, attribute: { _, _, _, _ in nil })

    /// Looks into the payload of APP`number`.
    mutating func add(_ number: UInt8, _ payload: Range<UInt64>) throws(PlanningError) {
        let length = payload.upperBound - payload.lowerBound
        let head = try walk.reader.bytes(at: payload.lowerBound, count: Int(min(96, length)))
        func rest(_ skipped: Int) -> Range<UInt64> { payload.lowerBound + UInt64(skipped)..<payload.upperBound }
        func begins(_ text: String) -> Bool { head.starts(with: text.utf8) }
        if head.count >= 8, head[4] == 0, zip(head, Self.exifMark).prefix(4).allSatisfy({ $0 | 0x20 == $1 | 0x20 }) {
            try exif(payload, head)
        } else if head.starts(with: Self.extendedMark), length >= 75 {
            try addExtended(payload, rest(75))
        } else if let start = xmpStart(head) {
            let before = walk.draft.mark
            try XMPPacket.plan(walk, rest(start))
            retire(payload, identifier: start, since: before)
        } else if let mark = Self.photoshopMarks.first(where: { head.starts(with: $0) }) {
            try append(rest(mark.count), to: \.photoshop)
        } else if begins("FLIR\0"), length > 8 {
            try append(rest(8), to: \.flir)
        } else if begins("GoPro\0") {
            try blankIfNamed(rest(6), ["GPS", "GPRI", "GLPI"], "GoPro GPMF")
        } else if begins("JFXX\0\u{10}") {
            try JPEG.planNested(try walk.nested(), rest(6))
        } else if begins("Media Jukebox\0"), let start = head.firstIndex(of: 0x3C) {
            try mediaJukebox(rest(start))
        } else if begins("RMETA\0") {
            try RMETA.plan(walk, rest(6))
        } else if begins("JP"), number == 11 {
            try JUMBF.plan(walk, payload)
        } else if number != 2 || !begins("ICC_PROFILE") {
            try unknown(payload, head)
        }
    }

    /// XML, which a NUL ends.
    private func mediaJukebox(_ text: Range<UInt64>) throws(PlanningError) {
        let tail = max(text.lowerBound, text.upperBound - min(16, text.upperBound))
        let end = try walk.reader.bytes(at: tail, count: Int(text.upperBound - tail))
        let zeros = UInt64(end.reversed().prefix { $0 == 0 }.count)
        try XMPPacket.plan(
            walk, pieces: [text.lowerBound..<text.upperBound - zeros], rules: Self.mediaJukebox, kind: "Media Jukebox")
    }

    /// A segment that is no application segment: only what says that it is one is looked into.
    mutating func foreign(_ payload: Range<UInt64>) throws(PlanningError) {
        guard payload.upperBound - payload.lowerBound > 40 else { return }
        let head = try walk.reader.bytes(at: payload.lowerBound, count: 40)
        let marks = [Self.exifMark, Self.xmpMark, Self.extendedMark] + Self.photoshopMarks
        guard marks.contains(where: { head.starts(with: $0) }) else { return }
        try add(0, payload)
    }

    mutating func comment(_ payload: Range<UInt64>) throws(PlanningError) {
        guard !payload.isEmpty else { return }
        let bytes = try walk.reader.bytes(at: payload.lowerBound, count: Int(payload.upperBound - payload.lowerBound))
        if let start = xmpStart(Array(bytes.prefix(96))) {
            return try XMPPacket.plan(walk, payload.lowerBound + UInt64(start)..<payload.upperBound)
        }
        for found in LocationText.coordinates(in: bytes) {
            let lower = payload.lowerBound + UInt64(found.lowerBound)
            walk.draft.patch(
                lower..<payload.lowerBound + UInt64(found.upperBound), .fill(0x20), "JPEG comment coordinates")
        }
    }

    /// What lies in several segments, once all have been seen.
    mutating func finish() throws(PlanningError) {
        for guid in extended.keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            let sorted = (extended[guid] ?? []).sorted {
                ($0.offset, $0.range.lowerBound) < ($1.offset, $1.range.lowerBound)
            }
            try XMPPacket.plan(walk, pieces: sorted.map(\.range), kind: "Extended XMP")
        }
        if !photoshop.isEmpty { try resources() }
        if !flir.isEmpty {
            try whole(flir, "FLIR") { (inner, range) throws(PlanningError) in try FLIR.plan(inner, range) }
        }
        if exif.count > 1 {
            try whole(exif, "Exif") { (inner, range) throws(PlanningError) in try ExifBlock.plan(inner, range) }
        }
    }

    // MARK: Kinds

    private mutating func exif(_ payload: Range<UInt64>, _ head: [UInt8]) throws(PlanningError) {
        let block = payload.lowerBound + 6..<payload.upperBound
        let hasHeader = head.count >= 8 && head[6] == head[7] && (head[6] == 0x49 || head[6] == 0x4D)
        if hasHeader {
            exif = [block]
            let before = walk.draft.mark
            try ExifBlock.plan(walk, block)
            retire(payload, identifier: 6, since: before)
        } else if exif.isEmpty {
            walk.draft.blank(payload, kind: "Exif", reason: "Exif blanked: no TIFF header")
        } else {
            // The block goes on here (ExifTool: multi-segment Exif); planned again as a whole at the end.
            try append(block, to: \.exif)
        }
    }

    private mutating func addExtended(_ payload: Range<UInt64>, _ data: Range<UInt64>) throws(PlanningError) {
        let guid = try walk.reader.bytes(at: payload.lowerBound + 35, count: 32)
        let offset = try walk.reader.u32(at: payload.lowerBound + 71, .big)
        try count()
        extended[guid, default: []].append((offset, data))
    }

    /// Where XMP begins in a segment: behind the identifier, or at a packet under an identifier of its own.
    private func xmpStart(_ head: [UInt8]) -> Int? {
        if head.starts(with: Self.xmpMark) {
            return head.count > Self.xmpMark.count && head[Self.xmpMark.count] == 0
                ? Self.xmpMark.count + 1 : Self.xmpMark.count
        }
        guard head.contains(0x3C) else { return nil }
        for mark in ["<?xpacket", "<x:xmpmeta", "<rdf:RDF", "<x:xapmeta"] {
            if let found = Bytes.firstIndex(of: mark, in: head) { return found }
        }
        return nil
    }

    /// Resources may go on from one segment to the next, and each segment may also hold whole ones.
    private func resources() throws(PlanningError) {
        if photoshop.count > 1 {
            let mark = walk.draft.mark
            do {
                try walk.joined(photoshop) { (inner, range) throws(PlanningError) in
                    try PhotoshopResources.plan(inner, range)
                }
                return
            } catch {
                guard error.reason != nil else { throw error }
                walk.draft.rollback(to: mark)
            }
        }
        for segment in photoshop {
            let before = walk.draft.mark
            try walk.unit(segment, "Photoshop resources") { () throws(PlanningError) in
                try PhotoshopResources.plan(try walk.nested(), segment)
            }
            retire(segment.lowerBound - 14..<segment.upperBound, identifier: 14, since: before)
        }
    }

    /// A segment under an unknown identifier: a TIFF structure in it is looked into (Kodak `Meta`, Toshiba `EPPIM`).
    private func unknown(_ payload: Range<UInt64>, _ head: [UInt8]) throws(PlanningError) {
        for mark: [UInt8] in [[0x49, 0x49, 0x2A, 0], [0x4D, 0x4D, 0, 0x2A]] {
            guard let found = Bytes.firstIndex(of: mark, in: head), found <= 32 else { continue }
            try ExifBlock.plan(walk, payload.lowerBound + UInt64(found)..<payload.upperBound)
            return
        }
        // An identifier that is damaged, or that nobody knows: metadata behind it is found by what it looks like.
        try Trailer.plan(walk, payload)
    }

    /// A segment whose content was blanked since `mark` loses its identifier and becomes an empty comment, so that no
    /// reader complains about what it finds in it.
    private func retire(_ payload: Range<UInt64>, identifier: Int, since mark: Draft.Mark) {
        let start = payload.lowerBound + UInt64(identifier)
        guard start < payload.upperBound, walk.draft.hasPatches(since: mark),
            walk.draft.isBlank(start..<payload.upperBound, since: mark)
        else { return }
        walk.draft.patch(payload.lowerBound - 3..<payload.lowerBound - 2, .fill(0xFE), "JPEG segment marker")
        walk.draft.patch(payload.lowerBound..<start, .fill(0), "JPEG segment identifier")
    }

    private func blankIfNamed(_ data: Range<UInt64>, _ names: [String], _ kind: String) throws(PlanningError) {
        let bytes = try walk.reader.bytes(at: data.lowerBound, count: Int(data.upperBound - data.lowerBound))
        guard names.contains(where: { Bytes.firstIndex(of: $0, in: bytes) != nil }) else { return }
        walk.draft.blank(data, kind: kind, reason: "\(kind) blanked: it names a position")
    }

    // MARK: Pieces

    private mutating func append(
        _ range: Range<UInt64>, to list: WritableKeyPath<JPEGApplications, [Range<UInt64>]>
    ) throws(PlanningError) {
        try count()
        self[keyPath: list].append(range)
    }

    private mutating func count() throws(PlanningError) {
        parts += 1
        guard parts <= Self.partLimit else { throw .limit("more than \(Self.partLimit) segments") }
    }

    /// A structure of several segments, or all of them blanked.
    private func whole(
        _ pieces: [Range<UInt64>], _ kind: String, _ body: (Walk, Range<UInt64>) throws(PlanningError) -> Void
    ) throws(PlanningError) {
        let mark = walk.draft.mark
        do {
            try walk.joined(pieces, body)
        } catch {
            guard let reason = error.reason else { throw error }
            walk.draft.rollback(to: mark)
            for piece in pieces { walk.draft.blank(piece, kind: kind, reason: "\(kind) blanked: \(reason)") }
        }
    }
}
