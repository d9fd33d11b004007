/// How much work one planning run may be: reads of a file's source are counted, but what lies in a window can be gone
/// through again and again, by structures that lie in each other many times over.
///
/// One byte is one unit, and every piece that is asked for some more. A file that is what it says needs a small part of
/// what it may. Used from one thread.
final class Effort {
    private var left: UInt64

    private static let ofEveryFile: UInt64 = 32 << 20
    private static let ofEveryByte: UInt64 = 16
    private static let most: UInt64 = 2 << 30
    private static let ofEveryPiece: UInt64 = 64

    init(fileSize: UInt64) {
        let (bySize, overflow) = fileSize.multipliedReportingOverflow(by: Effort.ofEveryByte)
        left = overflow ? Effort.most : min(Effort.ofEveryFile + min(bySize, Effort.most), Effort.most)
    }

    /// Counts a piece of `count` bytes.
    ///
    /// - Throws: `limit` from the piece on that is too much.
    func spend(_ count: UInt64) throws(PlanningError) {
        let cost = min(count, Effort.most) + Effort.ofEveryPiece
        guard cost <= left else {
            left = 0
            throw .limit("more work than a file of this size may be")
        }
        left -= cost
    }
}
