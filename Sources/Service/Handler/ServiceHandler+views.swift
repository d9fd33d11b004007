import Configuration
import Control
import Foundation
import LinuxSystem
import Policy
import StackedFS
import Store
import Synchronization
import SystemPackage

extension ServiceHandler {
    func addView(_ request: AddViewRequest, from peer: Peer) throws -> AddViewRequest.Reply {
        let asked = request.at ?? defaultPlace(ofView: request.name)
        try requireUsable(request.name, at: asked)
        let path = FilePath(asked).string
        if request.at != nil { try requireFree(FilePath(path)) }
        try requireApp(request.app)
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

    /// Where a view is mounted for which no place is named.
    func defaultPlace(ofView name: String) -> String {
        service.configuration.withLock { $0.runtimeDirectory } + "/views/" + name
    }

    /// Whether a view may have this name and this place.
    ///
    /// - Parameter staying: which of the mounted views will still be there then.
    func requireUsable(_ name: String, at path: String, beside staying: (String) -> Bool = { _ in true }) throws {
        do { try App.validate(name: name) } catch {
            throw ControlError.invalidParameter(
                parameter: "name", reason: "“\(name)” is no name for a view",
                remedy: "use letters, digits, '.', '_' and '-'")
        }
        guard name != "shared" else {
            throw ControlError.conflict(reason: "“shared” is the shared view's name", remedy: "choose another name")
        }
        guard path.hasPrefix("/"), path.utf8.count < 4_096, !path.utf8.contains(0) else {
            throw ControlError.invalidParameter(
                parameter: "at", reason: "“\(path)” is not an absolute path", remedy: "name an empty directory by it")
        }
        let place = FilePath(path)
        guard !place.components.contains(where: { $0.kind != .regular }) else {
            throw ControlError.invalidParameter(
                parameter: "at", reason: "\(path) has a component “.” or “..”", remedy: "name the directory without it")
        }
        try requireApart(place, service.views.all.filter { $0.name != name && staying($0.name) })
    }

    /// A view covers nothing that the service needs, nor another view, and lies in none of them, whatever symbolic links lead
    /// there.
    private func requireApart(_ place: FilePath, _ views: [Views.Mounted]) throws {
        func real(_ path: FilePath) -> FilePath {
            if let found = Openness.resolved(path) { return found }
            // What is not there yet will be made where its directory leads.
            guard let last = path.lastComponent, let above = Openness.resolved(path.removingLastComponent()) else {
                return path
            }
            return above.appending(last)
        }
        let configuration = service.configuration.withLock { $0 }
        var others = [("library", service.library.path), ("state directory", configuration.stateDirectory)]
        others += views.map { ("view \($0.name) at", $0.path) }
        let here = real(place)
        for (what, path) in others {
            let there = real(FilePath(path))
            guard !here.starts(with: there), !there.starts(with: here) else {
                throw ControlError.invalidParameter(
                    parameter: "at", reason: "\(place) and the \(what) \(path) would cover each other",
                    remedy: "mount the view at an empty directory elsewhere")
            }
        }
        let runtime = real(FilePath(configuration.runtimeDirectory))
        guard !runtime.appending("views").starts(with: here) else {
            throw ControlError.invalidParameter(
                parameter: "at", reason: "\(place) would cover the runtime directory \(configuration.runtimeDirectory)",
                remedy: "mount the view at an empty directory elsewhere")
        }
    }

    /// Whether a view can be mounted at a path without covering anything: what lies in a directory would be gone from sight.
    func requireFree(_ path: FilePath) throws {
        let above = path.removingLastComponent()
        guard Openness.resolved(above) != nil else {
            throw ControlError.notFound(
                kind: "directory", name: above.string, remedy: "make it first: a view makes its own mountpoint only")
        }
        guard let attributes = try? FileAttributes.of(path: path.string) else { return }
        guard attributes.kind == .directory else {
            throw ControlError.invalidParameter(
                parameter: "at", reason: "\(path) is not a directory", remedy: "name an empty directory")
        }
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: path.string), !names.isEmpty else {
            return
        }
        throw ControlError.conflict(
            reason: "\(path) is not empty, and a view would cover what is in it", remedy: "name an empty directory")
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
        try requireApp(request.app)
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
