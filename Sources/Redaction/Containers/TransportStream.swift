/// MPEG transport streams (ISO/IEC 13818-1, 2.4.3): packets of 188 bytes, of 192 with a time stamp in front (BDAV: MTS
/// and M2TS of AVCHD cameras), of 204 with a checksum behind.
///
/// There is no index: positions may begin anywhere, so all of the file is read once, in large pieces.
enum TransportStream: Container {
    static let name = "MPEG-TS"

    static let sync: UInt8 = 0x47

    /// Where packets lie.
    struct Layout {
        /// From one packet to the next.
        let stride: Int
        /// Bytes of a packet in front of its sync byte.
        let lead: Int
        /// Where the first packet begins, from the beginning of the file.
        let start: Int
    }

    static func matches(_ head: [UInt8], _ walk: Walk, _ range: Range<UInt64>) -> Bool {
        // `try?` makes one optional of two.
        (try? layout(walk, range)) != nil
    }

    static func plan(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) {
        guard let layout = try layout(walk, range) else { throw .malformed("no packets") }
        let scan = TransportScan(walk, layout)
        var position = range.lowerBound + UInt64(layout.start)
        if layout.start > 0 { scan.outOfSync(range.lowerBound..<position) }
        // As much as one read may ask for: 5,000 of them see 10 GB.
        let block = UInt64(walk.reader.limits.memory / 2)
        /// Bytes in front of the position that are read again: a packet.
        var overlap: UInt64 = 0
        while position < range.upperBound {
            let count = Int(min(block, range.upperBound - position + overlap))
            let bytes: [UInt8]
            do { bytes = try walk.reader.bytes(at: position - overlap, count: count) } catch {
                guard case .limit(let reason) = error else { throw error }
                // Whatever follows may hold positions.
                return walk.draft.blank(
                    position..<range.upperBound, kind: "rest of the stream",
                    reason: "rest of the stream blanked: \(reason)")
            }
            let isLast = position - overlap + UInt64(count) == range.upperBound
            let used = bytes.withUnsafeBytes {
                scan.block($0, from: Int(overlap), at: position - overlap, isLast: isLast)
            }
            position = max(position + 1, position - overlap + UInt64(used))
            overlap = min(UInt64(layout.stride), position - range.lowerBound)
        }
        scan.finish()
    }

    // MARK: Where packets lie

    private static func layout(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) -> Layout? {
        let count = Int(min(12_000, range.upperBound - range.lowerBound))
        guard count >= 2 * 188 else { return nil }
        let bytes = try walk.reader.bytes(at: range.lowerBound, count: count)
        let kinds: [(stride: Int, lead: Int)] = [(188, 0), (192, 4), (204, 0)]
        for kind in kinds where isPacketed(bytes, from: kind.lead, kind.stride, packets: 8, wrong: 2) {
            return Layout(stride: kind.stride, lead: kind.lead, start: 0)
        }
        // A part that was cut out of a stream begins in the middle of a packet; and readers pass over what is in front.
        for kind in kinds {
            for first in 0..<max(kind.stride, count - 20 * kind.stride)
            where bytes[first] == sync && isPacketed(bytes, from: first, kind.stride, packets: 20, wrong: 0) {
                return Layout(stride: kind.stride, lead: kind.lead, start: max(0, first - kind.lead))
            }
        }
        return nil
    }

    /// Whether `packets` headers (as many as there are, if a few are damaged `wrong` less) stand in `bytes`.
    private static func isPacketed(_ bytes: [UInt8], from first: Int, _ stride: Int, packets: Int, wrong: Int) -> Bool {
        var seen = 0
        var good = 0
        while seen < packets, first + seen * stride + 3 < bytes.count {
            let at = first + seen * stride
            // Transport error, and "reserved" for what the packet carries, do not occur.
            if bytes[at] == sync, bytes[at + 1] & 0x80 == 0, bytes[at + 3] & 0x30 != 0 { good += 1 }
            seen += 1
        }
        let needed = wrong == 0 ? packets : max(2, seen - seen * wrong / packets)
        return good >= needed
    }
}
