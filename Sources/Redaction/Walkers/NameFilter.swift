/// Says of most names at a glance that they are none of a table's, so that they need not become text.
///
/// Names are folded as ``LocationKeys/folded(_:)`` does it, and compared by a hash. It is wrong in one way only: a name that
/// it lets pass may be none of the table's after all.
struct NameFilter: Sendable {
    private let names: Slots
    private let beginnings: Slots
    /// A bit for each length that a beginning has.
    private let lengths: UInt64

    /// - Parameters:
    ///   - names: whole names.
    ///   - beginnings: what other names begin with.
    init(names: some Sequence<String>, beginnings: some Sequence<String> = []) {
        self.names = Slots(names.map { Self.hash(of: $0) })
        let folded = beginnings.map { LocationKeys.folded($0) }
        self.beginnings = Slots(folded.map { Self.hash(of: $0) })
        lengths = folded.reduce(0) { $0 | 1 << UInt64(min(63, $1.utf8.count)) }
    }

    /// Whether `name` may be in the table.
    func admits(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
        var hash = Self.seed
        var length: UInt64 = 0
        for byte in name {
            guard let byte = Self.folded(byte) else { continue }
            hash = Self.next(hash, byte)
            length += 1
            // A shift by 64 and more gives zero: no table's beginning is that long.
            if lengths >> length & 1 != 0, beginnings.contain(hash) { return true }
        }
        return names.contain(hash)
    }

    private static let seed: UInt64 = 0xCBF2_9CE4_8422_2325

    /// FNV-1a.
    private static func next(_ hash: UInt64, _ byte: UInt8) -> UInt64 { (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }

    private static func hash(of name: String) -> UInt64 {
        name.utf8.reduce(seed) { hash, byte in folded(byte).map { next(hash, $0) } ?? hash }
    }

    private static func folded(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 65...90: byte + 32
        case 97...122, 48...57, 128...255: byte
        default: nil
        }
    }

    /// A set of hashes. Zero is no hash of a name.
    private struct Slots: Sendable {
        private var slots: [UInt64]
        private let mask: Int

        init(_ hashes: [UInt64]) {
            var size = 16
            while size < 4 * hashes.count { size *= 2 }
            slots = [UInt64](repeating: 0, count: size)
            mask = size - 1
            for hash in hashes where !contain(hash) {
                var index = Int(truncatingIfNeeded: hash) & mask
                while slots[index] != 0 { index = (index + 1) & mask }
                slots[index] = hash
            }
        }

        func contain(_ hash: UInt64) -> Bool {
            var index = Int(truncatingIfNeeded: hash) & mask
            while slots[index] != 0 {
                if slots[index] == hash { return true }
                index = (index + 1) & mask
            }
            return false
        }
    }
}
