// Timed tracks whose samples carry positions.

extension ISOMedia {
    /// The parts of a track that matter here.
    private struct Track {
        var formats: [String] = []
        /// What handles the track (ISO/IEC 14496-12, 8.4.3).
        var handler = ""
        /// It names a type of metadata that holds no positions.
        var isHarmless = false
        var table: [String: Box] = [:]
        /// Keys of timed metadata boxes (QuickTime `mebx`) name locations.
        var hasLocationKeys = false
    }

    static func track(_ walk: Walk, _ box: Box, _ movie: inout Movie) throws(PlanningError) {
        var track = Track()
        for child in try Box.children(walk, box.payload) {
            switch child.type {
            case "mdia": try media(try walk.nested(), child, &track, &movie)
            case "udta": try userData(try walk.nested(), child.payload, &movie)
            case "meta": try meta(try walk.nested(), child, &movie)
            case "uuid": try uuid(try walk.nested(), child, &movie)
            case "XMP_": try packet(walk, child, child.payload)
            default:
                if LocationAtoms.boxes[child.type] != nil { try location(walk, child, &movie) }
            }
        }
        let positions = track.formats.first {
            LocationAtoms.tracks[$0] != nil && ($0 != "mebx" || track.hasLocationKeys)
        }
        let isText = ["text", "sbtl", "subt"].contains(track.handler)
        let text = track.formats.first { LocationAtoms.textTracks.contains($0) || isText }
        guard let format = positions ?? text, positions != nil || !track.isHarmless else { return }
        if positions != nil { movie.hasPositions = true }
        try samples(walk, track, movie.file, format, isText: positions == nil)
    }

    private static func media(
        _ walk: Walk, _ box: Box, _ track: inout Track, _ movie: inout Movie
    ) throws(PlanningError) {
        for child in try Box.children(walk, box.payload) {
            switch child.type {
            case "minf", "stbl": try media(try walk.nested(), child, &track, &movie)
            case "hdlr" where child.payloadCount >= 12:
                let type = try walk.reader.bytes(at: child.payload.lowerBound + 8, count: 4)
                // Of a track's two handlers, the other one says how its data is referred to.
                if type != Array("alis".utf8), type != Array("url ".utf8) {
                    track.handler = String(decoding: type, as: UTF8.self)
                }
            case "stsd": try descriptions(walk, child, &track)
            case "stco", "co64", "stsz", "stz2", "stsc": track.table[child.type] = child
            case "udta": try userData(try walk.nested(), child.payload, &movie)
            default: break
            }
        }
    }

    /// What the description of a metadata track says of its samples; of one that is too long to be looked at, the worst.
    private static func names(
        _ walk: Walk, _ entry: Box
    ) throws(PlanningError) -> (areHarmless: Bool, areLocations: Bool) {
        guard ["mebx", "mett"].contains(entry.type) else { return (false, false) }
        guard entry.payloadCount <= 65_536 else { return (false, true) }
        let bytes = try walk.reader.bytes(at: entry.payload.lowerBound, count: Int(entry.payloadCount))
        let text = bytes.map { (65...90).contains($0) ? $0 + 32 : $0 }
        return (
            LocationAtoms.harmlessMIMETypes.contains { Bytes.firstIndex(of: $0, in: text) != nil },
            ["location", "gps", "iso6709"].contains { Bytes.firstIndex(of: $0, in: text) != nil }
        )
    }

    private static func descriptions(_ walk: Walk, _ box: Box, _ track: inout Track) throws(PlanningError) {
        guard box.payloadCount >= 8 else { return }
        for entry in try Box.children(try walk.nested(), box.payload.lowerBound + 8..<box.payload.upperBound) {
            track.formats.append(entry.type)
            let isFirst = track.formats.count == 1
            let names = try names(walk, entry)
            // A track may have several descriptions, and samples of each.
            track.isHarmless = (isFirst || track.isHarmless) && entry.type == "mett" && names.areHarmless
            track.hasLocationKeys = track.hasLocationKeys || names.areLocations
        }
    }

    // MARK: samples

    private static let readLimit = 1_500

