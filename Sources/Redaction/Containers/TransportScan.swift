import Glibc

/// The walk over the packets of a transport stream: looks for positions in each elementary stream.
///
/// A class because one walk's state goes through the pieces in which the file is read; used from one thread.
final class TransportScan {
    private let walk: Walk
    private let layout: TransportStream.Layout
    private var streams = [Elementary?](repeating: nil, count: 8_192)

    /// What is known about the stream of one PID.
    private final class Elementary {
        /// Bytes of ``ModifiedDVPack/uuid`` at the end of the payload so far.
        var matched = 0
        /// The pack that is being gathered.
        var pack: ModifiedDVPack?
        /// Video or audio: a PES packet said so.
        var isMedia = false
        /// Its payloads are positions, and go.
        var isPositions = false
        var counter: UInt8?
        /// The end of the payload so far, in which a mark may begin.
        var tail: [UInt8] = []
        /// Payloads that go if it turns out that the stream is positions.
        var earlier: [Range<UInt64>] = []
    }

    /// Payloads that are remembered, of one stream and of all.
    private static let earlierLimit = (stream: 64, all: 4_096)
    private var remembered = 0
    private var gathering: [Elementary] = []

    init(_ walk: Walk, _ layout: TransportStream.Layout) {
        self.walk = walk
        self.layout = layout
    }

    /// Bytes between packets, which decoders pass over: what is left of damaged ones.
    func outOfSync(_ range: Range<UInt64>) {
        walk.draft.blank(
            range, with: 0xFF, kind: "between packets", reason: "bytes between packets of the stream blanked")
    }

    /// Looks through the packets of a piece of the file, of which those in front of `start` are done with.
    ///
    /// - Returns: how many bytes are done with; less than a packet is left for the next piece.
    func block(_ bytes: UnsafeRawBufferPointer, from start: Int, at offset: UInt64, isLast: Bool) -> Int {
        var index = start
        while index < bytes.count {
            let sync = index + layout.lead
            guard bytes.count - index >= layout.stride || isLast else { return index }
            guard sync < bytes.count else { return bytes.count }
            guard bytes[sync] == TransportStream.sync else {
                let following = index + layout.stride + layout.lead
                let isAlone = following < bytes.count && isPacket(bytes, following, isLast)
                if !isAlone { again(bytes, index, offset) }
                // Where only this packet's beginning is damaged, the next one is in its place.
                let next =
                    isAlone
                    ? index + layout.stride
                    : resync(bytes, from: index + 1, isLast: isLast)
                        ?? max(index + 1, isLast ? bytes.count : bytes.count - layout.stride)
                outOfSync(offset + UInt64(index)..<offset + UInt64(next))
                index = next
                continue
            }
            packet(
                UnsafeRawBufferPointer(rebasing: bytes[sync..<min(sync + 188, bytes.count)]), at: offset + UInt64(sync))
            index = min(index + layout.stride, bytes.count)
        }
        return index
    }

    /// Where a packet should be is none: what was taken for one in front of it may have been damaged, and hide the
    /// beginning of a whole one, which readers that go back find.
    private func again(_ bytes: UnsafeRawBufferPointer, _ index: Int, _ offset: UInt64) {
        var start = max(0, index - layout.stride + 1)
        while let found = resync(bytes, from: start, isLast: false), found < index {
            let sync = found + layout.lead
            packet(
                UnsafeRawBufferPointer(rebasing: bytes[sync..<min(sync + 188, bytes.count)]), at: offset + UInt64(sync))
            start = found + 1
        }
    }

    /// Where a packet begins again whose successor is in its place too.
    private func resync(_ bytes: UnsafeRawBufferPointer, from start: Int, isLast: Bool) -> Int? {
        guard let base = bytes.baseAddress else { return nil }
        var from = start + layout.lead
        while from < bytes.count, let found = memchr(base + from, Int32(TransportStream.sync), bytes.count - from) {
            let at = UnsafeRawPointer(found) - base
            if isPacket(bytes, at, isLast) { return at - layout.lead }
            from = at + 1
        }
        return nil
    }

    /// Whether a packet begins with this byte, and three more behind it, as far as the piece goes.
    private func isPacket(_ bytes: UnsafeRawBufferPointer, _ sync: Int, _ isLast: Bool) -> Bool {
        for number in 0..<4 {
            let at = sync + number * layout.stride
            guard at + 3 < bytes.count else { return number > 1 || isLast }
            guard bytes[at] == TransportStream.sync, bytes[at + 1] & 0x80 == 0, bytes[at + 3] & 0x30 != 0 else {
                return false
            }
        }
        return true
    }

    /// Ends what is being gathered when the file ends.
    func finish() {
        for case let stream? in streams { stream.pack?.finish(walk) }
    }

    // MARK: One packet (ISO/IEC 13818-1, 2.4.3.2)

    private func packet(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) {
        guard bytes.count > 4 else { return }
        let pid = Int(bytes[1] & 0x1F) << 8 | Int(bytes[2])
        guard pid != 0x1FFF, bytes[3] & 0x10 != 0 else { return }
        let start = bytes[3] & 0x20 == 0 ? 4 : 5 + Int(bytes[4])
        guard start < bytes.count else { return }
        let stream = streams[pid] ?? Elementary()
        streams[pid] = stream
        let counter = bytes[3] & 15
        if let last = stream.counter, (last + 1) & 15 != counter { stream.pack?.lostOrder(isRepeated: last == counter) }
        stream.counter = counter

        let data = bytes[1] & 0x40 == 0 ? start : beginning(stream, bytes, start)
        if !stream.isMedia, pid >= 0x20 { positions(stream, bytes, data, offset) }
        if stream.isPositions {
            walk.draft.patch(
                offset + UInt64(data)..<offset + UInt64(bytes.count), .fill(0), "positions in a stream of their own")
        } else {
            packs(stream, bytes, start, offset)
        }
    }

