import Synchronization

/// What was made for the current version of files, bounded by count and by bytes.
///
/// One value for each inode: a newer version replaces it, and asking for another version drops it. Who has not been
/// asked for since the clock's hand came by last leaves first (CLOCK, a cheap LRU). Safe to use from any thread.
final class BoundedCache<Value: Sendable>: Sendable {
    private let shards: [CacheShard<Value>]

    /// At most `count` values that cost at most `bytes` together; each shard has its part of both.
    init(count: Int, bytes: Int, shards number: Int) {
        shards = (0..<number).map { _ in
            CacheShard(count: max(1, count / number), bytes: max(0, bytes / number))
        }
    }

    /// The value of exactly this version.
    func value(for version: ContentVersion) -> Value? {
        let (value, dropped) = shard(version.file).state.withLock { $0.value(for: version) }
        // The value is destroyed here, without the lock: to close a file may take long.
        _ = dropped
        return value
    }

    func insert(_ value: Value, cost: Int, for version: ContentVersion) {
        let dropped = shard(version.file).state.withLock { $0.insert(value, cost: cost, for: version) }
        _ = dropped
    }

    func remove(_ file: FileKey) {
        let dropped = shard(file).state.withLock { $0.remove(file) }
        _ = dropped
    }

    /// Drops what was neither put in nor asked for since the last call.
    func dropUnused() {
        for shard in shards {
            let dropped = shard.state.withLock { $0.dropUnused() }
            _ = dropped
        }
    }

    func removeAll() {
        for shard in shards {
            let dropped = shard.state.withLock { $0.removeAll() }
            _ = dropped
        }
    }

    /// How many values are kept now and what they cost.
    var usage: (count: Int, bytes: Int) {
        shards.reduce((0, 0)) { sum, shard in
            shard.state.withLock { (sum.0 + $0.count, sum.1 + $0.bytes) }
        }
    }

    private func shard(_ file: FileKey) -> CacheShard<Value> {
        // Neighbouring inode numbers go to different shards.
        shards[Int((file.inode ^ file.device) % UInt64(shards.count))]
    }
}

private final class CacheShard<Value: Sendable>: Sendable {
    let state: Mutex<CacheState<Value>>
    init(count: Int, bytes: Int) { state = Mutex(CacheState(countLimit: count, byteLimit: bytes)) }
}

/// One shard: a plain value. What it drops it returns, so that it is destroyed outside the lock.
private struct CacheState<Value: Sendable>: Sendable {
    private struct Slot {
        let version: ContentVersion
        let value: Value
        let cost: Int
        /// Asked for since the clock's hand came by.
        var isUsed = false
        /// Put in or asked for since the last ``dropUnused()``.
        var isRecent = true
    }

    private let countLimit: Int
    private let byteLimit: Int
    private var slots: [Slot?] = []
    private var free: [Int] = []
    private var places: [FileKey: Int] = [:]
    private var hand = 0
    private(set) var bytes = 0
    var count: Int { places.count }

    init(countLimit: Int, byteLimit: Int) {
        self.countLimit = countLimit
        self.byteLimit = byteLimit
    }

    mutating func value(for version: ContentVersion) -> (Value?, dropped: Value?) {
        guard let place = places[version.file], let slot = slots[place] else { return (nil, nil) }
        guard slot.version == version else { return (nil, remove(version.file)) }
        slots[place]?.isUsed = true
        slots[place]?.isRecent = true
        return (slot.value, nil)
    }

    mutating func insert(_ value: Value, cost: Int, for version: ContentVersion) -> [Value] {
        var dropped: [Value] = []
        if let old = remove(version.file) { dropped.append(old) }
        guard cost <= byteLimit else { return dropped }
        while places.count >= countLimit || bytes > byteLimit - cost { dropped.append(contentsOf: evict()) }
        let slot = Slot(version: version, value: value, cost: cost)
        if let place = free.popLast() {
            slots[place] = slot
            places[version.file] = place
        } else {
            places[version.file] = slots.count
            slots.append(slot)
        }
        bytes += cost
        return dropped
    }

    mutating func remove(_ file: FileKey) -> Value? {
        guard let place = places.removeValue(forKey: file), let slot = slots[place] else { return nil }
        slots[place] = nil
        free.append(place)
        bytes -= slot.cost
        return slot.value
    }

    mutating func dropUnused() -> [Value] {
        var dropped: [Value] = []
        for place in slots.indices {
            guard let slot = slots[place] else { continue }
            if slot.isRecent {
                slots[place]?.isRecent = false
            } else if let value = remove(slot.version.file) {
                dropped.append(value)
            }
        }
        return dropped
    }

    mutating func removeAll() -> [Value] {
        let values = slots.compactMap { $0?.value }
        slots = []
        free = []
        places = [:]
        bytes = 0
        hand = 0
        return values
    }

    /// Moves the hand until one value has left: at most twice around.
    private mutating func evict() -> [Value] {
        while !places.isEmpty {
            hand = hand + 1 < slots.count ? hand + 1 : 0
            guard let slot = slots[hand] else { continue }
            if slot.isUsed {
                slots[hand]?.isUsed = false
            } else if let value = remove(slot.version.file) {
                return [value]
            }
        }
        return []
    }
}