    private static func samples(
        _ walk: Walk, _ track: Track, _ file: Range<UInt64>, _ format: String, isText: Bool
    ) throws(PlanningError) {
        // Formats whose samples are looked into one by one; the others go whole.
        let isLookedInto = ["gpmd", "camm"].contains(format) || isText
        try chunks(walk, track, file) { (chunk, count) throws(PlanningError) in
            guard isLookedInto, count <= readLimit else {
                return walk.draft.blank(
                    chunk.range, with: format == "camm" ? 0xFF : 0, kind: "\(format) track",
                    reason: "\(format) track blanked whole\(isLookedInto ? ": too many samples" : "")")
            }
            var position = chunk.range.lowerBound
            for size in chunk.sizes {
                guard size <= chunk.range.upperBound - position else {
                    walk.draft.blank(
                        position..<chunk.range.upperBound, kind: "\(format) sample",
                        reason: "\(format) sample blanked: it is cut off")
                    break
                }
                try sample(walk, position..<position + size, format, isText: isText)
                position += size
            }
        }
    }

    private static func sample(
        _ walk: Walk, _ range: Range<UInt64>, _ format: String, isText: Bool
    ) throws(PlanningError) {
        guard !range.isEmpty else { return }
        if isText {
            guard range.upperBound - range.lowerBound <= 65_536 else {
                walk.draft.blank(range, kind: "text sample", reason: "text sample blanked: longer than 64 KiB")
                return
            }
            return try TelemetryText.plan(walk, range, format)
        }
        if format == "camm" { return try cameraMotion(walk, range) }
        // Dashcams use the name for formats of their own (ExifTool QuickTimeStream.pl: Kingslim, Rove, FMAS).
        let head = try walk.reader.bytes(at: range.lowerBound, count: Int(min(8, range.upperBound - range.lowerBound)))
        guard head.starts(with: Array("DEVC".utf8)) || head.allSatisfy({ $0 == 0 }) else {
            return walk.draft.blank(range, kind: "gpmd sample", reason: "gpmd sample blanked: it is no GPMF")
        }
        try GPMF.plan(walk, range)
    }

    /// Camera Motion Metadata: two reserved bytes, a type (little-endian), data. Types 5 and 6 are positions.
    private static func cameraMotion(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        guard range.upperBound - range.lowerBound >= 4 else { return }
        let type = try walk.reader.u16(at: range.lowerBound + 2, .little)
        guard type == 5 || type == 6 || type > 7 else { return }
        // No reader knows this type; zeros under the old one would read as 0, 0.
        walk.draft.patch(range.lowerBound + 2..<range.lowerBound + 4, .bytes([0xFF, 0xFF]), "camm position")
        walk.draft.patch(range.lowerBound + 4..<range.upperBound, .fill(0), "camm position")
    }

    /// Samples that lie one behind the other.
    private struct Chunk {
        /// As far as the file goes.
        let range: Range<UInt64>
        /// Of each sample; none if there are too many to look into.
        let sizes: [UInt64]
    }

    /// Numbers of one width, as they stand in the file.
    private struct Table {
        let bytes: [UInt8]
        let width: Int

        var count: Int { bytes.count / width }

        subscript(index: Int) -> UInt64 {
            var value: UInt64 = 0
            for at in (index * width)..<((index + 1) * width) { value = value << 8 | UInt64(bytes[at]) }
            return value
        }
    }

