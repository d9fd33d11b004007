/// Samples of text that stand between the frames of media data (Matroska, AVI), where the way to each of them leads past
/// all that is in front of it.
///
/// The beginning is always looked at: what writes positions writes them from the first second on, or at least the camera's
/// settings, as long as it does not know where it is. If there is a position or such a log in it, all of the media data is
/// gone through; as far as that cannot be, it is blanked. A film's subtitles are neither.
struct SubtitleScan {
    /// Reads of the beginning: each of them sees at least one frame.
    private static let headReads = 1_000
    /// New bytes of samples; beyond them whole samples are blanked, which need none.
    private static let newBytes = 512 << 10
    private static let longestHull = 512

    private let walk: Walk
    private let mark: Draft.Mark
    private var written = 0
    /// A sample was a line of a camera's log.
    private var hasLog = false

    init(_ walk: Walk) {
        self.walk = walk
        mark = walk.draft.mark
    }

    /// Whether all of the media data must be gone through: a sample held a position, could not be told, or was of a log.
    var isThorough: Bool { hasLog || walk.draft.hasPatches(since: mark) }

    /// Forgets what was found, so that all of it can be gone through.
    mutating func restart() {
        walk.draft.rollback(to: mark)
        written = 0
    }

    /// Goes through `media`: `step` looks at what stands at a position, and says where the next thing does.
    ///
    /// - Parameter isSure: there are positions.
    mutating func run(
        _ media: [Range<UInt64>], isSure: Bool = false,
        step: (inout SubtitleScan, inout ForwardReader, UInt64, Range<UInt64>) throws(PlanningError) -> UInt64
    ) throws(PlanningError) {
        let firstRead = walk.reader.reads
        for part in media {
            var reader = ForwardReader(walk, part)
            var position = part.lowerBound
            while position < part.upperBound {
                if isSure || isThorough {
                    reader.enlarge()
                } else if walk.reader.reads - firstRead > Self.headReads {
                    return
                }
                do {
                    position = max(position + 1, try step(&self, &reader, position, part))
                } catch {
                    guard let reason = error.reason else { throw error }
                    walk.draft.blank(
                        position..<part.upperBound, kind: "media data",
                        reason: "rest of the media data blanked: subtitles in it, and \(reason)")
                    break
                }
            }
        }
    }

    /// A sample that is as it stands in the file, behind `head`, which begins all of them and does not.
    mutating func sample(
        _ reader: inout ForwardReader, _ range: Range<UInt64>, isCoded: Bool, head: [UInt8] = []
    ) throws(PlanningError) {
        guard !range.isEmpty else { return }
        guard range.upperBound - range.lowerBound <= TelemetryText.limit else {
            return TelemetryText.blank(walk, range, "longer than 64 KiB")
        }
        let bytes = try reader.bytes(at: range.lowerBound, count: range.upperBound - range.lowerBound)
        if !hasLog { hasLog = TelemetryText.isLog(head + bytes) }
        switch TelemetryText.find(in: head + bytes, isCoded: isCoded) {
        case .whole(let reason): TelemetryText.blank(walk, range, reason)
        case .parts(let parts):
            let stored = parts.filter { $0.upperBound > head.count }
            remove(
                stored.map { max(0, $0.lowerBound - head.count)..<$0.upperBound - head.count }, from: bytes, at: range)
        }
    }

    /// Spaces in place of `parts`: one patch for all of them, because there may be a sample for each frame.
    private mutating func remove(_ parts: [Range<Int>], from bytes: [UInt8], at range: Range<UInt64>) {
        guard let lower = parts.map(\.lowerBound).min(), let upper = parts.map(\.upperBound).max() else { return }
        guard upper - lower <= Self.longestHull else {
            for part in parts {
                let start = range.lowerBound + UInt64(part.lowerBound)
                walk.draft.patch(start..<start + UInt64(part.count), .fill(0x20), "text sample")
            }
            return
        }
        guard written < Self.newBytes else { return TelemetryText.blank(walk, range, "too many samples") }
        var text = bytes
        for part in parts { for index in part { text[index] = 0x20 } }
        written += upper - lower + 32
        walk.draft.patch(
            range.lowerBound + UInt64(lower)..<range.lowerBound + UInt64(upper), .bytes(Array(text[lower..<upper])),
            "text sample")
    }

    /// A sample that a zlib stream is: it is written anew without its positions, and zeros fill it up, which readers leave.
    mutating func compressed(_ reader: inout ForwardReader, _ range: Range<UInt64>) throws(PlanningError) {
        guard range.upperBound - range.lowerBound <= TelemetryText.limit else {
            return TelemetryText.blank(walk, range, "longer than 64 KiB")
        }
        let stored = try reader.bytes(at: range.lowerBound, count: range.upperBound - range.lowerBound)
        try walk.reader.effort.spend(TelemetryText.limit)
        guard var text = Zlib.inflate(stored, limit: Int(TelemetryText.limit)),
            case .parts(let parts) = TelemetryText.find(in: text, isCoded: false)
        else { return TelemetryText.blank(walk, range, "it cannot be inflated to text") }
        if !hasLog { hasLog = TelemetryText.isLog(text) }
        guard !parts.isEmpty else { return }
        for part in parts { for index in part { text[index] = 0x20 } }
        guard written < Self.newBytes, let new = Zlib.deflate(text, level: 9), new.count <= stored.count else {
            return TelemetryText.blank(walk, range, "too long without its position, or too many samples")
        }
        written += new.count + 32
        let end = range.lowerBound + UInt64(new.count)
        walk.draft.patch(range.lowerBound..<end, .bytes(new), "compressed text sample")
        walk.draft.patch(end..<range.upperBound, .fill(0), "compressed text sample")
    }
}
