import Glibc
import LinuxSystem
import Logging
import Policy
import StackedFS
import Store

/// What the filters of one library share: the policy in force, who owns what, and the access log.
public final class FilterContext: Sendable {
    public let keeper: PolicyKeeper
    public let ownership: OwnershipStore
    public let audit: AuditLog
    let logger: Logger

    public init(keeper: PolicyKeeper, ownership: OwnershipStore, audit: AuditLog, logger: Logger) {
        self.keeper = keeper
        self.ownership = ownership
        self.audit = audit
        self.logger = logger
    }

    /// The caller's side of a decision, fixed for one operation.
    struct Caller {
        let snapshot: PolicySnapshot
        /// nil in a view whose app is not registered any more.
        let principal: PolicySnapshot.Principal?
        let now: UInt64
        let ownership: OwnershipStore

        /// The app's name; nil for trusted and unknown callers.
        var app: String? { principal.flatMap { snapshot.name(of: $0) } }
        var isTrusted: Bool { principal == .trusted }
    }

    func caller(_ context: RequestContext) -> Caller {
        let snapshot = keeper.current
        let principal: PolicySnapshot.Principal?
        if let app = context.view.app {
            principal = context.view.remembered(serial: snapshot.serial) {
                if case .app(let index)? = snapshot.principal(app: app) { index } else { nil }
            }.map { .app($0) }
        } else {
            principal = self.principal(context, snapshot)
        }
        return Caller(snapshot: snapshot, principal: principal, now: UInt64(max(0, time(nil))), ownership: ownership)
    }

    /// Whom a caller of a shared view stands for.
    private func principal(_ context: RequestContext, _ snapshot: PolicySnapshot) -> PolicySnapshot.Principal {
        let kinds = snapshot.identifies
        guard !kinds.isEmpty, !snapshot.callers.trusted.contains(context.uid) else {
            return snapshot.principal(uid: context.uid)
        }
        let process = context.process ?? CallerProcess(thread: context.pid)
        let wanted: ((String) -> Bool)? = kinds.contains(.executable) ? { snapshot.isNamed(executable: $0) } : nil
        let identity = process.identity(unit: kinds.contains(.unit), executable: wanted)
        return snapshot.principal(
            uid: context.uid, identity.map { CallerIdentity(unit: $0.unit, executable: $0.executable) })
    }
}

extension FilterContext.Caller {
    /// Where a node lies.
    func place(of node: Node) -> Place {
        if node.isRoot { return snapshot.root }
        return Place(
            rawValue: node.place(serial: snapshot.serial) {
                guard let location = node.location else { return snapshot.root.rawValue }
                return snapshot.step(from: place(of: location.parent), name: location.name).rawValue
            })
    }

    /// Where a name in a directory lies.
    func place(of name: [UInt8], in directory: Node) -> Place {
        snapshot.step(from: place(of: directory), name: name)
    }

    func decide(_ place: Place, _ subject: Subject, owner: OwnershipStore.Key?) -> Decision {
        var isOwner = false
        if let owner, let app { isOwner = ownership.owner(of: owner) == app }
        return snapshot.decide(principal, place, subject, isOwner: isOwner, now: now)
    }

    /// The decision about what was found under a name.
    func decide(_ entry: Entry, in directory: Node) -> Decision {
        decide(
            place(of: entry.name, in: directory), Subject(entry.kind == .directory, entry.name),
            owner: entry.kind == .directory ? nil : OwnershipStore.Key(entry.identity))
    }

    /// The decision about a node: of several names the strictest holds.
    func decide(_ node: Node) -> Decision {
        let owner = node.kind == .directory ? nil : OwnershipStore.Key(node.identity)
        if node.isRoot { return decide(snapshot.root, .directory, owner: nil) }
        if node.kind == .directory { return decide(place(of: node), .directory, owner: nil) }
        let locations = node.locations
        guard let first = locations.first else {
            // A file without a name (O_TMPFILE, or deleted while open): only its owner and trusted callers have it.
            return decide(snapshot.root, .file(.files), owner: owner)
        }
        var result = decide(place(of: node), Subject(false, first.name), owner: owner)
        for other in locations.dropFirst() {
            let next = decide(place(of: other.name, in: other.parent), Subject(false, other.name), owner: owner)
            result = result.strictest(next)
        }
        return result
    }
}

extension Decision {
    /// Both decisions must allow.
    func strictest(_ other: Decision) -> Decision {
        let stricter = (visible && !other.visible) || (write && !other.write) || (location && !other.location)
        return Decision(
            visible: visible && other.visible, read: read && other.read, write: write && other.write,
            location: location && other.location, rule: stricter ? other.rule : rule)
    }
}

extension Subject {
    init(_ isDirectory: Bool, _ name: [UInt8]) {
        self = isDirectory ? .directory : .file(Collection(name: name))
    }
}

extension OwnershipStore.Key {
    init(_ identity: FileIdentity) {
        self.init(device: identity.device, inode: identity.inode, born: identity.born)
    }
}
