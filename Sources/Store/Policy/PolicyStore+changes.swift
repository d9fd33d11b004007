import Foundation
import GRDB
import Policy

extension PolicyStore {
    static var now: UInt64 { UInt64(max(0, Date().timeIntervalSince1970)) }

    // MARK: apps

    public func addApp(_ app: App) throws {
        try change { db in
            guard try !exists(db, app: app.name) else {
                throw PolicyError.conflict(what: "app \(app.name)", reason: "it is registered already")
            }
            try insert(db, app)
        } next: { current in
            try compile(current.apps + [app], current.grants)
        }
    }

    private func insert(_ db: Database, _ app: App) throws {
        try db.execute(sql: "INSERT INTO apps (name, created) VALUES (?, ?)", arguments: [app.name, PolicyStore.now])
        func add(_ column: String, _ value: some DatabaseValueConvertible) throws {
            let known = "SELECT app FROM app_\(column)s WHERE \(column) = ?"
            if let other = try String.fetchOne(db, sql: known, arguments: [value]) {
                throw PolicyError.conflict(what: "\(column) \(value)", reason: "it belongs to the app \(other)")
            }
            try db.execute(
                sql: "INSERT INTO app_\(column)s (\(column), app) VALUES (?, ?)", arguments: [value, app.name])
        }
        for uid in app.uids { try add("uid", uid) }
        for unit in app.units { try add("unit", unit) }
        for executable in app.executables { try add("executable", executable) }
    }

    /// Removes an app with its grants. What it owned has no owner any more.
    public func removeApp(_ name: String) throws {
        try change { db in
            guard try exists(db, app: name) else { throw PolicyError.notFound(what: "app \(name)") }
            if let view = try String.fetchOne(db, sql: "SELECT name FROM views WHERE app = ?", arguments: [name]) {
                throw PolicyError.conflict(
                    what: "app \(name)", reason: "the view \(view) is pinned to it; remove the view first")
            }
            try db.execute(sql: "DELETE FROM apps WHERE name = ?", arguments: [name])
            try db.execute(sql: "DELETE FROM owners WHERE app = ?", arguments: [name])
        } next: { current in
            try compile(current.apps.filter { $0.name != name }, current.grants.filter { $0.app != name })
        }
    }

    /// What is kept of an app besides what decides.
    public struct Registration: Sendable, Hashable {
        /// When it was registered, in seconds since 1970.
        public var created: UInt64
        /// How many grants it has that are in force.
        public var grants = 0
        /// The names of the views that are pinned to it.
        public var views: [String] = []
    }

    /// One app, or all, by name; an app that is not registered is not in it.
    public func registrations(app: String? = nil) throws -> [String: Registration] {
        let condition = app == nil ? "" : "AND app = ?"
        return try database.read { db in
            func rows(_ sql: String, _ arguments: [(any DatabaseValueConvertible)?]) throws -> [Row] {
                let all = StatementArguments(arguments + (app.map { [$0] } ?? []))
                return try Row.fetchAll(db, sql: sql, arguments: all)
            }
            var result: [String: Registration] = [:]
            for row in try rows("SELECT name, created FROM apps" + (app == nil ? "" : " WHERE name = ?"), []) {
                result[row["name"]] = Registration(created: row["created"])
            }
            let counts = "SELECT app, count(*) AS count FROM grants WHERE (expires IS NULL OR expires > ?)"
            for row in try rows("\(counts) \(condition) GROUP BY app", [PolicyStore.now]) {
                result[row["app"]]?.grants = row["count"]
            }
            for row in try rows("SELECT app, name FROM views WHERE true \(condition) ORDER BY name", []) {
                result[row["app"]]?.views.append(row["name"])
            }
            return result
        }
    }

    // MARK: grants

    /// Adds a grant, or gives an existing one another expiry.
    public func grant(_ grant: Grant) throws {
        try change { db in
            guard try exists(db, app: grant.app) else { throw PolicyError.notFound(what: "app \(grant.app)") }
            try db.execute(
                sql: """
                    INSERT INTO grants (app, permission, under, expires, created) VALUES (?, ?, ?, ?, ?)
                    ON CONFLICT (app, permission, under) DO UPDATE SET expires = excluded.expires
                    """,
                arguments: [grant.app, grant.permission.rawValue, grant.under, grant.expires, PolicyStore.now])
        } next: { current in
            try current.granting(grant, serial: nextSerial())
        }
    }

