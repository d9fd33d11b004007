/// A TIFF structure that is a block of metadata: Exif, and what is built like it.
enum ExifBlock {
    struct Options {
        /// The first IFD is the GPS IFD itself (Canon CR3 `CMT4`).
        var firstIsGPS = false
        /// A whole TIFF or raw file: what cannot be parsed leaves the pixels, and previews are looked into.
        var isFile = false
        /// For kinds and reasons.
        var name = "Exif"
    }

    /// Patches the location of the TIFF structure whose header stands at `range.lowerBound`.
    ///
    /// A block in which a place for location is not understood is blanked whole, with a reason; so is one in which
    /// libexif, which reads the patched block again, still finds GPS. Throws for a file (`isFile`) without a first
    /// IFD, else only what the source throws.
    static func plan(_ walk: Walk, _ range: Range<UInt64>, _ options: Options = Options()) throws(PlanningError) {
        if options.isFile {
            try TIFFWalker(walk, options).plan(range)
            return
        }
        try walk.unit(range, options.name) { () throws(PlanningError) in
            let mark = walk.draft.mark
            try TIFFWalker(walk, options).plan(range)
            try ExifCheck.run(walk, range, since: mark, options)
        }
    }
}

/// One pass over all IFDs of a TIFF structure.
final class TIFFWalker {
    let walk: Walk
    let options: ExifBlock.Options
    /// IFDs that were looked into, by position: a loop ends there.
    private var visited: Set<UInt64> = []
    /// IFDs that stay, and what must not overlap them.
    private var directories: [Range<UInt64>] = []
    private var zeroed: [Range<UInt64>] = []
    /// Upper-case beginning of the Make tag; maker notes without a header are told by it.
    private var make = ""
    private var iptcChanged = false
    /// What goes if a position goes, and alone says no more than the time zone.
    private var companions: [(range: Range<UInt64>, kind: String)] = []

    static let directoryLimit = 256

    init(_ walk: Walk, _ options: ExifBlock.Options) {
        self.walk = walk
        self.options = options
    }

    func plan(_ range: Range<UInt64>) throws(PlanningError) {
        let header = try TIFFLayout.header(walk, range)
        guard let first = header.layout.position(header.firstIFD), header.firstIFD >= 8 else {
            throw .malformed("first IFD outside of the block")
        }
        if options.firstIsGPS {
            try emptyGPS(header.layout, at: first)
        } else {
            try chain(header.layout, at: first, isFirst: true)
        }
        try checkOverlaps()
        if !zeroed.isEmpty {
            for (range, kind) in companions { walk.draft.patch(range, .fill(0), kind) }
        }
        try gaps(header.layout)
    }

    /// The IFD at `position` and those that follow it.
    private func chain(_ layout: TIFFLayout, at position: UInt64, isFirst: Bool) throws(PlanningError) {
        var position = position
        var isFirst = isFirst
        while visited.insert(position).inserted {
            guard visited.count <= Self.directoryLimit else { throw .limit("more than \(Self.directoryLimit) IFDs") }
            let directory: TIFFDirectory
            do throws(PlanningError) {
                directory = try TIFFDirectory.read(walk, layout, at: position)
                let known = directory.entries.count { TIFFLayout.width($0.type) > 0 }
                guard !isFirst || known * 2 > directory.entries.count else {
                    throw PlanningError.malformed("IFD0 is damaged")
                }
                guard known * 2 >= directory.entries.count else { return }
            } catch {
                guard case .malformed = error, !isFirst else { throw error }
                // No reader gets any further here either.
                return
            }
            isFirst = false
            directories.append(directory.range)
            try plan(directory)
            guard directory.next != 0, let next = layout.position(directory.next) else { return }
            position = next
        }
    }