    /// Where a track's samples lie (ISO/IEC 14496-12, 8.7). Of a file that was cut off in its media data, those behind
    /// the cut are nowhere.
    private static func chunks(
        _ walk: Walk, _ track: Track, _ file: Range<UInt64>,
        _ body: (_ chunk: Chunk, _ samples: UInt64) throws(PlanningError) -> Void
    ) throws(PlanningError) {
        guard let offsets = track.table["stco"] ?? track.table["co64"], let sizeBox = track.table["stsz"],
            let runBox = track.table["stsc"]
        else { throw .malformed("sample table is incomplete") }
        let starts = try table(walk, offsets, width: offsets.type == "co64" ? 8 : 4, columns: 1, skip: 4)
        let fixed = UInt64(try walk.reader.u32(at: sizeBox.payload.lowerBound + 4, .big))
        let samples = UInt64(try walk.reader.u32(at: sizeBox.payload.lowerBound + 8, .big))
        let sizes = fixed == 0 ? try table(walk, sizeBox, width: 4, columns: 1, skip: 8) : Table(bytes: [], width: 4)
        let runs = try table(walk, runBox, width: 4, columns: 3, skip: 4)
        guard samples <= 10_000_000 else { throw .limit("too many samples") }
        var end = file.upperBound
        var next: UInt64 = 0
        var run = 0
        for index in 0..<starts.count where next < samples {
            while run + 5 < runs.count, runs[run + 3] <= UInt64(index + 1) { run += 3 }
            let count = min(run + 1 < runs.count ? runs[run + 1] : 1, samples - next)
            var here: [UInt64] = []
            var length: UInt64 = 0
            if fixed != 0 {
                if samples <= readLimit { here = [UInt64](repeating: fixed, count: Int(count)) }
                length = fixed * count
            } else {
                for sample in next..<next + count {
                    let size = sample < UInt64(sizes.count) ? sizes[Int(sample)] : 0
                    if samples <= readLimit { here.append(size) }
                    length += size
                }
            }
            next += count
            let (first, overflow) = starts[index].addingReportingOverflow(file.lowerBound)
            guard !overflow, length <= UInt64.max - first else { throw .malformed("sample outside of the file") }
            if first + length > end { end = try claimedEnd(walk, file) }
            let range = try walk.reader.range(at: first, count: length, in: file.lowerBound..<end)
            try body(Chunk(range: range.clamped(to: file), sizes: here), samples)
        }
    }

    private static func table(
        _ walk: Walk, _ box: Box, width: Int, columns: Int, skip: UInt64
    ) throws(PlanningError) -> Table {
        let at = box.payload.lowerBound + skip
        let count = UInt64(try walk.reader.u32(at: at, .big)) * UInt64(columns)
        guard count <= 131_072, count * UInt64(width) <= box.payload.upperBound - min(box.payload.upperBound, at + 4)
        else {
            throw .limit("sample table of \(count) numbers")
        }
        return Table(bytes: try walk.reader.bytes(at: at + 4, count: Int(count) * width), width: width)
    }
}

/// GoPro's metadata format (github.com/gopro/gpmf-parser): nested keys of four letters.
enum GPMF {
    private static let positions: Set<String> = ["GPRI", "GLPI"]

    static func plan(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        try walk.unit(range, "GPMF") { () throws(PlanningError) in try keys(try walk.nested(), range) }
    }

    private static func keys(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        var position = range.lowerBound
        while range.upperBound - position >= 8 {
            let head = try walk.reader.bytes(at: position, count: 8)
            // Zeros fill up the sample.
            if head[0] == 0 { return try filling(walk, position..<range.upperBound) }
            guard head[0..<4].allSatisfy({ (0x20...0x7E).contains($0) }) else { throw .malformed("no key") }
            let key = String(decoding: head[0..<4], as: UTF8.self)
            let length = UInt64(head[5]) * (UInt64(head[6]) << 8 | UInt64(head[7]))
            let padded = (length + 3) & ~3
            guard padded <= range.upperBound - position - 8 else { throw .malformed("\(key) does not fit") }
            let data = position + 8..<position + 8 + padded
            if key.hasPrefix("GPS") || positions.contains(key) {
                walk.draft.patch(position..<position + 4, .bytes(Array("FREE".utf8)), "GPMF \(key)")
                walk.draft.patch(data, .fill(0), "GPMF \(key)")
            } else if head[4] == 0 {
                try keys(try walk.nested(), data)
            }
            position = data.upperBound
        }
    }

    private static func filling(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        let count = Int(min(65_536, range.upperBound - range.lowerBound))
        let bytes = try walk.reader.bytes(at: range.lowerBound, count: count)
        guard bytes.allSatisfy({ $0 == 0 }) else { throw .malformed("no key") }
    }
}
