/// Location in maker notes: places and cities that cameras write (Table/LocationTags.swift).
struct MakerNote {
    private let walker: TIFFWalker
    private let walk: Walk
    /// The structure that the note stands in.
    private let outer: TIFFLayout
    private let make: String

    init(_ walker: TIFFWalker, _ outer: TIFFLayout, make: String) {
        self.walker = walker
        self.walk = walker.walk
        self.outer = outer
        self.make = make
    }

    private struct Form {
        let maker: LocationMakerNotes.Maker
        let layout: TIFFLayout
        let ifd: UInt64
    }

    /// A note that is not understood stays: only its maker's readers know it, and they begin as this does.
    func plan(_ note: Range<UInt64>) throws(PlanningError) {
        guard let form = try form(note, base: outer.base) else { return }
        try plan(note, form)
    }

    /// `DNGPrivateData` (DNG 1.7 chapter 6): "Adobe\0", then blocks of which `MakN` holds the original's maker note.
    func planAdobe(_ value: Range<UInt64>) throws(PlanningError) {
        let head = try walk.reader.bytes(at: value.lowerBound, count: Int(min(6, value.upperBound - value.lowerBound)))
        guard head == Array("Adobe\0".utf8) else { return try plan(value) }
        var position = value.lowerBound + 6
        while value.upperBound - position >= 8 {
            let key = try walk.reader.bytes(at: position, count: 4)
            let length = UInt64(try walk.reader.u32(at: position + 4, .big))
            guard length <= value.upperBound - position - 8 else { return }
            if key == Array("MakN".utf8), length > 6 {
                let original = UInt64(try walk.reader.u32(at: position + 10, .big))
                let note = position + 14..<position + 8 + length
                // Offsets count as if the note still stood where it was; negative bases wrap and are checked on use.
                if let form = try form(note, base: note.lowerBound &- original) { try plan(note, form) }
            }
            position += 8 + length + length % 2
            guard position <= value.upperBound else { return }
        }
    }

    private func form(_ note: Range<UInt64>, base: UInt64) throws(PlanningError) -> Form? {
        let start = note.lowerBound
        let length = note.upperBound - start
        guard length >= 18 else { return nil }
        let head = try walk.reader.bytes(at: start, count: 18)
        func begins(_ text: String) -> Bool { head.starts(with: text.utf8) }
        func layout(_ base: UInt64, _ order: ByteOrder) -> TIFFLayout {
            TIFFLayout(range: outer.range, base: base, order: order, isBig: false)
        }
        func order(_ index: Int) -> ByteOrder? {
            head[index] == head[index + 1] ? (head[index] == 0x49 ? .little : head[index] == 0x4D ? .big : nil) : nil
        }
        if begins("Nikon\0\u{2}"), let order = order(10) {
            let first = UInt64(try walk.reader.u32(at: start + 14, order))
            return Form(maker: .nikon, layout: layout(start + 10, order), ifd: start + 10 + first)
        }
        if begins("Panasonic\0") { return Form(maker: .panasonic, layout: layout(base, outer.order), ifd: start + 12) }
        if begins("LEICA\0\0\0") { return Form(maker: .panasonic, layout: layout(base, outer.order), ifd: start + 8) }
        if begins("PENTAX \0"), let order = order(8) {
            return Form(maker: .pentax, layout: layout(start, order), ifd: start + 10)
        }
        if begins("AOC\0") {
            return Form(maker: .pentax, layout: layout(base, order(4) ?? outer.order), ifd: start + 6)
        }
        if begins("OLYMPUS\0"), let order = order(8) {
            return Form(maker: .olympus, layout: layout(start, order), ifd: start + 12)
        }
        if begins("OM SYSTEM\0"), let order = order(12) {
            return Form(maker: .olympus, layout: layout(start, order), ifd: start + 16)
        }
        if begins("OLYMP\0") || begins("EPSON\0") {
            return Form(maker: .olympus, layout: layout(base, outer.order), ifd: start + 8)
        }
        if begins("QVC\0") || begins("DCI\0") {
            return Form(maker: .casio, layout: layout(base, .big), ifd: start + 6)
        }
        if make.hasPrefix("CANON") { return Form(maker: .canon, layout: layout(base, outer.order), ifd: start) }
        if make.hasPrefix("SAMSUNG") { return Form(maker: .samsung, layout: layout(base, outer.order), ifd: start) }
        return nil
    }