    private func plan(_ directory: TIFFDirectory) throws(PlanningError) {
        var removed: Set<Int> = []
        for (index, entry) in directory.entries.enumerated() {
            if entry.tag == 0x010F, let value = entry.value { make = try text(value, limit: 16).uppercased() }
            guard let known = LocationTags.byTag[entry.tag] else {
                try stray(entry)
                continue
            }
            switch known.action {
            case .gpsIFD:
                if try gps(entry, in: directory) { removed.insert(index) }
            case .remove:
                if let value = entry.value, !entry.isInline { zero(value, "\(options.name) \(known.name)") }
                removed.insert(index)
            case .text:
                if let value = entry.value, !entry.isInline { try coordinates(value, "\(options.name) \(known.name)") }
            case .blank:
                if let value = entry.value, !entry.isInline {
                    zero(value, "\(options.name) \(known.name)")
                    walk.draft.note("\(known.name) blanked: a whole file inside of this one")
                }
                removed.insert(index)
            default:
                let mark = walk.draft.mark
                try descend(entry, known, in: directory)
                // A blanked packet would make readers complain.
                if let value = entry.value, !entry.isInline, walk.draft.hasPatches(since: mark),
                    walk.draft.isBlank(value, since: mark)
                {
                    removed.insert(index)
                }
            }
        }
        try media(of: directory)
        try cover(directory)
        guard !removed.isEmpty else { return }
        if directory.isComplete, directory.range.upperBound - directory.range.lowerBound <= 1 << 20 {
            let bytes = try directory.rewritten(walk, removing: removed)
            walk.draft.patch(directory.range, .bytes(bytes), "\(options.name) IFD without its location entries")
        } else {
            for index in removed {
                walk.draft.patch(directory.entries[index].range, .fill(0), "\(options.name) location entry")
            }
        }
    }

    /// XMP under a tag that is not its own: programs look for packets by what they look like, too.
    private func stray(_ entry: TIFFEntry) throws(PlanningError) {
        guard let value = entry.value, !entry.isInline, [1, 2, 7].contains(entry.type),
            (64...(1 << 20)).contains(value.upperBound - value.lowerBound)
        else { return }
        let head = try walk.reader.bytes(at: value.lowerBound, count: 16)
        guard ["<?xpacket begin", "<x:xmpmeta", "<rdf:RDF"].contains(where: { head.starts(with: Array($0.utf8)) })
        else { return }
        try XMPPacket.plan(walk, value)
    }

    /// What an entry's value holds beside location itself.
    private func descend(
        _ entry: TIFFEntry, _ known: LocationTags.Entry, in directory: TIFFDirectory
    ) throws(PlanningError) {
        guard let value = entry.value else { return }
        switch known.action {
        case .subIFD:
            for offset in try offsets(entry, directory.layout) {
                guard let position = directory.layout.position(offset) else { continue }
                try deeper().chain(directory.layout, at: position)
            }
        case .xmp where !entry.isInline:
            try XMPPacket.plan(walk, value)
        case .iptc where !entry.isInline:
            let mark = walk.draft.mark
            try walk.unit(value, "IPTC") { () throws(PlanningError) in try IPTC.plan(walk, value) }
            iptcChanged = iptcChanged || walk.draft.hasPatches(since: mark)
        case .photoshop where !entry.isInline:
            try walk.unit(value, "Photoshop resources") { () throws(PlanningError) in
                try PhotoshopResources.plan(try walk.nested(), value, iptcChanged: iptcChanged)
            }
        case .makerNote where !entry.isInline:
            try MakerNote(self, directory.layout, make: make).plan(value)
        case .dngPrivate where !entry.isInline:
            try MakerNote(self, directory.layout, make: make).planAdobe(value)
        case .media where !entry.isInline:
            try NestedMedia.plan(try walk.nested(), value)
        default:
            break
        }
    }

    /// Guards the recursion of SubIFDs, which `visited` already keeps finite.
    private struct Deeper {
        let walker: TIFFWalker
        func chain(_ layout: TIFFLayout, at position: UInt64) throws(PlanningError) {
            walker.level += 1
            defer { walker.level -= 1 }
            try walker.chain(layout, at: position, isFirst: false)
        }
    }

    private var level = 0

    // MARK: What nothing points to

