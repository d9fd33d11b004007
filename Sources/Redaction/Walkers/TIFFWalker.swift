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
    var visited: Set<UInt64> = []
    /// IFDs that stay, and what must not overlap them.
    var directories: [Range<UInt64>] = []
    var zeroed: [Range<UInt64>] = []
    /// Upper-case beginning of the Make tag; maker notes without a header are told by it.
    var make = ""
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
            case .wideText:
                if let value = entry.value, !entry.isInline {
                    try wideCoordinates(value, "\(options.name) \(known.name)")
                }
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
        guard try walk.reader.u8(at: value.lowerBound) == 0x3C else { return }
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

    /// Bytes that are spoken for and not searched for stray coordinates: IFDs, values, strips and tiles.
    var covered: [Range<UInt64>] = []
    var isCoverKnown = true

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
    func offsets(
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
}
