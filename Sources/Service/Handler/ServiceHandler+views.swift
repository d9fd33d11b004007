import Configuration
import Control
import Policy
import StackedFS
import Store
import Synchronization

extension ServiceHandler {
    func addView(_ request: AddViewRequest, from peer: Peer) throws -> AddViewRequest.Reply {
        let runtime = service.configuration.withLock { $0.runtimeDirectory }
        let path = request.at ?? "\(runtime)/views/\(request.name)"
        try requireUsable(request.name, at: path)
        _ = try appRecord(request.app)
        try changing("view-add", app: request.app, peer, detail: request.name) {
            try service.store.addView(name: request.name, app: request.app, path: path)
        }
        do { try service.views.mount(name: request.name, app: request.app, at: path) } catch {
            try? service.store.removeView(name: request.name)
            throw ControlError.failed(reason: "\(error)")
        }
        return AddViewRequest.Reply(
            view: ViewRecord(name: request.name, app: request.app, path: path, mounted: true),
            changes: ["whoever reaches \(path) is \(request.app), root included"])
    }

    /// Whether a view may have this name and this place.
    func requireUsable(_ name: String, at path: String) throws {
        do { try App.validate(name: name) } catch {
            throw ControlError.invalidParameter(
                parameter: "name", reason: "“\(name)” is no name for a view",
                remedy: "use letters, digits, '.', '_' and '-'")
        }
        guard name != "shared" else {
            throw ControlError.conflict(reason: "“shared” is the shared view's name", remedy: "choose another name")
        }
        guard path.hasPrefix("/") else {
            throw ControlError.invalidParameter(parameter: "at", reason: "“\(path)” is not an absolute path")
        }
        let library = service.library.path
        guard path != library, !path.hasPrefix(library + "/"), !library.hasPrefix(path + "/") else {
            throw ControlError.invalidParameter(
                parameter: "at", reason: "\(path) and the library \(library) would cover each other",
                remedy: "mount the view outside the library")
        }
    }

    func listViews(_ request: ListViewsRequest, from peer: Peer) throws -> ListViewsRequest.Reply {
        ListViewsRequest.Reply(views: try viewRecords())
    }

    func removeView(_ request: RemoveViewRequest, from peer: Peer) throws -> RemoveViewRequest.Reply {
        try changing("view-remove", app: nil, peer, detail: request.name) {
            try service.store.removeView(name: request.name)
        }
        _ = service.views.unmount(name: request.name)
        return RemoveViewRequest.Reply(changes: ["the view \(request.name) is unmounted"])
    }

    func prepareRun(_ request: PrepareRunRequest, from peer: Peer) throws -> PrepareRunRequest.Reply {
        _ = try appRecord(request.app)
        let existing = try viewRecords().first { $0.app == request.app && $0.mounted }
        let view: ViewRecord
        if let existing {
            view = existing
        } else {
            view = try addView(AddViewRequest(name: "run-\(request.app)", app: request.app), from: peer).view
        }
        let configuration = service.configuration.withLock { $0 }
        let others = try viewRecords().filter { $0.mounted && $0.name != view.name }.map(\.path)
        return PrepareRunRequest.Reply(
            view: view.name, path: view.path, library: service.library.path,
            places: (configuration.sharedViewMount.map { [$0] } ?? []) + [service.library.path],
            hides: [configuration.runtimeDirectory + "/views", configuration.stateDirectory] + others)
    }

    func viewRecords() throws -> [ViewRecord] {
        let mounted = Set(service.views.all.map(\.name))
        return try service.store.views().map { view in
            let isMounted = mounted.contains(view.name)
            return ViewRecord(
                name: view.name, app: view.app, path: view.path, mounted: isMounted,
                problem: isMounted ? nil : "it could not be mounted; the log says why")
        }
    }
}
