import Configuration
import Control
import Policy
import Store
import Synchronization

extension ServiceHandler {
    func addApp(_ request: AddAppRequest, from peer: Peer) throws -> AddAppRequest.Reply {
        let uids = request.uids.map(String.init).joined(separator: ", ")
        try changing("app-add", app: request.name, peer, detail: uids.isEmpty ? "no uid" : "uid \(uids)") {
            try service.store.addApp(App(name: request.name, uids: Set(request.uids)))
        }
        var changes = [
            "\(request.name) sees directories, its own folders and what it creates; nothing else until it is granted"
        ]
        if !request.uids.isEmpty {
            changes.append(
                "processes of uid \(uids) are \(request.name) in the shared view, and no longer unknown callers")
        }
        return AddAppRequest.Reply(app: try appRecord(request.name), changes: changes)
    }

    func listApps(_ request: ListAppsRequest, from peer: Peer) throws -> ListAppsRequest.Reply {
        ListAppsRequest.Reply(apps: try service.store.keeper.current.apps.map { try appRecord($0.name) })
    }

    func showApp(_ request: ShowAppRequest, from peer: Peer) throws -> ShowAppRequest.Reply {
        let app = try appRecord(request.app)
        let configuration = service.configuration.withLock { $0 }
        let folders = (configuration.privateFolders + configuration.sharedFolders).map {
            $0.split(separator: "/").map { $0 == "{app}" ? request.app : String($0) }.joined(separator: "/")
        }
        return ShowAppRequest.Reply(
            app: app, grants: try service.store.grants(app: request.app).map(record),
            views: try viewRecords().filter { $0.app == request.app }, folders: folders,
            ownedFiles: service.ownership.count(of: request.app))
    }

    func removeApp(_ request: RemoveAppRequest, from peer: Peer) throws -> RemoveAppRequest.Reply {
        let app = try appRecord(request.app)
        try changing("app-remove", app: request.app, peer, detail: "") { try service.store.removeApp(request.app) }
        service.ownership.keepOnly(Set(service.store.keeper.current.apps.map(\.name)))
        var changes = ["its grants are gone; its folders are hidden from all but trusted callers and media.hidden"]
        if !app.uids.isEmpty { changes.append("its uids are unknown callers from now on") }
        return RemoveAppRequest.Reply(changes: changes)
    }

    func appRecord(_ name: String) throws -> AppRecord {
        let snapshot = service.store.keeper.current
        guard let app = snapshot.apps.first(where: { $0.name == name }) else {
            throw ControlError.notFound(kind: "app", name: name, remedy: "mediaveilctl app list names them all")
        }
        let dates = try service.store.appDates()
        return AppRecord(
            name: name, uids: app.uids.sorted(), created: timestamp(dates[name] ?? 0),
            grants: try service.store.grants(app: name).count,
            views: try service.store.views().filter { $0.app == name }.map(\.name))
    }
}
