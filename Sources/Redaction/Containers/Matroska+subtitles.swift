// Subtitles: text in the blocks of clusters, into which drones and dashcams write where they are.

extension Matroska {
    /// A track whose samples are text, or may be.
    struct TextTrack {
        var number: UInt64 = 0
        /// 17: subtitles, 33: metadata (RFC 9559, 5.1.4.1.3).
        var type: UInt64 = 0
        var codec = ""
        var storage = Storage.plain

        enum Storage {
            case plain
            case zlib
            /// These bytes begin each sample, and were left out.
            case stripped([UInt8])
            /// Nobody can look into it here.
            case unknown
        }

        private static let pictures = ["S_VOBSUB", "S_HDMV/PGS", "S_DVBSUB", "S_IMAGE", "S_ARIBSUB"]
        private static let texts = ["S_TEXT", "S_SSA", "S_ASS", "D_WEBVTT"]

        var isText: Bool {
            type == 33
                || (type == 17 || codec.hasPrefix("S_") || codec.hasPrefix("D_"))
                    && !Self.pictures.contains(where: codec.hasPrefix)
        }

        /// Something else than text may stand in its samples.
        var isCoded: Bool { type != 33 && !Self.texts.contains(where: codec.hasPrefix) }
    }

    /// The tracks that are text, of all that `range` describes.
    static func textTracks(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) -> [TextTrack] {
        var tracks: [TextTrack] = []
        for entry in try EBMLElement.children(walk, range) where entry.id == ID.trackEntry {
            try mended(walk, entry) { walk, range throws(PlanningError) in
                let track = try self.track(walk, range)
                if track.isText, tracks.count < 256 { tracks.append(track) }
            }
        }
        return tracks
    }

    private static func track(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) -> TextTrack {
        var track = TextTrack()
        for part in try EBMLElement.children(walk, range) {
            let length = part.data.upperBound - part.data.lowerBound
            switch part.id {
            case ID.trackNumber: track.number = try EBMLElement.unsigned(walk, part.data)
            case ID.trackType: track.type = try EBMLElement.unsigned(walk, part.data)
            case ID.codec where length <= 64:
                track.codec = String(
                    decoding: try walk.reader.bytes(at: part.data.lowerBound, count: Int(length)), as: UTF8.self)
            case ID.contentEncodings: track.storage = try storage(walk, part.data)
            case ID.trackName where length <= 4_096: try ISOMedia.text(walk, part.data, "Matroska track name")
            // Styles of subtitles, and codecs' tables.
            case ID.codecPrivate where length <= TelemetryText.limit && track.isText:
                try ISOMedia.text(walk, part.data, "Matroska subtitles")
            default: break
            }
        }
        return track
    }

    /// How the samples of a track are stored (RFC 9559, 5.1.4.1.31).
    private static func storage(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) -> TextTrack.Storage {
        let encodings = try EBMLElement.children(walk, range).filter { $0.id == ID.contentEncoding }
        guard encodings.count == 1, let encoding = encodings.first else {
            return encodings.isEmpty ? .plain : .unknown
        }
        let parts = try EBMLElement.children(walk, encoding.data)
        if let scope = parts.first(where: { $0.id == ID.encodingScope }),
            try EBMLElement.unsigned(walk, scope.data) & 1 == 0
        {
            return .plain
        }
        guard let compression = parts.first(where: { $0.id == ID.compression }) else { return .unknown }
        var method: UInt64 = 0
        var settings: [UInt8] = []
        for part in try EBMLElement.children(walk, compression.data) {
            switch part.id {
            case ID.compressionMethod: method = try EBMLElement.unsigned(walk, part.data)
            case ID.compressionSettings:
                guard part.data.upperBound - part.data.lowerBound <= 4_096 else { return .unknown }
                settings = try walk.reader.bytes(
                    at: part.data.lowerBound, count: Int(part.data.upperBound - part.data.lowerBound))
            default: break
            }
        }
        return method == 0 ? .zlib : method == 3 ? .stripped(settings) : .unknown
    }

