// What nothing points to: old IFDs, structures inside of the structure.

extension TIFFWalker {
    private static let coverLimit = 16_384
    private static let gapLimit: UInt64 = 4 << 20

    func cover(_ directory: TIFFDirectory) throws(PlanningError) {
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
    func gaps(_ layout: TIFFLayout) throws(PlanningError) {
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
}
