// The GPS IFD: all of it and all of its values go.

extension TIFFWalker {
    /// The GPS IFD that `entry` points to: all of it and all of its values become zeros.
    ///
    /// - Returns: whether there is anything, so that the entry has to go.
    func gps(_ entry: TIFFEntry, in directory: TIFFDirectory) throws(PlanningError) -> Bool {
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
    func emptyGPS(_ layout: TIFFLayout, at position: UInt64) throws(PlanningError) {
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

    func zero(_ range: Range<UInt64>, _ kind: String) {
        zeroed.append(range)
        walk.draft.patch(range, .fill(0), kind)
    }

    /// Of two overlapping patches the first wins, so location must not lie in an IFD that is written anew.
    func checkOverlaps() throws(PlanningError) {
        guard !zeroed.isEmpty else { return }
        let kept = directories.sorted { $0.lowerBound < $1.lowerBound }
        for range in zeroed {
            if kept.contains(where: { $0.overlaps(range) }) { throw .malformed("GPS data inside of another IFD") }
        }
    }
}
