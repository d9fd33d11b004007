/// Bytes of media data, read from front to back: in small pieces where most of it is skipped, in large ones where all of it
/// is gone through. One piece is held at a time.
struct ForwardReader {
    private let walk: Walk
    private let range: Range<UInt64>
    private var piece: [UInt8] = []
    private var start: UInt64 = 0
    private let firstRead: Int

    /// Bytes of each piece.
    var pieceSize: UInt64 = smallPiece

    static let smallPiece: UInt64 = 16 << 10

    /// Beyond this many reads of small pieces a stream of any length is read in large ones: 5,000 of them see 5 GB.
    private static let smallReads = 500

    private static let reserve = 100

    init(_ walk: Walk, _ range: Range<UInt64>) {
        self.walk = walk
        self.range = range
        firstRead = walk.reader.reads
    }

    /// Calls of the source since this was made.
    var reads: Int { walk.reader.reads - firstRead }

    /// Reads in large pieces from now on.
    mutating func enlarge() { pieceSize = UInt64(walk.reader.limits.memory / 4) }

    mutating func enlargeIfLong() {
        if reads > Self.smallReads { enlarge() }
    }

    /// As many of `count` bytes as there are from `position` on.
    mutating func bytes(at position: UInt64, count: UInt64) throws(PlanningError) -> [UInt8] {
        guard range.contains(position) else { throw .malformed("truncated") }
        let count = min(count, range.upperBound - position)
        if position < start || position - start > UInt64(piece.count)
            || count > UInt64(piece.count) - (position - start)
        {
            // What comes after this needs some, too.
            guard walk.reader.reads + Self.reserve < walk.reader.limits.reads else {
                throw .limit("more than \(walk.reader.limits.reads) reads")
            }
            // The old piece goes before the new one comes.
            piece = []
            start = position
            piece = try walk.reader.bytes(
                at: position, count: Int(min(max(pieceSize, count), range.upperBound - position)))
        }
        try walk.reader.effort.spend(count)
        let first = Int(position - start)
        return Array(piece[first..<first + Int(count)])
    }
}

extension EBMLElement {
    /// As ``read(_:at:in:)``, of data that is read from front to back.
    static func read(
        _ reader: inout ForwardReader, at position: UInt64, in range: Range<UInt64>
    ) throws(PlanningError) -> EBMLElement {
        try parsed(
            reader.bytes(at: position, count: min(headLength, range.upperBound - position)), at: position, in: range)
    }
}