    private func plan(_ note: Range<UInt64>, _ form: Form) throws(PlanningError) {
        guard note.contains(form.ifd), note.upperBound - form.ifd >= 2 else { return }
        var form = form
        // Some cameras, and most converters, write a note in another byte order than it says: a count that makes no
        // sense in one makes sense in the other.
        if try walk.reader.u16(at: form.ifd, form.layout.order) > 512 {
            let other: ByteOrder = form.layout.order == .big ? .little : .big
            let layout = TIFFLayout(range: form.layout.range, base: form.layout.base, order: other, isBig: false)
            form = Form(maker: form.maker, layout: layout, ifd: form.ifd)
        }
        let bounds = TIFFLayout(range: note, base: note.lowerBound, order: form.layout.order, isBig: false)
        let directory: TIFFDirectory
        do {
            directory = try TIFFDirectory.read(walk, bounds, at: form.ifd)
        } catch {
            guard case .malformed = error else { throw error }
            return
        }
        guard directory.entries.count <= 512 else { return }
        for entry in directory.entries {
            if form.maker == .nikon, entry.tag == 0x0011, let position = form.layout.position(entry.field) {
                // NikonPreview (ExifTool Nikon.pm): an IFD with a JPEG.
                try walker.maker(form.layout, at: position)
            }
            let further = LocationMakerNotes.directories.first { $0.maker == form.maker && $0.tag == entry.tag }
            if let further, let position = form.layout.position(entry.field) {
                try plan(note, Form(maker: further.inner, layout: form.layout, ifd: position))
            }
            let places = candidates(entry, note, form)
            if form.maker == .nikon, entry.tag == 0x0E01, !entry.isInline, let place = places.first {
                // NikonCapture (ExifTool NikonCapture.pm): IPTC among an editor's settings.
                try Trailer.plan(walk, place)
            }
            if let known = LocationMakerNotes.entry(form.maker, entry.tag) {
                for place in places { try clear(place, entry, known, form.layout.order) }
            } else if !entry.isInline, let place = places.first {
                try walker.preview(place)
            }
        }
    }

    /// Where an entry's value may stand. Writers that move a note disagree about what its offsets count from: the
    /// TIFF header, or the note. Both are tried; only what lies in the note, or where the format says, counts.
    private func candidates(_ entry: TIFFEntry, _ note: Range<UInt64>, _ form: Form) -> [Range<UInt64>] {
        guard !entry.isInline else { return entry.value.map { [$0] } ?? [] }
        let (length, overflow) = entry.count.multipliedReportingOverflow(by: max(1, TIFFLayout.width(entry.type)))
        guard !overflow else { return [] }
        var places: [Range<UInt64>] = []
        for base in [form.layout.base, note.lowerBound] {
            let start = base &+ entry.field
            let bounds = base == form.layout.base ? outer.range : note
            guard bounds.contains(start) else { continue }
            let place = start..<start + min(length, bounds.upperBound - start)
            // A value inside of the note, where the format says it is, is the value.
            if base == form.layout.base, note.contains(start) { return [place] }
            if !places.contains(place) { places.append(place) }
        }
        return places
    }

    /// Zeroes a place. Where zero would be read as a place of its own (codes of cities), and where there was a text,
    /// the entry also gets a tag that means nothing.
    private func clear(
        _ place: Range<UInt64>, _ entry: TIFFEntry, _ known: LocationMakerNotes.Entry, _ order: ByteOrder
    ) throws(PlanningError) {
        var place = place
        if let part = known.part {
            // Such a structure begins with its length; where that is not so, it is not there.
            guard place.upperBound - place.lowerBound >= part.upperBound,
                UInt64(try walk.reader.u32(at: place.lowerBound, order)) == place.upperBound - place.lowerBound
            else { return }
            place = place.lowerBound + part.lowerBound..<place.lowerBound + part.upperBound
        }
        guard place.upperBound - place.lowerBound <= 64 << 10 else { return }
        let bytes = try walk.reader.bytes(at: place.lowerBound, count: Int(place.upperBound - place.lowerBound))
        let isText = [1, 2, 7].contains(entry.type)
        let isEmpty = !bytes.contains { $0 != 0 && $0 != 0x20 }
        let isCode = !isText || place.upperBound - place.lowerBound <= 4
        guard !isEmpty || (isCode && known.part == nil) else { return }
        let kind = "MakerNote \(known.name)"
        guard known.part == nil else { return walker.accompany(place, kind) }
        walk.draft.patch(place, .fill(0), kind)
        let tag: [UInt8] = order == .big ? [0xEA, 0x1C] : [0x1C, 0xEA]
        walk.draft.patch(entry.range.lowerBound..<entry.range.lowerBound + 2, .bytes(tag), kind)
    }
}
