/// The compiled, immutable form of all apps, grants and rules.
///
/// A decision costs a few array accesses, however many apps and grants there are: paths are walked once, when a node is
/// looked up, and become a ``Place``. Safe to use from any thread; a change makes a new snapshot.
public final class PolicySnapshot: Sendable {
    /// Tells snapshots apart; never 0, grows with every change.
    public let serial: UInt64
    public let callers: CallerRules
    public let apps: [App]
    public let grants: [Grant]

    let indexes: [String: UInt32]
    let byUID: [UInt32: UInt32]
    let byUnit: [String: UInt32]
    let byExecutable: [String: UInt32]
    /// What a caller's app depends on beside its uid; empty if nothing is configured or no app is named so.
    public let identifies: Set<IdentityKind>
    let trie: ScopeTrie
    /// By app index: what the app has at each scope that one of its grants names.
    let rights: [[UInt32: ScopedRights]]

    public init(
        serial: UInt64, apps: [App], grants: [Grant], folders: [FolderRule], callers: CallerRules
    ) throws(PolicyError) {
        self.serial = serial
        self.callers = callers
        self.apps = apps.sorted { $0.name < $1.name }
        self.grants = grants
        var indexes: [String: UInt32] = [:]
        for (index, app) in self.apps.enumerated() {
            guard indexes.updateValue(UInt32(index), forKey: app.name) == nil else {
                throw .conflict(what: "app \(app.name)", reason: "it is there twice")
            }
        }
        byUID = try PolicySnapshot.index(self.apps, "uid", \.uids)
        let byUnit = try PolicySnapshot.index(self.apps, "unit", \.units)
        let byExecutable = try PolicySnapshot.index(self.apps, "executable", \.executables)
        self.byUnit = byUnit
        self.byExecutable = byExecutable
        identifies = callers.identify.filter { kind in
            switch kind {
            case .unit: !byUnit.isEmpty
            case .executable: !byExecutable.isEmpty
            }
        }
        try FolderRule.requireAgreement(folders)
        var trie = ScopeTrie()
        for rule in folders { try trie.add(rule) }
        var rights = [[UInt32: ScopedRights]](repeating: [:], count: apps.count)
        // Many grants name few paths.
        var scopes: [String: UInt32] = [:]
        for grant in grants {
            guard let index = indexes[grant.app] else { throw .notFound(what: "app \(grant.app)") }
            let scope = scopes[grant.under] ?? trie.node(for: grant.under)
            scopes[grant.under] = scope
            rights[Int(index)][scope, default: ScopedRights()].add(grant)
        }
        self.indexes = indexes
        self.trie = trie
        self.rights = rights
    }

    /// Another snapshot of the same apps and callers.
    init(
        _ other: PolicySnapshot, serial: UInt64, grants: [Grant], trie: ScopeTrie, rights: [[UInt32: ScopedRights]]
    ) {
        self.serial = serial
        self.grants = grants
        self.trie = trie
        self.rights = rights
        callers = other.callers
        apps = other.apps
        indexes = other.indexes
        byUID = other.byUID
        byUnit = other.byUnit
        byExecutable = other.byExecutable
        identifies = other.identifies
    }

    /// The app, by index, of each value that names one.
    private static func index<Value: Hashable>(
        _ apps: [App], _ what: String, _ values: (App) -> Set<Value>
    ) throws(PolicyError) -> [Value: UInt32] {
        var result: [Value: UInt32] = [:]
        for (index, app) in apps.enumerated() {
            for value in values(app) {
                guard let other = result.updateValue(UInt32(index), forKey: value) else { continue }
                throw .conflict(
                    what: "\(what) \(value)",
                    reason: "it cannot belong to both \(apps[Int(other)].name) and \(app.name)")
            }
        }
        return result
    }

    /// Who a caller is.
    public enum Principal: Sendable, Hashable {
        case trusted
        /// Index into ``PolicySnapshot/apps``.
        case app(UInt32)
        case unknown
        /// One whom uid, unit and program name different apps, or whose unit or program cannot be found out.
        case ambiguous
    }

    /// Whom a uid stands for in a shared view.
    public func principal(uid: UInt32) -> Principal {
        if callers.trusted.contains(uid) { return .trusted }
        if let index = byUID[uid] { return .app(index) }
        return .unknown
    }

    /// Whom an app view stands for; an app that is not registered any more has no rights at all.
    public func principal(app: String) -> Principal? { indexes[app].map { .app($0) } }

    public func name(of principal: Principal) -> String? {
        guard case .app(let index) = principal else { return nil }
        return apps[Int(index)].name
    }

    // MARK: places

    public var root: Place { Place(scope: 0, folder: .none, app: 0) }