    /// The header of a PES packet (2.4.3.6): tells media from other data.
    ///
    /// - Returns: where its data begins.
    private func beginning(_ stream: Elementary, _ bytes: UnsafeRawBufferPointer, _ start: Int) -> Int {
        guard bytes.count - start >= 9, bytes[start] == 0, bytes[start + 1] == 0, bytes[start + 2] == 1 else {
            return start
        }
        let id = bytes[start + 3]
        // Without the header's second part: program map, padding, private stream 2, ECM, EMM, directory, DSM-CC, H.222 E.
        let isShort = [0xBC, 0xBE, 0xBF, 0xF0, 0xF1, 0xF2, 0xF8, 0xFF].contains(id)
        let data = isShort ? start + 6 : start + 9 + Int(bytes[start + 8])
        // Audio, video, and what is told from its content: AC-3, VC-1, subtitles.
        if (0xC0...0xEF).contains(id) || id == 0xFD { stream.isMedia = true }
        return min(data, bytes.count)
    }

    // MARK: Positions

    /// Streams of nothing but positions, as dashcams and drones write them; no program map need name them.
    private func positions(_ stream: Elementary, _ bytes: UnsafeRawBufferPointer, _ start: Int, _ offset: UInt64) {
        guard !stream.isPositions, start < bytes.count else { return }
        let data = UnsafeRawBufferPointer(rebasing: bytes[start...])
        // A mark may lie across packets.
        let seam = stream.tail + data.prefix(Self.tail)
        stream.tail = Array((stream.tail + data).suffix(Self.tail))
        if arePositions(data) || seam.withUnsafeBytes(arePositions) {
            stream.isPositions = true
            walk.draft.note("stream of positions blanked whole")
            for payload in stream.earlier {
                walk.draft.patch(payload, .fill(0), "positions in a stream of their own")
            }
            remembered -= stream.earlier.count
            stream.earlier = []
        } else if stream.earlier.count < Self.earlierLimit.stream, remembered < Self.earlierLimit.all {
            remembered += 1
            stream.earlier.append(offset + UInt64(start)..<offset + UInt64(bytes.count))
        }
    }

    /// One byte less than the longest mark.
    private static let tail = 19

    private func arePositions(_ data: UnsafeRawBufferPointer) -> Bool {
        LocationPackets.marks.contains { holds(data, $0) } || LocationPackets.isFix(data)
    }

    private func holds(_ data: UnsafeRawBufferPointer, _ mark: [UInt8]) -> Bool {
        guard let base = data.baseAddress, let first = mark.first else { return false }
        var index = 0
        while data.count - index >= mark.count, let found = memchr(base + index, Int32(first), data.count - index) {
            let at = UnsafeRawPointer(found) - base
            if data.count - at >= mark.count, memcmp(base + at, mark, mark.count) == 0 { return true }
            index = at + 1
        }
        return false
    }

    /// MDPM packs in the payload, which may go on in the next packet of the same stream.
    private func packs(_ stream: Elementary, _ bytes: UnsafeRawBufferPointer, _ start: Int, _ offset: UInt64) {
        var index = start
        while index < bytes.count {
            if let pack = stream.pack {
                while index < bytes.count, pack.take(bytes[index], at: offset + UInt64(index)) { index += 1 }
                guard index < bytes.count else { return }
                pack.finish(walk)
                stream.pack = nil
            }
            guard let end = endOfUUID(stream, bytes, index) else { return }
            gather(stream)
            stream.pack = ModifiedDVPack()
            index = end
        }
    }

    /// Streams of which a pack is being gathered, at most so many at once: what is gathered takes memory.
    private func gather(_ stream: Elementary) {
        gathering.removeAll { $0 === stream || $0.pack == nil }
        if gathering.count == Self.gatheringLimit {
            let oldest = gathering.removeFirst()
            oldest.pack?.lostOrder(isRepeated: false)
            oldest.pack?.finish(walk)
            // What follows of it cannot be told from other data.
            oldest.isPositions = true
            oldest.pack = nil
            walk.draft.note("stream blanked: packs in more than \(Self.gatheringLimit) streams at once")
        }
        gathering.append(stream)
    }

    private static let gatheringLimit = 16
    /// The position behind the next UUID in the payload; a part of one at its end is remembered for the next packet.
    private func endOfUUID(_ stream: Elementary, _ bytes: UnsafeRawBufferPointer, _ start: Int) -> Int? {
        let uuid = ModifiedDVPack.uuid
        guard let base = bytes.baseAddress else { return nil }
        var index = start
        var matched = stream.matched
        stream.matched = 0
        while index < bytes.count {
            if matched == 0 {
                guard let found = memchr(base + index, Int32(uuid[0]), bytes.count - index) else { return nil }
                index = UnsafeRawPointer(found) - base + 1
                matched = 1
                continue
            }
            // The first byte occurs only once in it, so nothing has to be looked at again.
            guard bytes[index] == uuid[matched] else {
                matched = 0
                continue
            }
            matched += 1
            index += 1
            if matched == uuid.count { return index }
        }
        stream.matched = matched
        return nil
    }
}
