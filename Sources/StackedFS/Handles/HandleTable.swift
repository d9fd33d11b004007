import Synchronization

/// Open handles of one view by number, in 64 shards.
final class HandleTable: Sendable {
    enum Handle: Sendable {
        case file(OpenFile)
        case directory(DirectoryStream)
    }

    private final class Shard: Sendable {
        let handles = Mutex<[UInt64: Handle]>([:])
    }
    private let shards = (0..<64).map { _ in Shard() }
    private let next = Atomic<UInt64>(1)

    var count: Int { shards.reduce(0) { $0 + $1.handles.withLock { $0.count } } }

    func add(_ handle: Handle) -> UInt64 {
        let number = next.add(1, ordering: .relaxed).oldValue
        shards[Int(number & 63)].handles.withLock { $0[number] = handle }
        return number
    }

    func file(_ number: UInt64) -> OpenFile? {
        guard case .file(let file)? = shards[Int(number & 63)].handles.withLock({ $0[number] }) else { return nil }
        return file
    }

    func directory(_ number: UInt64) -> DirectoryStream? {
        guard case .directory(let stream)? = shards[Int(number & 63)].handles.withLock({ $0[number] }) else {
            return nil
        }
        return stream
    }

    func remove(_ number: UInt64) -> Handle? {
        shards[Int(number & 63)].handles.withLock { $0.removeValue(forKey: number) }
    }
}
