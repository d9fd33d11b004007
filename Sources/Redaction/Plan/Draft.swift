/// The patches and reasons of a plan that is being made.
///
/// A walker takes a ``Mark`` before a segment; if the segment turns out not to be understandable, it rolls back to
/// the mark and blanks the whole segment instead.
final class Draft {
    private(set) var patches: [Patch] = []
    private(set) var reasons: [String] = []
    /// The container that the whole file is, once known.
    var container = "none"

    private weak var reader: Reader?
    /// What did not fit any more: from the first to the last byte of all patches beyond the bound.
    private var overflow: Range<UInt64>?
    /// Patches below this index existed when the last mark was taken and are not grown any more.
    private var barrier = 0

    /// A plan of more patches than this is no longer made of values, but of one blanked range.
    static let patchLimit = 16_384
    /// What the new bytes of patches may take together.
    static let byteLimit = 1 << 20
    static let reasonLimit = 64
    private var held = 0

    struct Mark {
        fileprivate let patches: Int
        fileprivate let reasons: Int
    }

    /// `reader` is told to end the run when the draft grows beyond its bound.
    init(reader: Reader? = nil) {
        self.reader = reader
    }

    /// The present state, for ``rollback(to:)`` and ``patched(_:at:since:)``.
    var mark: Mark {
        barrier = patches.count
        return Mark(patches: patches.count, reasons: reasons.count)
    }

    /// Forgets every patch and reason made since `mark`.
    func rollback(to mark: Mark) {
        for patch in patches[min(mark.patches, patches.count)...] { held -= Self.weight(patch.replacement) }
        patches.removeSubrange(min(mark.patches, patches.count)...)
        reasons.removeSubrange(min(mark.reasons, reasons.count)...)
        barrier = min(barrier, patches.count)
    }

    /// Whether something was patched since `mark`.
    func hasPatches(since mark: Mark) -> Bool { patches.count > mark.patches || overflow != nil }

    /// Replaces `range` of the file; an empty range is ignored. `.bytes` must have the range's length.
    func patch(_ range: Range<UInt64>, _ replacement: Patch.Replacement, _ kind: String) {
        guard !range.isEmpty else { return }
        if case .bytes(let bytes) = replacement, UInt64(bytes.count) != UInt64(range.count) {
            // A walker's mistake must not become a leak or a trap.
            return patch(range, .fill(0), kind)
        }
        if let last = patches.last, patches.count > barrier, last.range.upperBound == range.lowerBound,
            last.replacement == replacement, last.kind == kind, case .fill = replacement
        {
            patches[patches.count - 1] = Patch(
                range: last.range.lowerBound..<range.upperBound, replacement: replacement, kind: kind)
            return
        }
        let weight = Self.weight(replacement)
        guard patches.count < Self.patchLimit, held + weight <= Self.byteLimit else {
            let old = overflow ?? range
            overflow = min(old.lowerBound, range.lowerBound)..<max(old.upperBound, range.upperBound)
            reader?.isExhausted = true
            return
        }
        held += weight
        patches.append(Patch(range: range, replacement: replacement, kind: kind))
    }

    private static func weight(_ replacement: Patch.Replacement) -> Int {
        if case .bytes(let bytes) = replacement { bytes.count + 32 } else { 0 }
    }

    /// Fills a unit that could not be understood, and says why.
    func blank(_ range: Range<UInt64>, with byte: UInt8 = 0, kind: String, reason: String) {
        guard !range.isEmpty else { return }
        patch(range, .fill(byte), kind)
        note(reason)
    }

    /// Adds a reason to the plan.
    func note(_ reason: String) {
        guard reasons.count < Self.reasonLimit, !reasons.contains(reason) else { return }
        reasons.append(reason)
    }

    /// `bytes`, which stand at `offset` of the file, as the patches since `mark` leave them.
    func patched(_ bytes: [UInt8], at offset: UInt64, since mark: Mark) -> [UInt8] {
        var bytes = bytes
        let plan = plan(since: mark)
        bytes.withUnsafeMutableBytes { plan.apply(to: $0, at: offset) }
        return bytes
    }

    /// The patches since `mark`, in order.
    func plan(since mark: Mark) -> RedactionPlan {
        RedactionPlan(
            size: .max, container: "", patches: Array(patches[min(mark.patches, patches.count)...]), reasons: [])
    }

    /// Whether a single fill (with `byte`, if given) made since `mark` covers all of `range`.
    func isBlank(_ range: Range<UInt64>, with byte: UInt8? = nil, since mark: Mark) -> Bool {
        patches[min(mark.patches, patches.count)...].contains { patch in
            guard case .fill(let fill) = patch.replacement, byte == nil || byte == fill else { return false }
            return patch.range.lowerBound <= range.lowerBound && range.upperBound <= patch.range.upperBound
        }
    }

    /// Whether a patch made since `mark` writes exactly `range` anew.
    func isReplaced(_ range: Range<UInt64>, since mark: Mark) -> Bool {
        patches[min(mark.patches, patches.count)...].contains { $0.range == range }
    }

    /// The plan for a file of `size` bytes; the draft is empty then.
    func plan(size: UInt64) -> RedactionPlan {
        if let overflow {
            patches.append(
                Patch(range: overflow, replacement: .fill(0), kind: "everything from the first excess patch on"))
            reasons.append("more than \(Self.patchLimit) patches, or too long ones: the range of the rest blanked")
        }
        // Not to hold all patches twice while they are sorted.
        let all = patches
        patches = []
        held = 0
        return RedactionPlan(size: size, container: container, patches: consume all, reasons: reasons)
    }
}
