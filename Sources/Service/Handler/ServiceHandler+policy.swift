import CLinux
import Control
import Policy
import Store
import SystemPackage

extension ServiceHandler {
    func exportPolicy(_ request: ExportPolicyRequest, from peer: Peer) throws -> ExportPolicyRequest.Reply {
        ExportPolicyRequest.Reply(toml: PolicyDocument(try current()).text)
    }

    func importPolicy(_ request: ImportPolicyRequest, from peer: Peer) throws -> ImportPolicyRequest.Reply {
        // A large policy is many small allocations, which the allocator would keep.
        defer { if request.toml.utf8.count > 1 << 20 { malloc_trim(0) } }
        let old = try current()
        let new: PolicyDocument.Content
        do {
            new = try PolicyDocument.parse(request.toml) { try relative($0, parameter: "grant.under") }
        } catch let error as ControlError {
            throw error
        } catch {
            throw ControlError.invalidParameter(
                parameter: "file", reason: "\(error)", remedy: "correct it; nothing was changed")
        }
        let changes = PolicyDocument.changes(from: old, to: new)
        try requirePlaces(for: new.views, insteadOf: old.views)
        guard request.dryRun != true else { return ImportPolicyRequest.Reply(changes: changes, applied: false) }
        try changing("policy-import", app: nil, peer, detail: "\(changes.count) changes") {
            try service.store.replaceAll(
                apps: new.apps, grants: new.grants, views: new.views.map { ($0.name, $0.app, $0.path) })
        }
        service.ownership.keepOnly(Set(new.apps.map(\.name)))
        // Only what was accepted is carried out.
        for view in old.views where !new.views.contains(view) { _ = service.views.unmount(name: view.name) }
        for view in new.views where !service.views.all.contains(where: { $0.name == view.name }) {
            do { try service.views.mount(name: view.name, app: view.app, at: view.path) } catch {
                throw ControlError.failed(reason: "the policy is in force, but the view \(view.name) is not: \(error)")
            }
        }
        return ImportPolicyRequest.Reply(changes: changes, applied: true)
    }

    /// Whether the views can be mounted where they are wanted, when those that are not among them are gone.
    private func requirePlaces(for new: [PolicyDocument.View], insteadOf old: [PolicyDocument.View]) throws {
        let leaving = old.filter { !new.contains($0) }
        for view in new {
            try requireUsable(view.name, at: view.path, beside: { name in !leaving.contains { $0.name == name } })
            let isMounted = old.contains(view) || leaving.contains { $0.path == view.path }
            if !isMounted, view.path != defaultPlace(ofView: view.name) { try requireFree(FilePath(view.path)) }
        }
    }

    private func current() throws -> PolicyDocument.Content {
        PolicyDocument.Content(
            apps: service.store.keeper.current.apps, grants: try service.store.grants().map(\.grant),
            views: try service.store.views().map { .init(name: $0.name, app: $0.app, path: $0.path) })
    }
}
