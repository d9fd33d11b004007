/// What stands between and in the frames of media data, where no index leads to it: freeGPS blocks of dashcams (Novatek
/// and others; ExifTool QuickTimeStream.pl), boxes of type `free` whose payload begins with "GPS ", and the Modified DV
/// Packs of H.264 video (AVCHD), which stay in it when a program puts it into another container.
///
/// The beginning is always looked at. If there is one of them in it, all of the media data is searched.
struct MediaScan {
    static let freeGPS = Array("freeGPS ".utf8)

    private let walk: Walk
    private let media: [Range<UInt64>]
    /// Where freeGPS blocks begin that an index named, and that are planned.
    private let known: Set<UInt64>

    init(_ walk: Walk, _ media: [Range<UInt64>], known: Set<UInt64> = []) {
        self.walk = walk
        self.media = media
        self.known = known
    }

    /// The first block is within 2 MiB of all known files, the first pack in the first picture; twice that is looked at.
    private static let headLength: UInt64 = 4 << 20
    /// What stays near while it is searched: most movies end here.
    private static let headPiece: UInt64 = 256 << 10
    private static let blockLimit: UInt64 = 1 << 20
    private static let overlap: UInt64 = 15

    /// - Parameter isSure: there are blocks; how far they go is not known.
    func plan(isSure: Bool = false) throws(PlanningError) {
        var budget = Self.headLength
        var isFound = isSure
        for part in media {
            let head = part.lowerBound..<part.lowerBound + min(budget, part.upperBound - part.lowerBound)
            budget -= head.upperBound - head.lowerBound
            if try search(head, in: part, piece: Self.headPiece) { isFound = true }
        }
        guard isFound else { return }
        budget = Self.headLength
        for part in media {
            let head = part.lowerBound + min(budget, part.upperBound - part.lowerBound)
            budget -= head - part.lowerBound
            // Something may lie across the end of the head.
            let start = max(part.lowerBound, head - min(head, Self.overlap))
            let piece = UInt64(walk.reader.limits.memory / 2)
            if head < part.upperBound { _ = try search(start..<part.upperBound, in: part, piece: piece) }
        }
    }

    /// - Returns: whether there was something that is not known.
    private func search(
        _ range: Range<UInt64>, in media: Range<UInt64>, piece: UInt64
    ) throws(PlanningError) -> Bool {
        var position = range.lowerBound
        var isFound = false
        while position < range.upperBound {
            let count = min(piece, range.upperBound - position)
            do { try search(position, Int(count), in: media, &isFound) } catch {
                guard case .limit(let reason) = error, isFound || position > media.lowerBound + Self.headLength else {
                    throw error
                }
                walk.draft.blank(
                    position..<media.upperBound, kind: "media data",
                    reason: "rest of the media data blanked: positions in it, and \(reason)")
                return true
            }
            let isLast = position + count == range.upperBound
            position += isLast || count <= Self.overlap ? count : count - Self.overlap
        }
        return isFound
    }

    private func search(
        _ position: UInt64, _ count: Int, in media: Range<UInt64>, _ isFound: inout Bool
    ) throws(PlanningError) {
        let bytes = try walk.reader.bytes(at: position, count: count)
        var index = 0
        while let found = Bytes.firstIndex(of: Self.freeGPS, in: bytes, from: index) {
            if try block(position + UInt64(found), media) { isFound = true }
            index = found + Self.freeGPS.count
        }
        index = 0
        while let found = Bytes.firstIndex(of: ModifiedDVPack.uuid, in: bytes, from: index) {
            index = found + ModifiedDVPack.uuid.count
            if try pack(bytes, index, at: position, media) { isFound = true }
        }
    }

    private func block(_ mark: UInt64, _ media: Range<UInt64>) throws(PlanningError) -> Bool {
        let start = mark - min(mark - media.lowerBound, 4)
        guard !known.contains(start) else { return false }
        let end = min(media.upperBound, start + max(16, try Self.length(walk, at: start, indexed: 0)))
        walk.draft.patch(mark + 4..<end, .fill(0), "freeGPS block")
        return true
    }

    /// The block's own size, or the index's if that is larger.
    static func length(_ walk: Walk, at start: UInt64, indexed: UInt64) throws(PlanningError) -> UInt64 {
        let own = UInt64(try walk.reader.u32(at: start, .big))
        let larger = max(own <= blockLimit ? own : 0, indexed <= blockLimit ? indexed : 0)
        return larger == 0 ? 4_096 : larger
    }

    /// The pack behind a UUID, whose bytes are taken as far as the piece holds them.
    private func pack(
        _ bytes: [UInt8], _ start: Int, at offset: UInt64, _ media: Range<UInt64>
    ) throws(PlanningError) -> Bool {
        let pack = ModifiedDVPack()
        var index = start
        while index < bytes.count, pack.take(bytes[index], at: offset + UInt64(index)) { index += 1 }
        if index == bytes.count {
            var position = offset + UInt64(index)
            while position < media.upperBound, pack.take(try walk.reader.u8(at: position), at: position) {
                position += 1
            }
        }
        pack.finish(walk)
        return pack.isMarked
    }
}
