import Policy
import SystemPackage

extension PolicyDocument.Content {
    /// What the parts of a document demand of each other.
    ///
    /// - Throws: ``PolicyDocument/Problem`` that names the first item which contradicts another one, or lacks it.
    func validate() throws {
        let names = Set(apps.map(\.name))
        func require(_ app: String, for what: String) throws {
            guard names.contains(app) else {
                throw PolicyDocument.Problem(description: "\(what) names the app \(app), and there is no such [[app]]")
            }
        }
        for grant in grants {
            try require(grant.app, for: "a grant of \(grant.permission.rawValue)")
        }
        for view in views { try require(view.app, for: "the view \(view.name)") }
        try requireOnce(grants.map { Right(app: $0.app, permission: $0.permission, under: $0.under) }) {
            "the grant of \($0.permission.rawValue) to \($0.app)" + ($0.under.isEmpty ? "" : " under \($0.under)")
        }
        try requireOnce(views.map(\.name)) { "the view \($0)" }
        try requireApart(views)
        // The rules that every policy has to obey, such as one app for each uid.
        do {
            _ = try PolicySnapshot(serial: 1, apps: apps, grants: grants, folders: [], callers: CallerRules())
        } catch {
            throw PolicyDocument.Problem(description: "\(error)")
        }
    }

    /// No view covers another one.
    private func requireApart(_ views: [PolicyDocument.View]) throws {
        let places = views.map { (name: $0.name, path: FilePath($0.path)) }.sorted {
            $0.path.components.lexicographicallyPrecedes($1.path.components) { $0.string < $1.string }
        }
        // What lies in a directory follows it directly, or something else that lies in it.
        for (outer, inner) in zip(places, places.dropFirst()) where inner.path.starts(with: outer.path) {
            throw PolicyDocument.Problem(
                description:
                    "the views \(outer.name) at \(outer.path) and \(inner.name) at \(inner.path) would cover each other"
            )
        }
    }

    private struct Right: Hashable {
        let app: String
        let permission: Permission
        let under: String
    }

    private func requireOnce<Item: Hashable>(_ items: [Item], _ say: (Item) -> String) throws {
        var seen = Set<Item>(minimumCapacity: items.count)
        for item in items where !seen.insert(item).inserted {
            throw PolicyDocument.Problem(description: "\(say(item)) is there twice")
        }
    }
}