    /// Bytes that are spoken for and not searched for stray coordinates: IFDs, values, strips and tiles.
    private var covered: [Range<UInt64>] = []
    private var isCoverKnown = true
    private static let coverLimit = 16_384
    private static let gapLimit: UInt64 = 4 << 20

    private func cover(_ directory: TIFFDirectory) throws(PlanningError) {
        // A damaged directory hides nothing from the search but rationals, which look like coordinates.
        if directory.isSound {
            covered.append(directory.range)
            covered += directory.entries.filter { !$0.isInline && $0.tag != 0x8825 }.compactMap(\.value)
        } else {
            let rationals = directory.entries.filter { entry in
                (entry.type == 5 || entry.type == 10) && entry.tag >= 0x0100 && entry.count <= 8
            }
            covered += rationals.compactMap(\.value)
            covered += directory.entries.filter { $0.tag == 0x927C }.compactMap(\.value)
        }
        for (offsetTag, lengthTag): (UInt16, UInt16) in [(0x0111, 0x0117), (0x0144, 0x0145), (0x0201, 0x0202)] {
            guard let offsets = directory.entries.first(where: { $0.tag == offsetTag }),
                let lengths = directory.entries.first(where: { $0.tag == lengthTag })
            else { continue }
            let limit = UInt64(Self.coverLimit)
            isCoverKnown = isCoverKnown && offsets.count <= limit
            let starts = try self.offsets(offsets, directory.layout, limit: limit)
            let counts = try self.offsets(lengths, directory.layout, limit: limit)
            for (offset, count) in zip(starts, counts) {
                guard let start = directory.layout.position(offset) else { continue }
                // A strip that does not fit is damaged, and hides nothing.
                guard count <= directory.layout.range.upperBound - start else { continue }
                let end = start + count
                if let last = covered.last, last.upperBound == start {
                    covered[covered.count - 1] = last.lowerBound..<end
                } else if start < end {
                    covered.append(start..<end)
                }
            }
        }
        isCoverKnown = isCoverKnown && covered.count <= Self.coverLimit
    }

    /// An editor that appends a new IFD leaves the old one behind, and a small TIFF may lie inside of a large one:
    /// what nothing points to, and is no pixel data, is searched for both.
    private func gaps(_ layout: TIFFLayout) throws(PlanningError) {
        guard isCoverKnown else { return }
        var position = layout.range.lowerBound + 8
        var searched: UInt64 = 0
        var list = covered.sorted { $0.lowerBound < $1.lowerBound }
        list.append(layout.range.upperBound..<layout.range.upperBound)
        for range in list {
            if position < range.lowerBound, range.lowerBound - position >= 24 {
                let gap = position..<min(range.lowerBound, position + (Self.gapLimit - searched))
                searched += gap.upperBound - gap.lowerBound
                try OrphanGPS.clear(walk, gap, layout)
                if options.isFile {
                    try Salvage.plan(walk, gap)
                } else {
                    try Salvage.coordinates(walk, gap, [layout.order])
                }
                guard searched < Self.gapLimit else { return }
            }
            position = max(position, range.upperBound)
        }
    }

    // MARK: SubIFDs

    private func deeper() throws(PlanningError) -> Deeper {
        guard level < walk.reader.limits.depth else { throw .limit("IFDs nested deeper than \(level)") }
        return Deeper(walker: self)
    }

    /// IFDs inside a maker note, whose offsets count from elsewhere.
    func maker(_ layout: TIFFLayout, at position: UInt64) throws(PlanningError) {
        try deeper().chain(layout, at: position)
    }

