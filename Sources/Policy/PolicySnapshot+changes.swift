// A change of one grant costs a part of what a policy costs to compile: apps, uids and most rights are shared with the
// policy that it was made from.

extension PolicySnapshot {
    /// This policy with one grant more, or with another expiry of one that is there.
    ///
    /// - Throws: ``PolicyError/notFound(what:)`` if there is no such app.
    public func granting(_ grant: Grant, serial: UInt64) throws(PolicyError) -> PolicySnapshot {
        try replacing(app: grant.app, grant.permission, under: grant.under, by: grant, serial: serial)
    }

    /// This policy without one grant.
    ///
    /// - Throws: ``PolicyError/notFound(what:)`` if there is no such app.
    public func revoking(
        app: String, _ permission: Permission, under: String, serial: UInt64
    ) throws(PolicyError) -> PolicySnapshot {
        try replacing(app: app, permission, under: under, by: nil, serial: serial)
    }

    private func replacing(
        app: String, _ permission: Permission, under: String, by grant: Grant?, serial: UInt64
    ) throws(PolicyError) -> PolicySnapshot {
        guard let index = indexes[app] else { throw .notFound(what: "app \(app)") }
        var kept: [Grant] = []
        kept.reserveCapacity(grants.count + 1)
        var here = ScopedRights()
        for old in grants {
            let isHere = old.app == app && old.under == under
            if isHere, old.permission == permission { continue }
            if isHere { here.add(old) }
            kept.append(old)
        }
        if let grant {
            here.add(grant)
            kept.append(grant)
        }
        var trie = trie
        var rights = rights
        rights[Int(index)][trie.node(for: under)] = here
        return PolicySnapshot(self, serial: serial, grants: kept, trie: trie, rights: rights)
    }
}
