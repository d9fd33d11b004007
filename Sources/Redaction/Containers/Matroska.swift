/// Matroska and WebM (RFC 9559): tags that name a location, attachments that are media of their own, positions in video and
/// in subtitles.
enum Matroska: Container {
    static let name = "Matroska"

    enum ID {
        static let segment = EBMLElement.segment
        static let cluster = EBMLElement.cluster
        static let tags: UInt32 = 0x1254_C367
        static let tag: UInt32 = 0x7373
        static let simpleTag: UInt32 = 0x67C8
        static let tagName: UInt32 = 0x45A3
        static let tagString: UInt32 = 0x4487
        static let tagBinary: UInt32 = 0x4485
        static let attachments: UInt32 = 0x1941_A469
        static let attachedFile: UInt32 = 0x61A7
        static let fileData: UInt32 = 0x465C
        static let info: UInt32 = 0x1549_A966
        static let title: UInt32 = 0x7BA9
        static let chapters: UInt32 = 0x1043_A770
        static let editionEntry: UInt32 = 0x45B9
        static let chapter: UInt32 = 0xB6
        static let chapterDisplay: UInt32 = 0x80
        static let chapterString: UInt32 = 0x85
        static let tracks: UInt32 = 0x1654_AE6B
        static let trackEntry: UInt32 = 0xAE
        static let trackNumber: UInt32 = 0xD7
        static let trackType: UInt32 = 0x83
        static let trackName: UInt32 = 0x536E
        static let codec: UInt32 = 0x86
        static let codecPrivate: UInt32 = 0x63A2
        static let contentEncodings: UInt32 = 0x6D80
        static let contentEncoding: UInt32 = 0x6240
        static let encodingScope: UInt32 = 0x5032
        static let compression: UInt32 = 0x5034
        static let compressionMethod: UInt32 = 0x4254
        static let compressionSettings: UInt32 = 0x4255
        static let simpleBlock: UInt32 = 0xA3
        static let blockGroup: UInt32 = 0xA0
        static let block: UInt32 = 0xA1
        static let encryptedBlock: UInt32 = 0xAF
        static let blockAdditions: UInt32 = 0x75A1
        static let blockMore: UInt32 = 0xA6
        static let blockAdditional: UInt32 = 0xA5
        static let cues: UInt32 = 0x1C53_BB6B
        static let cuePoint: UInt32 = 0xBB
        static let cuePositions: UInt32 = 0xB7
        static let cueTrack: UInt32 = 0xF7
        static let cueCluster: UInt32 = 0xF1
        static let cueRelative: UInt32 = 0xF0
    }

    static func matches(_ head: [UInt8], _ walk: Walk, _ range: Range<UInt64>) -> Bool {
        head.starts(with: [0x1A, 0x45, 0xDF, 0xA3])
    }

    static func plan(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        var hasSegment = false
        for element in try EBMLElement.children(walk, range) where element.id == ID.segment {
            hasSegment = true
            try segment(try walk.nested(), element.data)
        }
        guard hasSegment else { throw .malformed("no segment") }
    }

    private static func segment(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        var position = range.lowerBound
        var media: [Range<UInt64>] = []
        var texts: [TextTrack] = []
        var cues: Range<UInt64>?
        var forward = ForwardReader(walk, range)
        while position < range.upperBound {
            let element = try EBMLElement.read(walk, at: position, in: range)
            switch element.id {
            case ID.tags: try mended(walk, element) { walk, range throws(PlanningError) in try tags(walk, range) }
            case ID.attachments:
                try mended(walk, element) { walk, range throws(PlanningError) in try attachments(walk, range) }
            case ID.info: try mended(walk, element) { walk, range throws(PlanningError) in try info(walk, range) }
            case ID.chapters:
                try mended(walk, element) { walk, range throws(PlanningError) in try chapters(walk, range) }
            case ID.tracks:
                try mended(walk, element) { walk, range throws(PlanningError) in
                    texts += try textTracks(walk, range)
                }
            case ID.cues: cues = element.data
            // Where one is damaged, readers look for the next.
            case ID.segment: try segment(try walk.nested(), element.data)
            default: break
            }
            if element.isOpen {
                // A cluster that was written while it was recorded ends where the next one begins.
                guard element.id == ID.cluster || element.id == ID.segment else {
                    throw .malformed("element of unknown size")
                }
                guard element.id == ID.cluster else { break }
                position = try end(of: walk, element.data, &forward)
            } else {
                position = element.data.upperBound
            }
            guard element.id == ID.cluster else { continue }
            if let last = media.last, last.upperBound == element.start {
                media[media.count - 1] = last.lowerBound..<position
            } else {
                media.append(element.start..<position)
            }
        }
        try MediaScan(walk, media).plan()
        try subtitles(walk, media, texts, cues: cues, segment: range)
    }

