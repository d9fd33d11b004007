// freeGPS blocks of dashcams (Novatek and others; ExifTool QuickTimeStream.pl): boxes of type `free` whose payload begins
// with "GPS ", between the frames in the media data.

extension ISOMedia {
    private static let freeGPS = Array("freeGPS ".utf8)
    /// The first block is within 2 MiB of all known files; twice that is looked at in files that have no index of them.
    private static let headLength: UInt64 = 4 << 20
    private static let blockLimit: UInt64 = 1 << 20
    /// Blocks of an index whose place is looked at.
    private static let indexLimit = 1_500

    /// A box of user data, or beside of it, that is a location.
    static func location(_ walk: Walk, _ box: Box, _ movie: inout Movie) throws(PlanningError) {
        switch box.type {
        // Settings of the camera, and what was measured: positions are some of its keys.
        case "GPMF": return try GPMF.plan(walk, box.payload)
        case "gps ": try index(walk, box, &movie)
        default: break
        }
        box.neutralise(walk, "\(box.type) box")
    }

    /// The index of the blocks: two numbers of 32 bits, of which the second may be a count, then offset and size of each.
    private static func index(_ walk: Walk, _ box: Box, _ movie: inout Movie) throws(PlanningError) {
        guard box.payloadCount >= 16, box.payloadCount <= 1 << 20 else { return }
        let bytes = try walk.reader.bytes(at: box.payload.lowerBound, count: Int(box.payloadCount))
        func number(_ at: Int) -> UInt64 { bytes[at..<at + 4].reduce(0) { $0 << 8 | UInt64($1) } }
        var looked = 0
        for entry in stride(from: 8, through: bytes.count - 8, by: 8) {
            let start = number(entry) + movie.file.lowerBound
            guard start > movie.file.lowerBound, start <= walk.reader.size, walk.reader.size - start >= 12 else {
                continue
            }
            guard looked < indexLimit else {
                movie.hasMoreBlocks = true
                return
            }
            looked += 1
            guard try walk.reader.bytes(at: start + 4, count: 8) == freeGPS else { continue }
            let end = min(walk.reader.size, start + max(12, try length(walk, at: start, number(entry + 4))))
            walk.draft.patch(start + 8..<end, .fill(0), "freeGPS block")
            movie.blocks.insert(start)
        }
    }

    /// The block's own size, or the index's if that is larger.
    private static func length(_ walk: Walk, at start: UInt64, _ indexed: UInt64) throws(PlanningError) -> UInt64 {
        let own = UInt64(try walk.reader.u32(at: start, .big))
        let larger = max(own <= blockLimit ? own : 0, indexed <= blockLimit ? indexed : 0)
        return larger == 0 ? 4_096 : larger
    }

    /// Blocks that were not found by an index: if there is one in the beginning of the media data, or the index is too
    /// long, all of it is looked through.
    static func blocks(_ walk: Walk, _ movie: Movie) throws(PlanningError) {
        var budget = headLength
        var isFound = false
        for media in movie.media {
            let head = media.lowerBound..<media.lowerBound + min(budget, media.upperBound - media.lowerBound)
            budget -= head.upperBound - head.lowerBound
            if try scan(walk, head, in: media, movie) { isFound = true }
        }
        guard isFound || movie.hasMoreBlocks else { return }
        budget = headLength
        for media in movie.media {
            let head = media.lowerBound + min(budget, media.upperBound - media.lowerBound)
            budget -= head - media.lowerBound
            // A block may lie across the end of the head.
            let start = max(media.lowerBound, head - min(head, 11))
            if head < media.upperBound { _ = try scan(walk, start..<media.upperBound, in: media, movie) }
        }
    }

    /// - Returns: whether there were blocks that are not in the index.
    private static func scan(
        _ walk: Walk, _ part: Range<UInt64>, in media: Range<UInt64>, _ movie: Movie
    ) throws(PlanningError) -> Bool {
        let piece = UInt64(walk.reader.limits.memory / 2)
        var position = part.lowerBound
        var hasBlocks = false
        while position < part.upperBound {
            let count = min(piece, part.upperBound - position)
            let bytes: [UInt8]
            do { bytes = try walk.reader.bytes(at: position, count: Int(count)) } catch {
                guard case .limit(let reason) = error, hasBlocks || position > media.lowerBound + headLength else {
                    throw error
                }
                walk.draft.blank(
                    position..<media.upperBound, kind: "media data",
                    reason: "rest of the media data blanked: freeGPS blocks, and \(reason)")
                return true
            }
            for found in Bytes.occurrences(of: freeGPS, in: bytes) {
                let start = position + UInt64(found)
                let block = start - min(start - media.lowerBound, 4)
                guard !movie.blocks.contains(block) else { continue }
                hasBlocks = true
                let end = min(media.upperBound, block + max(16, try length(walk, at: block, 0)))
                walk.draft.patch(start + 4..<end, .fill(0), "freeGPS block")
            }
            let isLast = position + count == part.upperBound
            position += isLast || count < 12 ? count : count - 11
        }
        return hasBlocks
    }
}
