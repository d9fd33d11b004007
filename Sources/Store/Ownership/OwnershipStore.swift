import Foundation
import GRDB
import Synchronization

/// Which app created which file, by the file's inode: it survives rename, and a recycled inode has no owner.
///
/// Answers come from memory, in 64 shards. New owners are written behind within a moment, in order: what a crash loses is
/// ownership, and the app then sees its last files as anybody's. An owner who loses a file that lives on loses it durably
/// before anything else happens to the file.
public final class OwnershipStore: Sendable {
    /// A backing inode; `born` in nanoseconds since 1970, 0 where the filesystem does not tell.
    public struct Key: Sendable, Hashable {
        let device: UInt64
        let inode: UInt64
        let born: Int64

        public init(device: UInt64, inode: UInt64, born: Int64) {
            self.device = born == 0 ? device : 0
            self.inode = inode
            self.born = born
        }
    }

    private final class Shard: Sendable {
        let owners = Mutex<[Key: String]>([:])
    }
    private let shards = (0..<64).map { _ in Shard() }
    private let database: DatabaseQueue
    private let waiting = Mutex<[(Key, String?)]>([])
    private let queue = DispatchQueue(label: "ownership")

    public init(_ store: PolicyStore) throws {
        database = store.database
        try database.read { db in
            for row in try Row.fetchAll(db, sql: "SELECT * FROM owners WHERE app IN (SELECT name FROM apps)") {
                let inode: Int64 = row["inode"]
                let device: Int64 = row["device"]
                let key = Key(
                    device: UInt64(bitPattern: device), inode: UInt64(bitPattern: inode), born: row["born"])
                shard(key).owners.withLock { $0[key] = row["app"] }
            }
        }
    }

    /// The app that owns a file; nil if no app does.
    public func owner(of key: Key) -> String? { shard(key).owners.withLock { $0[key] } }

    /// Makes `app` the owner of a file; nil ends ownership.
    public func setOwner(of key: Key, to app: String?) {
        let changed = shard(key).owners.withLock { owners -> Bool in
            guard owners[key] != app else { return false }
            owners[key] = app
            return true
        }
        guard changed else { return }
        let isFirst = waiting.withLock { waiting in
            waiting.append((key, app))
            return waiting.count == 1
        }
        if isFirst { queue.asyncAfter(deadline: .now() + 0.05) { self.write() } }
    }

    /// Ends ownership of a file that stays; returns when that is durable, and changes nothing if it throws.
    public func endOwnership(of key: Key) throws {
        try queue.sync {
            write()
            try database.write { db in try OwnershipStore.write(key, nil, db) }
            shard(key).owners.withLock { $0[key] = nil }
        }
    }

    /// How many files an app owns.
    public func count(of app: String) -> Int {
        shards.reduce(0) { $0 + $1.owners.withLock { owners in owners.values.count { $0 == app } } }
    }

    /// Forgets the files of all apps but these, in memory and in the database.
    public func keepOnly(_ apps: Set<String>) {
        queue.sync {
            for shard in shards { shard.owners.withLock { $0 = $0.filter { apps.contains($0.value) } } }
            write()
            // Rows that stay after a failure are of apps that the store does not know; see `init`.
            try? database.write { db in
                try db.execute(sql: "DELETE FROM owners WHERE app NOT IN (SELECT name FROM apps)")
            }
        }
    }

    /// Writes what waits to the database; returns when it is durable.
    public func flush() { queue.sync { write() } }

    private func write() {
        let changes = waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        guard !changes.isEmpty else { return }
        // A failure (a full disk) loses ownership at the next start, nothing else: memory has the truth till then.
        try? database.write { db in
            for (key, app) in changes { try OwnershipStore.write(key, app, db) }
        }
    }

    private static func write(_ key: Key, _ app: String?, _ db: Database) throws {
        let place = [Int64(bitPattern: key.device), Int64(bitPattern: key.inode), key.born]
        if let app {
            try db.execute(
                sql: "INSERT OR REPLACE INTO owners (device, inode, born, app) VALUES (?, ?, ?, ?)",
                arguments: [place[0], place[1], place[2], app])
        } else {
            try db.execute(
                sql: "DELETE FROM owners WHERE device = ? AND inode = ? AND born = ?",
                arguments: [place[0], place[1], place[2]])
        }
    }

    private func shard(_ key: Key) -> Shard { shards[Int((key.inode ^ UInt64(bitPattern: key.born)) & 63)] }
}