    /// Where an open cluster ends: at the first element of the segment's own level. Of one that cannot be followed, or that
    /// was cut off, the rest is blanked, for tags may stand there.
    private static func end(
        of walk: Walk, _ range: Range<UInt64>, _ reader: inout ForwardReader
    ) throws(PlanningError) -> UInt64 {
        var position = range.lowerBound
        while position < range.upperBound {
            reader.enlargeIfLong()
            do {
                let element = try EBMLElement.read(&reader, at: position, in: range)
                if element.id > 0xFF_FFFF { return position }
                position = element.data.upperBound
            } catch {
                guard let reason = error.reason else { throw error }
                walk.draft.blank(
                    position..<range.upperBound, kind: "media data", reason: "rest of the media data blanked: \(reason)"
                )
                return range.upperBound
            }
        }
        return position
    }

    /// Plans a master element; if something in it was patched, its checksum (RFC 8794, 11.3.1) becomes a void element.
    static func mended(
        _ walk: Walk, _ element: EBMLElement, _ body: (Walk, Range<UInt64>) throws(PlanningError) -> Void
    ) throws(PlanningError) {
        let mark = walk.draft.mark
        try body(try walk.nested(), element.data)
        guard walk.draft.hasPatches(since: mark), !element.data.isEmpty,
            let first = try? EBMLElement.read(walk, at: element.data.lowerBound, in: element.data),
            first.id == EBMLElement.crc32
        else { return }
        walk.draft.patch(first.start..<first.start + 1, .bytes([EBMLElement.void]), "Matroska CRC-32")
    }

    private static func tags(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        for tag in try EBMLElement.children(walk, range) where tag.id == ID.tag {
            try mended(walk, tag) { walk, range throws(PlanningError) in try simpleTags(walk, range) }
        }
    }

    private static func simpleTags(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        for element in try EBMLElement.children(walk, range) where element.id == ID.simpleTag {
            try mended(walk, element) { walk, range throws(PlanningError) in try simpleTag(walk, range) }
        }
    }

    private static func simpleTag(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        let parts = try EBMLElement.children(walk, range)
        var key = ""
        if let name = parts.first(where: { $0.id == ID.tagName }) {
            let length = Int(min(256, name.data.upperBound - name.data.lowerBound))
            key = String(decoding: try walk.reader.bytes(at: name.data.lowerBound, count: length), as: UTF8.self)
        }
        let isLocation = LocationAtoms.isLocation(key: key)
        for part in parts {
            switch part.id {
            case ID.tagString where isLocation: walk.draft.patch(part.data, .fill(0x20), "Matroska tag \(key)")
            case ID.tagBinary where isLocation: walk.draft.patch(part.data, .fill(0), "Matroska tag \(key)")
            case ID.tagString where part.data.upperBound - part.data.lowerBound <= 65_536:
                try ISOMedia.text(walk, part.data, "Matroska tag \(key)")
            case ID.tagBinary: try NestedMedia.plan(try walk.nested(), part.data)
            case ID.simpleTag:
                try mended(walk, part) { walk, range throws(PlanningError) in try simpleTag(walk, range) }
            default: break
            }
        }
    }

    private static func attachments(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        for file in try EBMLElement.children(walk, range) where file.id == ID.attachedFile {
            try mended(walk, file) { walk, range throws(PlanningError) in
                for part in try EBMLElement.children(walk, range) where part.id == ID.fileData {
                    try NestedMedia.plan(try walk.nested(), part.data)
                }
            }
        }
    }

    private static func chapters(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        for part in try EBMLElement.children(walk, range) {
            switch part.id {
            case ID.editionEntry, ID.chapter, ID.chapterDisplay:
                try mended(walk, part) { walk, range throws(PlanningError) in try chapters(walk, range) }
            case ID.chapterString where part.data.upperBound - part.data.lowerBound <= 4_096:
                try ISOMedia.text(walk, part.data, "Matroska chapter")
            default: break
            }
        }
    }

    private static func info(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        for part in try EBMLElement.children(walk, range)
        where part.id == ID.title && part.data.upperBound - part.data.lowerBound <= 4_096 {
            try ISOMedia.text(walk, part.data, "Matroska title")
        }
    }
}