    /// The place of `name` in a directory.
    public func step(from place: Place, name: [UInt8]) -> Place {
        switch place.folder {
        case .private, .shared:
            return Place(scope: trie.child(of: place.scope, name), folder: place.folder, app: place.app)
        case .privateContainer, .sharedContainer:
            let owner = String(validating: name, as: UTF8.self).flatMap { indexes[$0] }
            let folder: Place.Folder = place.folder == .privateContainer ? .private : .shared
            return Place(scope: trie.child(of: place.scope, name), folder: folder, app: owner.map { $0 + 1 } ?? 0)
        case .none:
            let scope = trie.child(of: place.scope, name)
            return Place(scope: scope, folder: trie.container(scope), app: 0)
        }
    }

    /// The place of every name in a directory, if that is the same for all; nil otherwise.
    public func commonStep(from place: Place) -> Place? {
        guard place.folder != .privateContainer, place.folder != .sharedContainer,
            let scope = trie.commonChild(of: place.scope)
        else { return nil }
        return Place(scope: scope, folder: place.folder, app: place.app)
    }

    /// Whether a directory of app folders lies at or below a place: such a directory is not renamed or removed through
    /// a view, because the folders in it would lose their protection.
    public func leadsToAppFolders(_ place: Place) -> Bool { trie.leadsToContainer(place.scope) }

    /// The place of a path relative to the library.
    public func place(of path: String) -> Place {
        path.split(separator: "/").reduce(root) { step(from: $0, name: Array($1.utf8)) }
    }
}

/// What one app was granted at one scope: permanently, or until some time.
struct ScopedRights: Sendable {
    var permanent: Rights = []
    var expiring: [(rights: Rights, expires: UInt64)] = []

    mutating func add(_ grant: Grant) {
        if let expires = grant.expires {
            expiring.append((grant.permission.rights, expires))
        } else {
            permanent.formUnion(grant.permission.rights)
        }
    }

    func at(_ now: UInt64) -> Rights {
        guard !expiring.isEmpty else { return permanent }
        return expiring.reduce(into: permanent) { if $1.expires > now { $0.formUnion($1.rights) } }
    }
}

/// The paths that grants and folder rules name, as a trie; a path that nothing names further stays at the node reached
/// last, marked so that no further component can match.
struct ScopeTrie: Sendable {
    private struct Node: Sendable {
        var children: [[UInt8]: UInt32] = [:]
        var container = Place.Folder.none
        /// A directory of app folders lies here or below.
        var leadsToContainer = false
        let parent: UInt32
    }
    private var nodes = [Node(parent: 0)]
    /// Set in a scope that lies below its node without being a node itself.
    private static let below: UInt32 = 1 << 31

    mutating func add(_ rule: FolderRule) throws(PolicyError) {
        let index = Int(node(for: rule.prefix.joined(separator: "/")))
        let kind: Place.Folder = rule.kind == .private ? .privateContainer : .sharedContainer
        guard nodes[index].container == .none || nodes[index].container == kind else {
            throw .conflict(
                what: "folder pattern \"\(rule.pattern)\"", reason: "it is named as private and as shared")
        }
        nodes[index].container = kind
        var above = UInt32(index)
        while above != 0 {
            nodes[Int(above)].leadsToContainer = true
            above = nodes[Int(above)].parent
        }
    }

    func leadsToContainer(_ scope: UInt32) -> Bool {
        scope & ScopeTrie.below == 0 && nodes[Int(scope)].leadsToContainer
    }

    mutating func node(for path: String) -> UInt32 {
        var current: UInt32 = 0
        for part in path.split(separator: "/") {
            let name = Array(part.utf8)
            if let next = nodes[Int(current)].children[name] {
                current = next
            } else {
                nodes.append(Node(parent: current))
                nodes[Int(current)].children[name] = UInt32(nodes.count - 1)
                current = UInt32(nodes.count - 1)
            }
        }
        return current
    }

    func child(of scope: UInt32, _ name: [UInt8]) -> UInt32 {
        guard scope & ScopeTrie.below == 0 else { return scope }
        let children = nodes[Int(scope)].children
        return (children.isEmpty ? nil : children[name]) ?? (scope | ScopeTrie.below)
    }

    /// The child of a scope under any name; nil where names are distinguished.
    func commonChild(of scope: UInt32) -> UInt32? {
        if scope & ScopeTrie.below != 0 { return scope }
        return nodes[Int(scope)].children.isEmpty ? scope | ScopeTrie.below : nil
    }

    func container(_ scope: UInt32) -> Place.Folder {
        scope & ScopeTrie.below == 0 ? nodes[Int(scope)].container : .none
    }

    /// Whether one scope lies below another; never below a place that no grant or rule names.
    func lies(_ scope: UInt32, below other: UInt32) -> Bool {
        guard other & ScopeTrie.below == 0 else { return false }
        var current = scope
        while current != 0 {
            current = nodes[Int(current)].parent
            if current == other { return true }
        }
        return false
    }

    /// Calls `body` for the node of a scope and all nodes above it.
    func forEachAbove(_ scope: UInt32, _ body: (UInt32) -> Void) {
        var current = scope & ~ScopeTrie.below
        while true {
            body(current)
            if current == 0 { return }
            current = nodes[Int(current)].parent
        }
    }
}
