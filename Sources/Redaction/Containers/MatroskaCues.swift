/// The index of a segment (RFC 9559, 5.1.5): where subtitles are that begin late.
struct MatroskaCues {
    private static let limit = 1 << 20
    /// Blocks that are looked at, evenly spread.
    private static let count = 64

    private let walk: Walk
    private let numbers: Set<UInt64>

    init(_ walk: Walk, _ tracks: [Matroska.TextTrack]) {
        self.walk = walk
        numbers = Set(tracks.map(\.number))
    }

    /// Where blocks of text stand; nowhere if the index is damaged, long, or does not say it.
    func positions(_ cues: Range<UInt64>, _ segment: Range<UInt64>) throws(PlanningError) -> [UInt64] {
        guard cues.upperBound - cues.lowerBound <= UInt64(Self.limit) else { return [] }
        var found: [(cluster: UInt64, block: UInt64)] = []
        do {
            // There may be one for each second of a film, and more: they are not gathered.
            var position = cues.lowerBound
            while position < cues.upperBound, found.count < Self.limit / 64 {
                let point = try EBMLElement.read(walk, at: position, in: cues)
                position = point.data.upperBound
                guard point.id == Matroska.ID.cuePoint else { continue }
                for place in try EBMLElement.children(walk, point.data) where place.id == Matroska.ID.cuePositions {
                    if let place = try self.place(place.data) { found.append(place) }
                }
            }
            var positions: [UInt64] = []
            for index in stride(from: 0, to: found.count, by: max(1, found.count / Self.count)) {
                let (start, overflow) = segment.lowerBound.addingReportingOverflow(found[index].cluster)
                guard !overflow, segment.contains(start) else { continue }
                let cluster = try EBMLElement.read(walk, at: start, in: segment)
                let (block, isBeyond) = cluster.data.lowerBound.addingReportingOverflow(found[index].block)
                if !isBeyond, segment.contains(block) { positions.append(block) }
            }
            return positions
        } catch {
            guard case .malformed = error else { throw error }
            return []
        }
    }

    private func place(_ range: Range<UInt64>) throws(PlanningError) -> (cluster: UInt64, block: UInt64)? {
        var isText = false
        var cluster: UInt64?
        var block: UInt64?
        for part in try EBMLElement.children(walk, range) {
            switch part.id {
            case Matroska.ID.cueTrack: isText = numbers.contains(try EBMLElement.unsigned(walk, part.data))
            case Matroska.ID.cueCluster: cluster = try EBMLElement.unsigned(walk, part.data)
            case Matroska.ID.cueRelative: block = try EBMLElement.unsigned(walk, part.data)
            default: break
            }
        }
        guard isText, let cluster, let block else { return nil }
        return (cluster, block)
    }
}
