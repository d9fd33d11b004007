/// The logical streams of an Ogg file, as far as their headers go.
///
/// A class because one walk's state goes through the pieces in which the file is read; used from one thread.
final class OggStreams {
    let walk: Walk
    private let mark: Draft.Mark
    /// Streams whose headers are not complete.
    private var open: [UInt32: Stream] = [:]
    private var known: Set<UInt32> = []
    /// Pages with parts of headers, whose checksums may have to be made right.
    private var pages: [Range<UInt64>] = []

    /// Bounds for hostile files: real ones have a handful.
    private static let streamLimit = 4_096
    private static let pieceLimit = 4_096
    private static let pageLimit = 16_384

    private final class Stream {
        var codec: OggCodec = .unknown
        var hasBeginning = true
        /// Index of the packet that is gathered.
        var packet = 0
        var pieces: [Range<UInt64>] = []
        /// There were too many pieces: the packet's remaining parts go unseen.
        var isBlanked = false
    }

    init(_ walk: Walk) {
        self.walk = walk
        mark = walk.draft.mark
    }

    /// The packets of a page, which stands in `bytes`, which stand at `offset` of the file.
    func add(_ page: OggPage, _ bytes: [UInt8], at offset: UInt64) throws(PlanningError) {
        if page.isFirst || !known.contains(page.serial) {
            guard known.count < Self.streamLimit else { throw .limit("more than \(Self.streamLimit) streams") }
            known.insert(page.serial)
            let stream = Stream()
            stream.hasBeginning = page.isFirst
            open[page.serial] = stream
        }
        guard let stream = open[page.serial] else { return }
        if pages.count < Self.pageLimit { pages.append(offset + UInt64(page.start)..<offset + UInt64(page.end)) }
        // A packet whose end got lost.
        if !page.isContinued, !stream.pieces.isEmpty { try end(stream, page.serial) }
        var position = offset + UInt64(page.segments.upperBound)
        var start = position
        for segment in bytes[page.segments] {
            position += UInt64(segment)
            guard segment < 255 else { continue }
            piece(stream, start..<position)
            try end(stream, page.serial)
            guard open[page.serial] === stream else { return }
            start = position
        }
        piece(stream, start..<position)
    }

    /// What follows the last page: the beginning of a page that was cut off, or something else.
    func rest(_ range: Range<UInt64>, isPage: Bool) throws(PlanningError) {
        guard isPage, open.isEmpty else {
            if isPage || !open.isEmpty {
                return walk.draft.blank(range, kind: "last page", reason: "last page blanked: it is cut off")
            }
            return try Trailer.plan(walk, range)
        }
    }

    /// Ends packets that the file does not end, and makes checksums right.
    func finish() throws(PlanningError) {
        for (serial, stream) in open where !stream.pieces.isEmpty { try end(stream, serial) }
        let plan = walk.draft.plan(since: mark)
        do {
            for page in pages where plan.touches(page) { try mend(page, plan) }
        } catch {
            guard case .limit(let reason) = error else { throw error }
            walk.draft.note("checksums of Ogg pages are wrong: \(reason)")
        }
    }

    // MARK: Packets

    private func piece(_ stream: Stream, _ range: Range<UInt64>) {
        guard !range.isEmpty else { return }
        guard stream.pieces.count < Self.pieceLimit, !stream.isBlanked else {
            stream.isBlanked = true
            return walk.draft.blank(range, kind: "Ogg header", reason: "Ogg header blanked: in too many pages")
        }
        stream.pieces.append(range)
    }

    private func end(_ stream: Stream, _ serial: UInt32) throws(PlanningError) {
        let pieces = stream.pieces
        stream.pieces = []
        guard !pieces.isEmpty else { return }
        defer { stream.packet += 1 }
        if stream.isBlanked {
            stream.isBlanked = false
            for piece in pieces { walk.draft.patch(piece, .fill(0), "Ogg header") }
            return
        }
        let mark = walk.draft.mark
        var isComplete = false
        do {
            try walk.spread(pieces) { walk, range throws(PlanningError) in
                if stream.packet == 0 {
                    stream.codec = try OggCodec.of(walk, range)
                    if stream.codec == .unknown, !stream.hasBeginning { stream.codec = .headless }
                }
                isComplete = try stream.codec.header(walk, range, index: stream.packet)
            }
        } catch {
            guard case .malformed(let reason) = error else { throw error }
            walk.draft.rollback(to: mark)
            for piece in pieces {
                walk.draft.blank(piece, kind: "Ogg header", reason: "Ogg header blanked: \(reason)")
            }
        }
        if isComplete || stream.packet >= 64 { open[serial] = nil }
    }

