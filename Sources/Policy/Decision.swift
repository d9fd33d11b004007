/// What a caller may do with one file or directory, and why.
public struct Decision: Sendable, Hashable {
    public var visible = false
    /// Reading the content, or listing a directory.
    public var read = false
    /// Creating, modifying, renaming, deleting and changing attributes.
    public var write = false
    /// The original variant.
    public var location = false
    public var rule: Rule

    public init(visible: Bool = false, read: Bool = false, write: Bool = false, location: Bool = false, rule: Rule) {
        self.visible = visible
        self.read = read
        self.write = write
        self.location = location
        self.rule = rule
    }
}

/// The rule that decided, as `check` and the audit name it.
public enum Rule: String, Sendable, Hashable {
    case trusted = "trusted uid"
    case owner = "owner of the file"
    case ownFolder = "own app folder"
    case foreignFolder = "private folder of another app"
    case unregisteredFolder = "folder of an app that is not registered"
    case folderContainer = "directory of app folders"
    case hiddenPermission = "media.hidden"
    case managePermission = "media.manage"
    case readPermission = "media.read"
    case writePermission = "media.write"
    case directory = "directories are visible"
    case sharedFolder = "shared folder of another app"
    case noPermission = "no permission for this collection"
    case unknownReadonly = "unknown caller: redacted, read only"
    case unknownNoFolder = "unknown caller: no app folders"
    case unknownDenied = "unknown callers are denied"
    case noApp = "the view's app is not registered"
    case ambiguousCaller = "uid, unit and program do not name one app"
}

/// What a decision is about.
public enum Subject: Sendable, Hashable {
    case directory
    case file(Collection)
}

extension PolicySnapshot {
    /// Decides what `principal` may do with a subject at a place.
    ///
    /// - Parameters:
    ///   - principal: nil for an app view whose app is gone: nothing is visible.
    ///   - place: where the subject lies, in this snapshot.
    ///   - subject: a directory, or a file of a collection.
    ///   - isOwner: the principal's app created the file.
    ///   - now: seconds since 1970; what has expired by then grants nothing.
    public func decide(
        _ principal: Principal?, _ place: Place, _ subject: Subject, isOwner: Bool, now: UInt64
    ) -> Decision {
        switch principal {
        case nil: return Decision(visible: subject == .directory && place.folder == .none, rule: .noApp)
        case .trusted: return Decision(visible: true, read: true, write: true, location: true, rule: .trusted)
        case .ambiguous:
            return Decision(visible: subject == .directory && place.folder == .none, rule: .ambiguousCaller)
        case .unknown: return decideUnknown(place, subject)
        case .app(let index): return decide(app: index, place, subject, isOwner: isOwner, now: now)
        }
    }

    private func decideUnknown(_ place: Place, _ subject: Subject) -> Decision {
        if callers.unknown == .deny { return Decision(rule: .unknownDenied) }
        switch place.folder {
        case .private: return Decision(rule: place.app == 0 ? .unregisteredFolder : .foreignFolder)
        case .shared: return Decision(rule: .unknownNoFolder)
        case .none, .privateContainer, .sharedContainer:
            return Decision(visible: true, read: true, rule: .unknownReadonly)
        }
    }

    private func decide(
        app: UInt32, _ place: Place, _ subject: Subject, isOwner: Bool, now: UInt64
    ) -> Decision {
        let rights = rights(of: app, at: place.scope, now: now)
        let isOwnFolder = place.app == app + 1 && (place.folder == .private || place.folder == .shared)
        // In its own folder an app has all rights, but sees the location only of what it owns or with the permission.
        if isOwnFolder {
            let location = isOwner || !rights.isDisjoint(with: [.location, .manage])
            return Decision(
                visible: true, read: true, write: true, location: location, rule: isOwner ? .owner : .ownFolder)
        }
        if place.folder == .private { return decideForeign(place, rights) }
        if place.folder == .shared && place.app == 0 && !rights.contains(.hidden) {
            return Decision(rule: .unregisteredFolder)
        }
        if isOwner { return Decision(visible: true, read: true, write: true, location: true, rule: .owner) }
        if rights.contains(.manage), place.folder != .privateContainer {
            return Decision(visible: true, read: true, write: true, location: true, rule: .managePermission)
        }
        switch subject {
        case .directory: return decideDirectory(place, rights)
        case .file(let collection): return decideFile(place, collection, rights)
        }
    }

    private func decideForeign(_ place: Place, _ rights: Rights) -> Decision {
        guard rights.contains(.hidden) else {
            return Decision(rule: place.app == 0 ? .unregisteredFolder : .foreignFolder)
        }
        return Decision(
            visible: true, read: true, location: rights.contains(.location), rule: .hiddenPermission)
    }

    private func decideDirectory(_ place: Place, _ rights: Rights) -> Decision {
        switch place.folder {
        case .privateContainer, .sharedContainer:
            return Decision(visible: true, read: true, rule: .folderContainer)
        case .none, .private, .shared:
            return Decision(visible: true, read: true, write: !rights.isDisjoint(with: .anyWrite), rule: .directory)
        }
    }

    private func decideFile(_ place: Place, _ collection: Collection, _ rights: Rights) -> Decision {
        let location = rights.contains(.location)
        // What lies in the directory of app folders itself is nobody's.
        let isInContainer = place.folder == .privateContainer || place.folder == .sharedContainer
        if rights.contains(.write(collection)), !isInContainer {
            return Decision(visible: true, read: true, write: true, location: location, rule: .writePermission)
        }
        if rights.contains(.read(collection)) {
            return Decision(visible: true, read: true, location: location, rule: .readPermission)
        }
        return Decision(rule: .noPermission)
    }

    func rights(of app: UInt32, at scope: UInt32, now: UInt64) -> Rights {
        let own = rights[Int(app)]
        guard !own.isEmpty else { return [] }
        var result: Rights = []
        trie.forEachAbove(scope) { node in
            if let here = own[node] { result.formUnion(here.at(now)) }
        }
        return result
    }
}
