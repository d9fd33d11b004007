/// Modified DV Pack Metadata (MDPM): what AVCHD cameras say about a picture, in the user data of an H.264 SEI message
/// (ITU-T H.264, D.1.7): UUID, "MDPM", a count, and as many entries of one byte for the tag and four for the value.
///
/// Gathers the bytes behind the UUID as they come out of packets or samples, together with where each stands in the file.
/// Emulation prevention bytes (H.264, 7.4.1) are told apart, and there are as many of them afterwards.
final class ModifiedDVPack {
    static let uuid: [UInt8] = [
        0x17, 0xEE, 0x8C, 0x60, 0xF8, 0x4D, 0x11, 0xD9, 0x8C, 0xD6, 0x08, 0x00, 0x20, 0x0C, 0x9A, 0x66,
    ]
    private static let mark = Array("MDPM".utf8)
    private static let entry = 5

    /// Bytes were lost or repeated while the pack was gathered: what is an entry cannot be told.
    private var isCertain = true
    /// Bytes that may have been repeated, beyond which entries may go on.
    private var repeated = 0

    private struct Byte {
        let value: UInt8
        let offset: UInt64
        let isPrevention: Bool
    }

    private var raw: [Byte] = []
    /// Indices in `raw` of the bytes that count.
    private var content: [Int] = []
    private var zeros = 0
    private var isOver = false

    /// Mark, count and entries; known once the count is.
    private var needed: Int {
        content.count <= Self.mark.count
            ? Self.mark.count + 1
            : Self.mark.count + 1 + Self.entry * Int(raw[content[Self.mark.count]].value) + repeated
    }

    /// Behind the UUID stands what makes it a pack.
    var isMarked: Bool { content.count > Self.mark.count && zip(content, Self.mark).allSatisfy { raw[$0].value == $1 } }

    /// A packet is missing, or came twice, among those that the pack is gathered from.
    func lostOrder(isRepeated: Bool) {
        isCertain = false
        if isRepeated { repeated += 184 }
    }

    /// Takes the next byte of the stream.
    ///
    /// - Returns: whether it belongs to the pack; if not, the pack is complete.
    func take(_ byte: UInt8, at offset: UInt64) -> Bool {
        guard !isOver else { return false }
        let isPrevention = zeros >= 2 && byte == 3
        // A start code: the message was cut off.
        if zeros >= 2, byte == 1 { isOver = true }
        if content.count == needed, !isPrevention { isOver = true }
        if content.count <= Self.mark.count, content.count > 0,
            raw[content[content.count - 1]].value != Self.mark[content.count - 1]
        {
            isOver = true
        }
        guard !isOver else { return false }
        raw.append(Byte(value: byte, offset: offset, isPrevention: isPrevention))
        zeros = byte == 0 ? zeros + 1 : 0
        if !isPrevention { content.append(raw.count - 1) }
        // A byte behind the last entry is only taken if it keeps the entry's zeros from being a start code.
        if content.count == needed, isPrevention { isOver = true }
        return true
    }

    /// Takes the entries that are location out, as far as they were gathered: those behind them move up, as readers want
    /// tags in order, the count says so, and what is left at the end is filled.
    func finish(_ walk: Walk) {
        let head = Self.mark.count + 1
        guard content.count > head, isMarked else { return }
        guard isCertain else { return blank(walk, reason: "its packets are not in order") }
        var kept: [UInt8] = []
        var removed = 0
        for start in stride(from: head, to: content.count, by: Self.entry) {
            let entry = content[start..<min(start + Self.entry, content.count)].map { raw[$0].value }
            if LocationPackets.packTags.contains(entry[0]) { removed += 1 } else { kept += entry }
        }
        guard removed > 0 else { return }
        guard content.count == needed else { return blank(walk, reason: "it is cut off") }
        let old = content[head - 1]..<raw.count
        let preventions = raw[old].count { $0.isPrevention }
        let count = raw[old.lowerBound].value - UInt8(removed)
        guard let new = Self.encoded([count] + kept, filler: removed * Self.entry, preventions), new.count == old.count
        else { return blank(walk, reason: "it does not come out even") }
        write(walk, old, new)
    }

    /// `content` and `filler` further bytes, with exactly as many emulation prevention bytes as there were, so that the
    /// message is as long as it says.
    private static func encoded(_ content: [UInt8], filler: Int, _ preventions: Int) -> [UInt8]? {
        var result: [UInt8] = []
        var zeros = 0
        var rest = preventions
        for byte in content {
            if zeros >= 2, byte <= 3 {
                result.append(3)
                zeros = 0
                rest -= 1
            }
            result.append(byte)
            zeros = byte == 0 ? zeros + 1 : 0
        }
        guard rest >= 0, rest == 0 || 2 + 2 * rest <= filler else { return nil }
        guard rest > 0 else { return result + [UInt8](repeating: 0xFF, count: filler) }
        result.append(0xFF)
        for _ in 0..<rest { result += [0, 0, 3] }
        return result + [0] + [UInt8](repeating: 0xFF, count: filler - 2 - 2 * rest)
    }

    /// Leaves no entry at all.
    private func blank(_ walk: Walk, reason: String) {
        let old = content[Self.mark.count]..<raw.count
        write(walk, old, [0] + [UInt8](repeating: 0xFF, count: old.count - 1))
        walk.draft.note("MDPM blanked: \(reason)")
    }

    /// Patches for each run of bytes that stand together in the file: what is new of it, and what fills it up.
    private func write(_ walk: Walk, _ range: Range<Int>, _ new: [UInt8]) {
        var start = range.lowerBound
        for index in range where index + 1 == range.upperBound || raw[index + 1].offset != raw[index].offset + 1 {
            let part = new[start - range.lowerBound...index - range.lowerBound]
            let filler = UInt64(part.reversed().prefix { $0 == 0xFF }.count)
            let end = raw[index].offset + 1
            walk.draft.patch(raw[start].offset..<end - filler, .bytes(Array(part.dropLast(Int(filler)))), "MDPM GPS")
            walk.draft.patch(end - filler..<end, .fill(0xFF), "MDPM GPS")
            start = index + 1
        }
    }
}