    /// A checksum that was right is right again; one that was wrong stays so.
    private func mend(_ page: Range<UInt64>, _ plan: RedactionPlan) throws(PlanningError) {
        let stored = page.lowerBound + 22..<page.lowerBound + 26
        guard !plan.touches(stored) else { return }
        var old = try walk.reader.bytes(at: page.lowerBound, count: Int(page.upperBound - page.lowerBound))
        let before = old[22..<26].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        old.replaceSubrange(22..<26, with: [0, 0, 0, 0])
        var new = old
        new.withUnsafeMutableBytes { plan.apply(to: $0, at: page.lowerBound) }
        let after = before ^ OggPage.checksum(old) ^ OggPage.checksum(new)
        walk.draft.patch(
            stored, .bytes((0..<4).map { UInt8(truncatingIfNeeded: after >> (8 * $0)) }), "Ogg page checksum")
    }
}

/// How a stream's headers are laid out.
enum OggCodec {
    case vorbis
    case opus
    case theora
    case flac
    /// Comments are the second packet, without anything in front.
    case bare
    /// It began somewhere else, or its first page is damaged.
    case headless
    case unknown

    /// Told from the first packet.
    static func of(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) -> OggCodec {
        let head = try walk.reader.bytes(at: range.lowerBound, count: Int(min(8, range.upperBound - range.lowerBound)))
        let marks: [(String, OggCodec)] = [
            ("\u{1}vorbis", .vorbis), ("OpusHead", .opus), ("\u{7F}FLAC", .flac), ("Speex   ", .bare),
            ("PCM     ", .bare),
        ]
        if head.starts(with: [0x80] + Array("theora".utf8)) { return .theora }
        return marks.first { head.starts(with: Array($0.0.utf8)) }?.1 ?? .unknown
    }

    /// Plans the header packet with this index.
    ///
    /// - Returns: whether it is the last one.
    func header(_ walk: Walk, _ range: Range<UInt64>, index: Int) throws(PlanningError) -> Bool {
        let head = try walk.reader.bytes(at: range.lowerBound, count: Int(min(9, range.upperBound - range.lowerBound)))
        if self == .flac, index > 0 { return try flac(walk, range, head) }
        let marks: [[UInt8]] = [
            [3] + Array("vorbis".utf8), Array("OpusTags".utf8), [0x81] + Array("theora".utf8),
            Array("OVP80\u{2} ".utf8), [0x81] + Array("kate\0\0\0\0".utf8),
        ]
        if let mark = marks.first(where: { head.starts(with: $0) }) {
            try VorbisComment.plan(walk, range.lowerBound + UInt64(mark.count)..<range.upperBound)
            return false
        }
        // Whose first packet is its comments has lost the real one; readers go by what it begins with.
        if self == .headless {
            if index > 2 { return true }
            throw .malformed("no stream begins there")
        }
        guard index > 0 else {
            if self == .unknown { try search(walk, range, marks) }
            return false
        }
        switch self {
        case .bare:
            if index == 1 { try VorbisComment.plan(walk, range) }
            return true
        case .vorbis where index == 2 && head.starts(with: [5] + Array("vorbis".utf8)),
            .theora where index == 2 && head.starts(with: [0x82] + Array("theora".utf8)):
            return true
        case .opus where index > 1, .vorbis where index > 2, .theora where index > 2:
            return true
        case .vorbis, .theora, .opus:
            // Nobody can play a stream without its headers.
            throw .malformed("it is none")
        default:
            let mark = walk.draft.mark
            do { try VorbisComment.plan(walk, range) } catch {
                guard case .malformed = error else { throw error }
                walk.draft.rollback(to: mark)
            }
            return index >= 3
        }
    }

    /// Comments in the middle of a stream's first packet: a page's header is damaged.
    private func search(_ walk: Walk, _ range: Range<UInt64>, _ marks: [[UInt8]]) throws(PlanningError) {
        let bytes = try walk.reader.bytes(
            at: range.lowerBound, count: Int(min(65_536, range.upperBound - range.lowerBound)))
        guard !marks.contains(where: { Bytes.firstIndex(of: $0, in: bytes) != nil }) else {
            throw .malformed("comments in the middle of it")
        }
    }

    /// FLAC in Ogg (RFC 9639, 10.1): each metadata block is a packet.
    private func flac(_ walk: Walk, _ range: Range<UInt64>, _ head: [UInt8]) throws(PlanningError) -> Bool {
        guard head.count >= 4 else { throw .malformed("it is too short") }
        // An audio frame: the blocks have ended.
        if head[0] == 0xFF { return true }
        try FLAC.block(walk, head[0] & 0x7F, range.lowerBound + 4..<range.upperBound)
        return head[0] & 0x80 != 0
    }
}