    /// The offsets in an entry's value (SHORT, LONG, IFD, LONG8, IFD8), at most `limit` of them.
    private func offsets(
        _ entry: TIFFEntry, _ layout: TIFFLayout, limit: UInt64 = 256
    ) throws(PlanningError) -> [UInt64] {
        guard let value = entry.value else { return [] }
        let width = TIFFLayout.width(entry.type)
        var result: [UInt64] = []
        guard width > 0 else { return [] }
        for index in 0..<min(entry.count, limit, (value.upperBound - value.lowerBound) / width) {
            let position = value.lowerBound + index * width
            switch width {
            case 2: result.append(UInt64(try walk.reader.u16(at: position, layout.order)))
            case 4: result.append(UInt64(try walk.reader.u32(at: position, layout.order)))
            case 8: result.append(try walk.reader.u64(at: position, layout.order))
            default: return result
            }
        }
        return result
    }

    /// Remembers a value that goes with a position (Canon's time zone city).
    func accompany(_ range: Range<UInt64>, _ kind: String) { companions.append((range, kind)) }

    // MARK: GPS

    /// The GPS IFD that `entry` points to: all of it and all of its values become zeros.
    ///
    /// - Returns: whether there is anything, so that the entry has to go.
    private func gps(_ entry: TIFFEntry, in directory: TIFFDirectory) throws(PlanningError) -> Bool {
        // A pointer of no values to nowhere says nothing.
        if entry.count == 0 {
            guard entry.field >= 8, let position = directory.layout.position(entry.field),
                !directories.contains(where: { $0.lowerBound == position })
            else { return false }
        }
        var targets = try offsets(entry, directory.layout)
        if entry.count > 1 { try doubt("GPS pointer of \(entry.count) values") }
        if entry.count != 1 || targets.isEmpty { targets.append(entry.field) }
        for offset in targets {
            guard let position = directory.layout.position(offset) else {
                try doubt("GPS IFD outside of the block")
                continue
            }
            guard visited.insert(position).inserted else {
                try doubt(directories.contains { $0.lowerBound == position } ? "GPS IFD is another IFD" : nil)
                continue
            }
            let gps: TIFFDirectory
            do {
                gps = try TIFFDirectory.read(walk, directory.layout, at: position)
            } catch {
                guard case .malformed(let reason) = error else { throw error }
                try doubt(reason)
                continue
            }
            try zeroGPS(gps)
        }
        return true
    }

    private func zeroGPS(_ gps: TIFFDirectory) throws(PlanningError) {
        // Exif knows 32 GPS tags; more than 64 entries, or one that is truncated, is no GPS IFD. An entry whose value is
        // not where it says, or not what the tag is, may hide where it really is.
        let isSound = gps.entries.allSatisfy { entry in
            entry.value != nil
                && (!LocationTags.gpsCoordinates.contains(entry.tag)
                    || (entry.count == 3 && (entry.type == 5 || entry.type == 10)))
        }
        if !options.isFile, !isSound { throw .malformed("GPS IFD is damaged") }
        guard gps.isComplete, gps.entries.count <= 64 else {
            try doubt("GPS IFD of \(gps.entries.count) entries or more is damaged")
            let entries = gps.entries.prefix(64).filter { $0.tag <= 0x1F && TIFFLayout.width($0.type) != 0 }
            try zeroValues(of: entries, gps.layout)
            for entry in entries { zero(entry.range, "\(options.name) GPS IFD") }
            return
        }
        try zeroValues(of: gps.entries, gps.layout)
        zero(gps.range, "\(options.name) GPS IFD")
        guard isSound else { return }
        covered.append(gps.range)
        covered += gps.entries.filter { !$0.isInline }.compactMap(\.value)
    }

    private func zeroValues(of entries: [TIFFEntry], _ layout: TIFFLayout) throws(PlanningError) {
        for entry in entries {
            if !entry.isInline, let value = entry.value { zero(value, "\(options.name) GPS value") }
            try zeroOddCoordinate(entry, layout)
        }
    }

    /// A coordinate whose type or count is damaged is as long as one that is not.
    private func zeroOddCoordinate(_ entry: TIFFEntry, _ layout: TIFFLayout) throws(PlanningError) {
        guard LocationTags.gpsCoordinates.contains(entry.tag), entry.count != 3 || ![5, 10].contains(entry.type),
            entry.field >= 8, let start = layout.position(entry.field), layout.range.upperBound - start >= 24,
            OrphanGPS.isCoordinate(try walk.reader.bytes(at: start, count: 24), layout.order)
        else { return }
        zero(start..<start + 24, "\(options.name) GPS value")
    }

