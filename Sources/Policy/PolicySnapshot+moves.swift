extension PolicySnapshot {
    /// Whether `principal` may give a directory, and so everything in it, another place.
    ///
    /// Rights hang on places, and what lies in a directory is not looked at when it is moved. So a directory moves only
    /// to where its mover gains nothing over any file that could be in it, and never to where a part of it would become
    /// an app folder.
    public func mayMoveDirectory(_ principal: Principal?, from: Place, to: Place, now: UInt64) -> Bool {
        switch principal {
        case .trusted: return true
        case nil, .unknown, .ambiguous: return false
        case .app(let index):
            guard !leadsToAppFolders(to), !leadsToAppFolders(from) else { return false }
            let before = reach(of: index, at: from, now: now)
            guard before.isSuperset(of: reach(of: index, at: to, now: now)) else { return false }
            return rights[Int(index)].allSatisfy { scope, rights in
                !trie.lies(scope, below: to.scope) || before.isSuperset(of: rights.at(now))
            }
        }
    }

    /// The rights of an app at a place, its own folders' included.
    private func reach(of app: UInt32, at place: Place, now: UInt64) -> Rights {
        var reach = rights(of: app, at: place.scope, now: now)
        let isFolder = place.folder == .private || place.folder == .shared
        if isFolder, place.app == app + 1 { reach.formUnion(.ownFolder) }
        if reach.contains(.manage) { reach.formUnion([.ownFolder, .location]) }
        return reach
    }
}
