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
        // Films have no tracks of metadata.
        try scan.run(media, isSure: tracks.contains { $0.type == 33 }) {
            scan, reader, position, range throws(PlanningError) in
            try blocks.step(&scan, &reader, position, range)
        }
        guard !scan.isThorough, let cues else { return }
        for position in try MatroskaCues(walk, tracks).positions(cues, segment) {
            guard let range = media.first(where: { $0.contains(position) }) else { continue }
            var reader = ForwardReader(walk, range)
            do { _ = try blocks.step(&scan, &reader, position, range) } catch {
                guard case .malformed = error else { throw error }
            }
        }
        guard scan.isThorough else { return }
        scan.restart()
        try scan.run(media, isSure: true) { scan, reader, position, range throws(PlanningError) in
            try blocks.step(&scan, &reader, position, range)
        }
    }
}
