import Control
import Foundation
import LinuxSystem
import Policy
import StackedFS
import Store

extension ServiceHandler {
    func grant(_ request: GrantRequest, from peer: Peer) throws -> GrantRequest.Reply {
        let permission = try permission(request.permission)
        let under = try scope(request.under, request.underBase64)
        if !under.isEmpty { try requireDirectory(under) }
        var expires: UInt64?
        if let seconds = request.seconds {
            guard seconds > 0 else {
                throw ControlError.invalidParameter(
                    parameter: "for", reason: "a grant lasts longer than nothing", remedy: "for example 2h or 30d")
            }
            expires = UInt64(Date().timeIntervalSince1970) &+ UInt64(seconds)
        }
        try requireApp(request.app)
        let grant = Grant(app: request.app, permission: permission, under: under, expires: expires)
        let place = under.isEmpty ? "in the whole library" : "under \(under)"
        try changing("grant", app: request.app, peer, detail: "\(permission.rawValue) \(place)") {
            try service.store.grant(grant)
        }
        guard
            let kept = try service.store.grants(app: request.app, permission: permission, under: under).first
        else { throw ControlError.failed(reason: "the grant was not kept") }
        return GrantRequest.Reply(grant: record(kept), changes: ["\(request.app) \(permission.meaning) \(place)"])
    }

    func revoke(
        _ request: RevokeRequest, from peer: Peer, to replies: ReplyStream<RevokeRequest.Reply>
    ) throws {
        let permission = try permission(request.permission)
        let under = try scope(request.under, request.underBase64)
        try requireApp(request.app)
        let gone = try service.store.grants(app: request.app, permission: permission, under: under)
        do {
            try changing("revoke", app: request.app, peer, detail: permission.rawValue) {
                try service.store.revoke(app: request.app, permission, under: under)
            }
        } catch ControlError.notFound(let kind, let name, nil) {
            let remedy = try wayOut(app: request.app, permission)
            throw ControlError.notFound(kind: kind, name: name, remedy: remedy)
        }
        let notice =
            "new opens are decided anew; what \(request.app) has open through the kernel stays readable until it is closed"
        try replies.send(
            RevokeRequest.Reply(grants: gone.map(record), changes: [notice], processes: []))
        guard request.terminate == true else { return }
        for outcome in Termination(service).endProcesses(of: request.app) {
            try replies.send(RevokeRequest.Reply(grants: [], changes: [], processes: [outcome]))
        }
    }

    /// Where an app does have a permission that it was to lose elsewhere.
    private func wayOut(app: String, _ permission: Permission) throws -> String {
        let scopes = try service.store.grants(app: app, permission: permission).map(\.grant.under)
        guard !scopes.isEmpty else { return "mediaveilctl grants \(app) lists what it has" }
        let shown = scopes.prefix(3).map { $0.isEmpty ? "in the whole library (without --under)" : "under \($0)" }
        return "it has the permission \(shown.joined(separator: ", "))" + (scopes.count > 3 ? " and elsewhere" : "")
    }

    func listGrants(_ request: ListGrantsRequest, from peer: Peer) throws -> ListGrantsRequest.Reply {
        if let app = request.app { try requireApp(app) }
        return ListGrantsRequest.Reply(grants: try service.store.grants(app: request.app).map(record))
    }

    func check(_ request: CheckRequest, from peer: Peer) throws -> CheckRequest.Reply {
        try requireApp(request.app)
        let asked = try FaithfulPath(text: request.path, base64: request.pathBase64)
        let parts = try components(of: asked, parameter: "path")
        let path = FaithfulPath(Array(parts.joined(separator: [UInt8(ascii: "/")])))
        let snapshot = service.store.keeper.current
        let (decision, kind) = decide(
            snapshot, snapshot.principal(app: request.app), parts, isAdministrator: peer.isAdministrator)
        let isFile = kind == .regular
        return CheckRequest.Reply(
            app: request.app, path: path.text, pathBase64: path.base64, visible: decision.visible,
            variant: decision.visible && isFile ? (decision.location ? "original" : "redacted") : nil,
            read: decision.read, write: decision.write, rule: decision.rule.rawValue,
            exists: decision.visible || peer.isAdministrator ? kind != nil : nil)
    }

    /// The decision about a path as the filters would make it, and what is there: a hidden directory hides what is below it.
    ///
    /// Of what is not there the name decides.
    ///
    /// - Parameter isAdministrator: whether a name below which something is asked for, and which is not there, is taken for
    ///   a directory, and what is hidden is looked at. For an app that asks about itself neither is done: it would learn
    ///   whether there is something hidden.
    private func decide(
        _ snapshot: PolicySnapshot, _ principal: PolicySnapshot.Principal?, _ parts: [[UInt8]], isAdministrator: Bool
    ) -> (Decision, FileKind?) {
        let now = UInt64(Date().timeIntervalSince1970)
        let app = principal.flatMap { snapshot.name(of: $0) }
        var walk = LibraryWalk(library: service.library.path)
        var place = snapshot.root
        var decision = snapshot.decide(principal, place, .directory, isOwner: false, now: now)
        for (index, name) in parts.enumerated() {
            guard decision.visible || isAdministrator else { return (decision, nil) }
            walk.step(to: name)
            guard decision.visible else { continue }
            place = snapshot.step(from: place, name: name)
            let isAssumed = walk.attributes == nil && index < parts.count - 1 && isAdministrator
            let isDirectory = walk.attributes?.kind == .directory || isAssumed
            let owner = walk.attributes.flatMap {
                service.ownership.owner(
                    of: OwnershipStore.Key(device: $0.device, inode: $0.inode, born: FileIdentity($0).born))
            }
            decision = snapshot.decide(
                principal, place, isDirectory ? .directory : .file(Collection(name: name)),
                isOwner: !isDirectory && app != nil && owner == app, now: now)
        }
        return (decision, walk.attributes?.kind)
    }

    private func scope(_ text: String?, _ base64: String?) throws -> String {
        guard let text else { return "" }
        guard base64 == nil else {
            throw ControlError.invalidParameter(
                parameter: "under", reason: "the path of a grant is UTF-8 text", remedy: "grant a directory above it")
        }
        return try relative(text, parameter: "under")
    }

    private func requireDirectory(_ path: String) throws {
        var walk = LibraryWalk(library: service.library.path)
        for name in path.split(separator: "/") { walk.step(to: Array(name.utf8)) }
        guard let kind = walk.attributes?.kind else {
            throw ControlError.notFound(kind: "directory", name: path, remedy: "a grant is given under what exists")
        }
        guard kind == .directory else {
            throw ControlError.invalidParameter(
                parameter: "under", reason: "\(path) is not a directory", remedy: "name the directory that it is in")
        }
    }
}

extension Permission {
    /// What an app may do with it, to follow the app's name.
    var meaning: String {
        switch self {
        case .readImages: "may list and read images"
        case .readVideo: "may list and read videos"
        case .readAudio: "may list and read audio files"
        case .readFiles: "may list and read other files"
        case .writeImages: "may create, change and delete images"
        case .writeVideo: "may create, change and delete videos"
        case .writeAudio: "may create, change and delete audio files"
        case .writeFiles: "may create, change and delete other files"
        case .location: "sees where the photos and videos that it may read were taken"
        case .manage: "may read and change everything, with its location, but other apps' private folders"
        case .hidden: "sees other apps' private folders"
        }
    }
}