    /// Canon's `CMT4`: the TIFF structure stays, its only IFD says nothing any more.
    private func emptyGPS(_ layout: TIFFLayout, at position: UInt64) throws(PlanningError) {
        let gps = try TIFFDirectory.read(walk, layout, at: position)
        guard gps.isComplete, gps.entries.count <= 64 else { throw .malformed("GPS IFD is damaged") }
        guard !gps.entries.isEmpty else { return }
        try zeroValues(of: gps.entries, gps.layout)
        walk.draft.patch(gps.range, .bytes(gps.emptied()), "\(options.name) GPS IFD")
        directories.append(gps.range)
    }

    /// A place for GPS data that is not understood: in a block of metadata all of it is given up; in a file the
    /// entry goes and the reason is noted.
    private func doubt(_ reason: String?) throws(PlanningError) {
        guard let reason else { return }
        guard options.isFile else { throw .malformed(reason) }
        walk.draft.note("\(options.name): \(reason); its entry removed")
    }

    private func zero(_ range: Range<UInt64>, _ kind: String) {
        zeroed.append(range)
        walk.draft.patch(range, .fill(0), kind)
    }

    /// Of two overlapping patches the first wins, so location must not lie in an IFD that is written anew.
    private func checkOverlaps() throws(PlanningError) {
        guard !zeroed.isEmpty else { return }
        let kept = directories.sorted { $0.lowerBound < $1.lowerBound }
        for range in zeroed {
            if kept.contains(where: { $0.overlaps(range) }) { throw .malformed("GPS data inside of another IFD") }
        }
    }

    // MARK: Text and media

    private func text(_ value: Range<UInt64>, limit: UInt64) throws(PlanningError) -> String {
        let count = Int(min(limit, value.upperBound - value.lowerBound))
        let bytes = try walk.reader.bytes(at: value.lowerBound, count: count)
        return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }

    private func coordinates(_ value: Range<UInt64>, _ kind: String) throws(PlanningError) {
        guard value.upperBound - value.lowerBound <= 64 << 10 else { return }
        let bytes = try walk.reader.bytes(at: value.lowerBound, count: Int(value.upperBound - value.lowerBound))
        for found in LocationText.coordinates(in: bytes) {
            let lower = value.lowerBound + UInt64(found.lowerBound)
            walk.draft.patch(lower..<value.lowerBound + UInt64(found.upperBound), .fill(0x20), "\(kind) coordinates")
        }
    }

    /// JPEG thumbnails and previews that carry metadata of their own.
    private func media(of directory: TIFFDirectory) throws(PlanningError) {
        func first(_ tag: UInt16) throws(PlanningError) -> UInt64? {
            guard let entry = directory.entries.first(where: { $0.tag == tag }), entry.count == 1 else { return nil }
            return try offsets(entry, directory.layout).first
        }
        for (offsetTag, lengthTag): (UInt16, UInt16) in [(0x0201, 0x0202), (0x0111, 0x0117)] {
            guard let offset = try first(offsetTag), let position = directory.layout.position(offset) else { continue }
            let available = directory.layout.range.upperBound - position
            let length = min(try first(lengthTag) ?? available, available)
            try preview(position..<position + length)
        }
    }

    /// A JPEG, if there is one.
    func preview(_ range: Range<UInt64>) throws(PlanningError) {
        guard range.upperBound - range.lowerBound > 4 else { return }
        let head = try walk.reader.bytes(at: range.lowerBound, count: 4)
        // Lossless raw data is also a JPEG stream, but goes on with DHT or SOF, not with metadata.
        guard head[0] == 0xFF, head[1] == 0xD8, head[2] == 0xFF, head[3] >= 0xDB else { return }
        try JPEG.planNested(try walk.nested(), range)
    }
}
