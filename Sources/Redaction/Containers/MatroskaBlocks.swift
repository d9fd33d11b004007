/// The blocks of text tracks (RFC 9559, 10), one element after the other.
final class MatroskaBlocks {
    private let walk: Walk
    private let tracks: [UInt64: Matroska.TextTrack]
    /// Checksums over what comes next: of the cluster, and of the group in it.
    private var checksums: [UInt64] = []
    /// Whose block the group holds that what comes next is in.
    private var track: Matroska.TextTrack?

    init(_ walk: Walk, _ tracks: [Matroska.TextTrack]) {
        self.walk = walk
        self.tracks = Dictionary(tracks.map { ($0.number, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// - Returns: where the next element stands: the first one in this one, if there may be text in it.
    func step(
        _ scan: inout SubtitleScan, _ reader: inout ForwardReader, _ position: UInt64, _ range: Range<UInt64>
    ) throws(PlanningError) -> UInt64 {
        typealias ID = Matroska.ID
        let element = try EBMLElement.read(&reader, at: position, in: range)
        switch element.id {
        case ID.cluster:
            checksums = []
            return element.data.lowerBound
        case ID.blockGroup:
            checksums = Array(checksums.prefix(1))
            track = nil
            return element.data.lowerBound
        case ID.blockAdditions, ID.blockMore: return element.data.lowerBound
        case EBMLElement.crc32: checksums.append(element.start)
        case ID.simpleBlock, ID.block, ID.encryptedBlock: try block(&scan, &reader, element)
        case ID.blockAdditional:
            if let track { try sample(&scan, &reader, element.data, track) }
        default: break
        }
        guard !element.isOpen else { throw .malformed("element of unknown size") }
        return element.data.upperBound
    }

    private func block(
        _ scan: inout SubtitleScan, _ reader: inout ForwardReader, _ element: EBMLElement
    ) throws(PlanningError) {
        let data = element.data
        guard !data.isEmpty else { return }
        let head = try reader.bytes(at: data.lowerBound, count: 12)
        guard let number = EBMLElement.number(head[...]) else { throw .malformed("block without a track") }
        track = tracks[number.value]
        guard let track else { return }
        let start = data.lowerBound + UInt64(number.length) + 3
        guard start <= data.upperBound, head.count >= number.length + 3 else { throw .malformed("block is cut off") }
        let frames: [Range<UInt64>]
        do {
            frames = try MatroskaLacing(head[number.length + 2] >> 1 & 3).frames(&reader, start..<data.upperBound)
        } catch {
            guard case .malformed(let reason) = error else { throw error }
            TelemetryText.blank(walk, start..<data.upperBound, reason)
            return mend()
        }
        for frame in frames { try sample(&scan, &reader, frame, track) }
    }

    private func sample(
        _ scan: inout SubtitleScan, _ reader: inout ForwardReader, _ range: Range<UInt64>,
        _ track: Matroska.TextTrack
    ) throws(PlanningError) {
        guard !range.isEmpty else { return }
        let mark = walk.draft.mark
        switch track.storage {
        case .plain: try scan.sample(&reader, range, isCoded: track.isCoded)
        case .zlib: try scan.compressed(&reader, range)
        case .stripped(let head): try scan.sample(&reader, range, isCoded: track.isCoded, head: head)
        case .unknown: TelemetryText.blank(walk, range, "it is encrypted or compressed")
        }
        if walk.draft.hasPatches(since: mark) { mend() }
    }

    /// Checksums over what changed become void elements.
    private func mend() {
        for checksum in checksums {
            walk.draft.patch(checksum..<checksum + 1, .bytes([EBMLElement.void]), "Matroska CRC-32")
        }
        checksums = []
    }
}