    public func revoke(app: String, _ permission: Permission, under: String = "") throws {
        try change { db in
            guard try exists(db, app: app) else { throw PolicyError.notFound(what: "app \(app)") }
            try db.execute(
                sql: "DELETE FROM grants WHERE app = ? AND permission = ? AND under = ?",
                arguments: [app, permission.rawValue, under])
            guard db.changesCount > 0 else {
                let scope = under.isEmpty ? "" : " under \(under)"
                throw PolicyError.notFound(what: "grant \(permission.rawValue)\(scope) of \(app)")
            }
        } next: { current in
            try current.revoking(app: app, permission, under: under, serial: nextSerial())
        }
    }

    /// A grant as it is kept.
    public struct KeptGrant: Sendable, Hashable {
        public let grant: Grant
        public let created: UInt64
    }

    /// Grants in force now that are as asked for; nil asks for all.
    public func grants(
        app: String? = nil, permission: Permission? = nil, under: String? = nil
    ) throws -> [KeptGrant] {
        // Only what is asked for is named, so that the index serves it.
        let asked: [(String, (any DatabaseValueConvertible)?)] = [
            ("app", app), ("permission", permission?.rawValue), ("under", under),
        ]
        let given = asked.filter { $0.1 != nil }
        let conditions = given.map { "\($0.0) = ?" } + ["(expires IS NULL OR expires > ?)"]
        let arguments = given.map(\.1) + [PolicyStore.now]
        return try database.read { db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT * FROM grants WHERE \(conditions.joined(separator: " AND "))
                    ORDER BY app, permission, under
                    """, arguments: StatementArguments(arguments))
            return rows.compactMap { row in
                Permission(rawValue: row["permission"]).map {
                    KeptGrant(
                        grant: Grant(app: row["app"], permission: $0, under: row["under"], expires: row["expires"]),
                        created: row["created"])
                }
            }
        }
    }

    // MARK: views

    public func addView(name: String, app: String, path: String) throws {
        try change { db in
            guard try exists(db, app: app) else { throw PolicyError.notFound(what: "app \(app)") }
            if try String.fetchOne(db, sql: "SELECT name FROM views WHERE name = ?", arguments: [name]) != nil {
                throw PolicyError.conflict(what: "view \(name)", reason: "it is there already")
            }
            try db.execute(
                sql: "INSERT INTO views (name, app, path, created) VALUES (?, ?, ?, ?)",
                arguments: [name, app, path, PolicyStore.now])
        } next: { _ in
            nil
        }
    }

    public func removeView(name: String) throws {
        try change { db in
            try db.execute(sql: "DELETE FROM views WHERE name = ?", arguments: [name])
            guard db.changesCount > 0 else { throw PolicyError.notFound(what: "view \(name)") }
        } next: { _ in
            nil
        }
    }

    public func views() throws -> [View] {
        try database.read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM views ORDER BY name").map {
                View(name: $0["name"], app: $0["app"], path: $0["path"], created: $0["created"])
            }
        }
    }

    /// Replaces apps, grants and views by those given, all or nothing.
    public func replaceAll(apps: [App], grants: [Grant], views: [(name: String, app: String, path: String)]) throws {
        try change { db in
            for table in [
                "views", "grants", "app_uids", "app_units", "app_executables", "apps",
            ] { try db.execute(sql: "DELETE FROM \(table)") }
            for app in apps { try insert(db, app) }
            for grant in grants {
                try db.execute(
                    sql: "INSERT INTO grants (app, permission, under, expires, created) VALUES (?, ?, ?, ?, ?)",
                    arguments: [grant.app, grant.permission.rawValue, grant.under, grant.expires, PolicyStore.now])
            }
            for view in views {
                try db.execute(
                    sql: "INSERT INTO views (name, app, path, created) VALUES (?, ?, ?, ?)",
                    arguments: [view.name, view.app, view.path, PolicyStore.now])
            }
            try db.execute(sql: "DELETE FROM owners WHERE app NOT IN (SELECT name FROM apps)")
        } next: { _ in
            try compile(apps, grants)
        }
    }

    private func exists(_ db: Database, app: String) throws -> Bool {
        try String.fetchOne(db, sql: "SELECT name FROM apps WHERE name = ?", arguments: [app]) != nil
    }
}
