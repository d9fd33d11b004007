import Foundation
import GRDB
import Policy
import Synchronization

/// Apps, grants and views in policy.db: the truth that a policy snapshot is compiled from.
///
/// What a method returned from is durable (`synchronous = FULL`). Methods may be called from any thread; changes are
/// serialised. After every change the new snapshot is published to ``keeper`` before the method returns.
public final class PolicyStore: Sendable {
    public let keeper: PolicyKeeper
    let database: DatabaseQueue
    private let path: String
    private let rules: Mutex<(folders: [FolderRule], callers: CallerRules)>
    private let serial = Mutex<UInt64>(0)
    /// Held from a change's begin until it is published: each is made from the policy before it.
    private let changes = Mutex<Void>(())
    private let backup: PolicyBackup

    /// An app view that is to be mounted.
    public struct View: Sendable, Hashable {
        public let name: String
        public let app: String
        /// Where it is mounted, absolute.
        public let path: String
        public let created: UInt64
    }

    /// Opens policy.db in a locked state directory.
    ///
    /// - Throws: ``StoreError`` for a database that is damaged or from a newer version: the service must not run open.
    public init(directory: StateDirectory, folders: [FolderRule], callers: CallerRules) throws {
        path = directory.path + "/policy.db"
        database = try PolicyStore.open(path)
        rules = Mutex((folders, callers))
        backup = PolicyBackup(path)
        let empty = try PolicySnapshot(serial: 1, apps: [], grants: [], folders: folders, callers: callers)
        keeper = PolicyKeeper(empty)
        keeper.publish(try load())
        backup.keep()
    }

    private static func open(_ path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = true
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA journal_mode = WAL")
            try db.execute(sql: "PRAGMA synchronous = FULL")
        }
        do {
            let database = try DatabaseQueue(path: path, configuration: configuration)
            let verdict = try database.read { try String.fetchOne($0, sql: "PRAGMA integrity_check") }
            guard verdict == "ok" else {
                throw damaged(path, verdict?.split(separator: "\n").first.map(String.init) ?? "no answer")
            }
            let migrator = PolicySchema.migrator
            guard try !database.read({ try migrator.hasBeenSuperseded($0) }) else {
                throw StoreError(
                    .newer, "\(path) was written by a newer MediaVeil; install that version, or restore a backup")
            }
            let isNew = try database.read { try migrator.appliedIdentifiers($0).isEmpty }
            guard !isNew || access(path + PolicyBackup.ending, F_OK) != 0 else {
                throw damaged(path, "nothing is in it, and it was in use; to begin anew, move its backup away too")
            }
            try migrator.migrate(database)
            return database
        } catch let error as DatabaseError {
            let reason = error.message ?? "\(error.resultCode)"
            switch error.resultCode {
            case .SQLITE_CORRUPT, .SQLITE_NOTADB: throw damaged(path, reason)
            default: throw unwritable(path, reason)
            }
        }
    }

    private static func damaged(_ path: String, _ reason: String) -> StoreError {
        StoreError(
            .damaged,
            "\(path) is damaged (\(reason)); the service does not run without its policy. Move the file away and copy "
                + "\(path).backup, the last good state, in its place")
    }

    private static func unwritable(_ path: String, _ reason: String) -> StoreError {
        StoreError(.unreadable, "\(path) cannot be used: \(reason); free space or mend the disk. Nothing was changed")
    }

    /// Other rules from a reloaded configuration.
    public func setRules(folders: [FolderRule], callers: CallerRules) throws {
        try changes.withLock { _ in
            let current = keeper.current
            let snapshot = try PolicySnapshot(
                serial: nextSerial(), apps: current.apps, grants: current.grants, folders: folders, callers: callers)
            rules.withLock { $0 = (folders, callers) }
            keeper.publish(snapshot)
        }
    }

    /// Runs a change in a transaction and publishes what comes of it; a policy that does not compile rolls it back.
    ///
    /// - Parameter next: the policy after the change, made from the one in force and a new serial; nil for a change that
    ///   is none of the policy.
    func change<T: Sendable>(
        _ body: (Database) throws -> T, next: (PolicySnapshot) throws -> PolicySnapshot?
    ) throws -> T {
        try changes.withLock { _ in
            let result: T
            let snapshot: PolicySnapshot?
            do {
                (result, snapshot) = try database.write { db in
                    let result = try body(db)
                    return (result, try next(keeper.current))
                }
            } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
                throw PolicyError.conflict(
                    what: "the change", reason: "it contradicts itself (\(error.message ?? "no details"))")
            } catch let error as DatabaseError {
                throw PolicyStore.unwritable(path, error.message ?? "\(error.resultCode)")
            }
            if let snapshot { keeper.publish(snapshot) }
            // The change is durable by now; the copy may follow.
            backup.keep()
            return result
        }
    }

    /// Returns when the copy of the last good state is that of the last change.
    public func finishBackup() { backup.finish() }

    /// Closes policy.db, so that all of it is in the one file. Nothing can be asked or changed afterwards.
    public func close() {
        backup.finish()
        try? database.close()
    }

    /// A policy of these apps and grants, and of the rules in force.
    func compile(_ apps: [App], _ grants: [Grant]) throws -> PolicySnapshot {
        let (folders, callers) = rules.withLock { $0 }
        return try PolicySnapshot(
            serial: nextSerial(), apps: apps, grants: grants, folders: folders, callers: callers)
    }

    func nextSerial() -> UInt64 {
        serial.withLock { serial in
            serial += 1
            return serial
        }
    }

    private func load() throws -> PolicySnapshot {
        try database.read { db in
            let grants = try Row.fetchAll(db, sql: "SELECT app, permission, under, expires FROM grants")
                .compactMap { row in
                    // A permission that this version does not know grants nothing.
                    Permission(rawValue: row["permission"]).map {
                        Grant(app: row["app"], permission: $0, under: row["under"], expires: row["expires"])
                    }
                }
            return try compile(try apps(db), grants)
        }
    }

    private func apps(_ db: Database) throws -> [App] {
        func values<Value: DatabaseValueConvertible>(_ column: String) throws -> [String: Set<Value>] {
            var result: [String: Set<Value>] = [:]
            for row in try Row.fetchAll(db, sql: "SELECT app, \(column) FROM app_\(column)s") {
                let value: Value = row[column]
                result[row["app"], default: []].insert(value)
            }
            return result
        }
        let uids: [String: Set<UInt32>] = try values("uid")
        let units: [String: Set<String>] = try values("unit")
        let executables: [String: Set<String>] = try values("executable")
        return try String.fetchAll(db, sql: "SELECT name FROM apps").map {
            try App(name: $0, uids: uids[$0] ?? [], units: units[$0] ?? [], executables: executables[$0] ?? [])
        }
    }
}
