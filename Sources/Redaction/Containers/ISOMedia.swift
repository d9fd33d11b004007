/// Files of boxes (ISO/IEC 14496-12, QuickTime): MP4, MOV, 3GP, M4A, HEIF, AVIF, CR3.
///
/// What cannot be understood here throws, and the whole range is blanked: metadata of a movie may lie in any part of its
/// media data, so no smaller unit is certain.
enum ISOMedia: Container {
    static let name = "MP4"

    private static let firstTypes: Set<String> = [
        "ftyp", "styp", "moov", "mdat", "free", "skip", "wide", "pnot", "moof", "meta",
    ]

    /// Boxes that may go on to the end of the file without saying how long they are.
    private static let openTypes: Set<String> = [
        "mdat", "moov", "moof", "meta", "free", "skip", "uuid", "udta", "mpvd",
    ]

    static func matches(_ head: [UInt8], _ walk: Walk, _ range: Range<UInt64>) -> Bool {
        guard head.count >= 12 else { return false }
        let type = String(decoding: head[4..<8], as: UTF8.self)
        guard firstTypes.contains(type) else { return false }
        let size = head[0..<4].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard type == "ftyp" || type == "styp" else {
            return size == 1 || size == 0 || size >= 8 && size <= range.upperBound - range.lowerBound
        }
        return size >= 8 && size <= 4_096
    }

    static func plan(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        var movie = Movie(file: range)
        var position = range.lowerBound
        while range.upperBound - position >= 8 {
            let box: Box
            do throws(PlanningError) {
                box = try Box.read(walk, at: position, in: range)
                let isSure = box.hasTextType && !(box.isOpen && !openTypes.contains(box.type))
                guard isSure || position == range.lowerBound else { throw PlanningError.malformed("no box") }
            } catch {
                guard error.reason != nil, position > range.lowerBound else { throw error }
                // Media data of a file that was cut off stays, if a movie describes it.
                let type = try walk.reader.bytes(at: position + 4, count: 4)
                if type == Array("mdat".utf8) {
                    movie.media.append(position + 8..<range.upperBound)
                } else {
                    movie.rest = position..<range.upperBound
                }
                break
            }
            try top(walk, box, &movie)
            position = box.range.upperBound
        }
        guard movie.isKnown else { throw .malformed("nothing in it is known") }
        try finish(walk, range, movie)
    }

    /// What is learnt while the boxes of the file pass by.
    struct Movie {
        /// What offsets in it count from and lie in: the file, or what is nested in another one.
        let file: Range<UInt64>
        var media: [Range<UInt64>] = []
        var hasMovie = false
        var hasItems = false
        var hasMetadata = false
        var hasFragments = false
        /// A timed track carries positions.
        var hasPositions = false
        /// Where freeGPS blocks begin that an index names.
        var blocks: Set<UInt64> = []
        /// The index names more of them than were looked at.
        var hasMoreBlocks = false
        /// Bytes at the end that are no box.
        var rest: Range<UInt64>?

        var isKnown: Bool { hasMovie || hasMetadata || hasFragments || !media.isEmpty }
    }

    private static func top(_ walk: Walk, _ box: Box, _ movie: inout Movie) throws(PlanningError) {
        switch box.type {
        case "ftyp": name(walk, box)
        case "moov":
            movie.hasMovie = true
            try moov(try walk.nested(), box, &movie)
        case "moof":
            movie.hasFragments = true
            try fragment(try walk.nested(), box, movie.file)
        case "meta":
            movie.hasMetadata = true
            try meta(try walk.nested(), box, &movie)
        case "mdat": movie.media.append(box.payload)
        case "uuid": try uuid(try walk.nested(), box, &movie)
        case "XMP_": try packet(walk, box, box.payload)
        case "mpvd": try NestedMedia.plan(try walk.nested(), box.payload)
        case "udta": try userData(try walk.nested(), box.payload, &movie)
        // What Samsung writes behind JPEGs.
        case "sefd": try Trailer.plan(try walk.nested(), box.payload)
        case "free", "skip", "wide":
            try CameraBoxes.free(walk, box)
        default:
            if LocationAtoms.boxes[box.type] != nil { try location(walk, box, &movie) }
        }
    }

    private static func finish(_ walk: Walk, _ range: Range<UInt64>, _ movie: Movie) throws(PlanningError) {
        if !movie.hasMovie, !movie.hasItems, !movie.hasFragments, !movie.media.isEmpty {
            for part in movie.media {
                walk.draft.blank(part, kind: "media data", reason: "media data blanked: no moov box yet")
            }
        }
        if movie.hasPositions, movie.hasFragments {
            for part in movie.media {
                walk.draft.blank(part, kind: "media data", reason: "media data blanked: positions in fragments")
            }
        }
        if movie.hasMovie || movie.hasFragments, !movie.hasItems {
            try MediaScan(walk, movie.media, known: movie.blocks).plan(isSure: movie.hasMoreBlocks)
        }
        guard let rest = movie.rest else { return }
        // Trailers of cameras (Insta360, Samsung), or a box that was cut off: what it is cannot be told.
        let head = try walk.reader.bytes(
            at: rest.lowerBound, count: Int(min(65_536, rest.upperBound - rest.lowerBound)))
        if rest.upperBound - rest.lowerBound <= 65_536, head.allSatisfy({ $0 == 0 }) { return }
        walk.draft.blank(rest, kind: "end of the file", reason: "end of the file blanked: it is no box")
    }

    /// Where the file ended before it was cut off in its media data; its end if it was not.
    static func claimedEnd(_ walk: Walk, _ file: Range<UInt64>) throws(PlanningError) -> UInt64 {
        var position = file.lowerBound
        while file.upperBound - position >= 8 {
            var size = UInt64(try walk.reader.u32(at: position, .big))
            let isMedia = try walk.reader.bytes(at: position + 4, count: 4) == Array("mdat".utf8)
            if size == 1, file.upperBound - position >= 16 { size = try walk.reader.u64(at: position + 8, .big) }
            guard size >= 8 else { break }
            let (end, overflow) = position.addingReportingOverflow(size)
            guard !overflow, end <= file.upperBound else { return isMedia && !overflow ? end : file.upperBound }
            position = end
        }
        return file.upperBound
    }

    private static func name(_ walk: Walk, _ box: Box) {
        guard let brand = try? walk.reader.bytes(at: box.payload.lowerBound, count: 4) else { return }
        switch String(decoding: brand, as: UTF8.self) {
        case "heic", "heix", "hevc", "hevx", "mif1", "msf1", "heim", "heis", "hevm": walk.name("HEIF")
        case "avif", "avis": walk.name("AVIF")
        case "crx ": walk.name("CR3")
        case "qt  ": walk.name("MOV")
        case "M4A ", "M4B ", "M4P ": walk.name("M4A")
        case let brand where brand.hasPrefix("3g"): walk.name("3GP")
        default: walk.name("MP4")
        }
    }
}
