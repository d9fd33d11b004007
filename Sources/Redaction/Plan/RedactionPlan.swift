/// One replacement of bytes of a file by as many other bytes.
public struct Patch: Sendable, Hashable {
    /// What stands in the place of the original bytes.
    public enum Replacement: Sendable, Hashable {
        /// Every byte is this one: zeros, or spaces in text.
        case fill(UInt8)
        /// Exactly these bytes; as many as the patch's range is long.
        case bytes([UInt8])
    }

    /// The bytes of the file that are replaced: `[start, end)` from the beginning of the file, never empty.
    public let range: Range<UInt64>
    public let replacement: Replacement
    /// What the original bytes are, for `inspect` and the audit: "Exif GPS IFD", "XMP exif:GPSLatitude".
    public let kind: String

    public init(range: Range<UInt64>, replacement: Replacement, kind: String) {
        self.range = range
        self.replacement = replacement
        self.kind = kind
    }
}

/// The patches that remove location from one version of one file.
///
/// A value: made once by ``Redaction/plan(for:limits:)`` and applied to any range of the file as often as it is
/// read. Length and position of every byte stay as they are.
public struct RedactionPlan: Sendable, Hashable {
    /// Length in bytes of the file that was planned.
    public let size: UInt64
    /// The container format that was found, "JPEG", "HEIF", "MP4" …; "none" where the content is no known medium.
    public let container: String
    /// Sorted by start, never overlapping, all inside `0..<size`.
    public let patches: [Patch]
    /// Why more was blanked than the location alone, one sentence each: "Exif blanked: IFD loop".
    public let reasons: [String]

    /// Patches in any order; they may overlap (the one that starts first wins, the rest is cut) and
    /// what reaches beyond `size` is cut off.
    public init(size: UInt64, container: String, patches: consuming [Patch], reasons: [String]) {
        self.size = size
        self.container = container
        self.patches = RedactionPlan.normalised(consume patches, size: size)
        self.reasons = reasons
    }

    /// No location was found: the redacted variant equals the original.
    public var isEmpty: Bool { patches.isEmpty }
}
