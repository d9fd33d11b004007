import LinuxSystem

/// Entries of a directory in their order, packed in batches: no entry costs an allocation.
struct EntryList {
    private var batches: [EntryBatch] = []
    /// Number of the first entry of each batch.
    private var firsts: [Int] = []
    private(set) var count = 0
    /// Where the last walk ended: the next one mostly goes on there.
    private var cursor = Cursor(number: 0, batch: 0, position: 0)

    private struct Cursor {
        var number: Int
        var batch: Int
        var position: Int
    }

    mutating func append(_ batch: EntryBatch) {
        guard batch.count > 0 else { return }
        batches.append(batch)
        firsts.append(count)
        count += batch.count
    }

    /// Calls `body` with the entries from number `start` on until it returns false.
    ///
    /// - Returns: the number of the entry that it refused, or ``count``.
    @inline(__always)
    mutating func walk(from start: Int, _ body: (_ number: Int, _ entry: EntryBatch.Entry) -> Bool) -> Int {
        var place = cursor(at: start)
        defer { cursor = place }
        while place.batch < batches.count {
            let isRefused = batches[place.batch].walk(from: place.position) { entry, next in
                guard body(place.number, entry) else { return false }
                place.number += 1
                place.position = next
                return true
            }
            if isRefused { break }
            place.batch += 1
            place.position = 0
        }
        return place.number
    }

    private func cursor(at number: Int) -> Cursor {
        if number == cursor.number { return cursor }
        var batch = firsts.count
        while batch > 0, batch == firsts.count || firsts[batch] > number { batch -= 1 }
        guard number < count else { return Cursor(number: count, batch: batches.count, position: 0) }
        var place = Cursor(number: firsts[batch], batch: batch, position: 0)
        _ = batches[batch].walk(from: 0) { _, next in
            guard place.number < number else { return false }
            place.number += 1
            place.position = next
            return true
        }
        return place
    }
}

/// Some entries in one block of bytes: of each the inode number, the kind, the length of the name, the name and a NUL.
struct EntryBatch {
    struct Entry {
        let inode: UInt64
        let kind: FileKind
        /// The name as a C string; valid while it is handed over.
        let cName: UnsafePointer<CChar>
        /// Bytes of the name, without its NUL.
        let length: Int

        var name: [UInt8] { Array(UnsafeRawBufferPointer(start: cName, count: length)) }
    }

    /// What stands before the name: inode number, kind, length.
    fileprivate static let header = 10
    private let bytes: [UInt8]
    let count: Int

    /// - Parameter builder: has written `count` entries.
    init(_ builder: borrowing EntryBatchBuilder) {
        bytes = Array(builder.written)
        count = builder.count
    }

    /// Calls `body` with the entries from a position on, and the position behind each, until it returns false.
    ///
    /// - Returns: whether it did.
    @inline(__always)
    func walk(from start: Int, _ body: (_ entry: Entry, _ next: Int) -> Bool) -> Bool {
        bytes.withUnsafeBytes { bytes in
            var position = start
            while position + EntryBatch.header < bytes.count, let base = bytes.baseAddress {
                let length = Int(bytes[position + 9])
                // The NUL behind every name makes this a C string.
                let name = (base + position + EntryBatch.header).assumingMemoryBound(to: CChar.self)
                let entry = Entry(
                    inode: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self),
                    kind: FileKind(rawValue: bytes[position + 8]) ?? .regular, cName: name, length: length)
                position += EntryBatch.header + length + 1
                guard body(entry, position) else { return true }
            }
            return false
        }
    }
}

/// Writes an ``EntryBatch``.
struct EntryBatchBuilder: ~Copyable {
    private var space: UnsafeMutableRawBufferPointer
    private var used = 0
    private(set) var count = 0

    init(capacity: Int) { space = .allocate(byteCount: capacity, alignment: 8) }

    deinit { space.deallocate() }

    fileprivate var written: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: space[..<used]) }

    @inline(__always)
    mutating func append(_ name: UnsafeRawBufferPointer, inode: UInt64, kind: FileKind) {
        // Longer names do not exist: NAME_MAX is 255.
        guard let length = UInt8(exactly: name.count) else { return }
        let size = EntryBatch.header + name.count + 1
        if space.count - used < size { grow() }
        let place = UnsafeMutableRawBufferPointer(rebasing: space[used..<(used + size)])
        place.storeBytes(of: inode, toByteOffset: 0, as: UInt64.self)
        place[8] = kind.rawValue
        place[9] = length
        UnsafeMutableRawBufferPointer(rebasing: place[EntryBatch.header...]).copyMemory(from: name)
        place[size - 1] = 0
        used += size
        count += 1
    }

    mutating func append(_ name: [UInt8], inode: UInt64, kind: FileKind) {
        name.withUnsafeBytes { append($0, inode: inode, kind: kind) }
    }

    private mutating func grow() {
        let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: space.count * 2 + 512, alignment: 8)
        larger.copyMemory(from: written)
        space.deallocate()
        space = larger
    }
}