    /// Looks into the text of all `tracks` in `media`, runs of clusters.
    ///
    /// - Parameter cues: the index, and where what it says counts from.
    static func subtitles(
        _ walk: Walk, _ media: [Range<UInt64>], _ tracks: [TextTrack], cues: Range<UInt64>?, segment: Range<UInt64>
    ) throws(PlanningError) {
        guard !tracks.isEmpty else { return }
        let blocks = MatroskaBlocks(walk, tracks)
        var scan = SubtitleScan(walk)
        try scan.run(media) { scan, reader, position, range throws(PlanningError) in
            try blocks.step(&scan, &reader, position, range)
        }
        guard !scan.hasFound, let cues else { return }
        for position in try MatroskaCues(walk, tracks).positions(cues, segment) {
            guard let range = media.first(where: { $0.contains(position) }) else { continue }
            var reader = ForwardReader(walk, range)
            do { _ = try blocks.step(&scan, &reader, position, range) } catch {
                guard case .malformed = error else { throw error }
            }
        }
        guard scan.hasFound else { return }
        scan.restart()
        try scan.run(media, isSure: true) { scan, reader, position, range throws(PlanningError) in
            try blocks.step(&scan, &reader, position, range)
        }
    }
}

/// The blocks of text tracks (RFC 9559, 10), one element after the other.
private final class MatroskaBlocks {
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

/// How several frames share a block (RFC 9559, 10.3).
private struct MatroskaLacing {
    private enum Kind: UInt8 {
        case none
        case xiph
        case fixed
        case ebml
    }

    private let kind: Kind

    init(_ bits: UInt8) { kind = Kind(rawValue: bits) ?? .none }

    func frames(
        _ reader: inout ForwardReader, _ range: Range<UInt64>
    ) throws(PlanningError) -> [Range<UInt64>] {
        guard kind != .none else { return [range] }
        guard range.upperBound - range.lowerBound <= TelemetryText.limit else { throw .malformed("a long lace") }
        let bytes = try reader.bytes(at: range.lowerBound, count: range.upperBound - range.lowerBound)
        guard let first = bytes.first else { throw .malformed("lace is cut off") }
        var sizes: [UInt64] = []
        var index = 1
        for frame in 0..<Int(first) {
            switch kind {
            case .xiph: sizes.append(try xiph(bytes, &index))
            case .ebml: sizes.append(try ebml(bytes, &index, after: frame == 0 ? nil : sizes.last))
            case .fixed, .none: sizes.append(UInt64(bytes.count - 1) / (UInt64(first) + 1))
            }
        }
        var position = range.lowerBound + UInt64(index)
        var frames: [Range<UInt64>] = []
        for size in sizes {
            guard size <= range.upperBound - position else { throw .malformed("lace does not fit") }
            frames.append(position..<position + size)
            position += size
        }
        return frames + [position..<range.upperBound]
    }

    private func xiph(_ bytes: [UInt8], _ index: inout Int) throws(PlanningError) -> UInt64 {
        var size: UInt64 = 0
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            size += UInt64(byte)
            if byte < 255 { return size }
        }
        throw .malformed("lace is cut off")
    }

    /// The first size is a number, the others are differences, around a number in the middle.
    private func ebml(_ bytes: [UInt8], _ index: inout Int, after last: UInt64?) throws(PlanningError) -> UInt64 {
        guard let number = EBMLElement.number(bytes[index...]) else { throw .malformed("lace is cut off") }
        index += number.length
        guard let last else { return number.value }
        let (sum, overflow) = last.addingReportingOverflow(number.value)
        let middle = (UInt64(1) << UInt64(7 * number.length - 1)) - 1
        guard !overflow, sum >= middle else { throw .malformed("lace of a negative length") }
        return sum - middle
    }
}

/// The index of a segment (RFC 9559, 5.1.5): where subtitles are that begin late.
private struct MatroskaCues {
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
