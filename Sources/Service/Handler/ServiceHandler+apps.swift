import Configuration
import Control
import Glibc
import Policy
import Store
import Synchronization

extension ServiceHandler {
    func addApp(_ request: AddAppRequest, from peer: Peer) throws -> AddAppRequest.Reply {
        let uids = request.uids.map(String.init).joined(separator: ", ")
        let (units, executables) = (request.units ?? [], request.executables ?? [])
        let named = (uids.isEmpty ? [] : ["uid \(uids)"]) + units + executables
        for path in executables { try checkExecutable(path) }
        try changing(
            "app-add", app: request.name, peer, detail: named.isEmpty ? "no uid" : named.joined(separator: ", ")
        ) {
            try service.store.addApp(
                App(
                    name: request.name, uids: Set(request.uids), units: Set(units), executables: Set(executables)))
        }
        var changes = [
            "\(request.name) sees directories, its own folders and what it creates; nothing else until it is granted"
        ]
        let trusted = service.store.keeper.current.callers.trusted
        let told = request.uids.filter { !trusted.contains($0) }.map(String.init).joined(separator: ", ")
        if !told.isEmpty {
            changes.append(
                "processes of uid \(told) are \(request.name) in the shared view, and no longer unknown callers")
        }
        for uid in request.uids where trusted.contains(uid) {
            changes.append(
                "uid \(uid) stays trusted (callers.trusted_uids): in the shared view it sees everything, whatever is granted"
            )
        }
        changes +=
            identitySentences(request.name, .unit, units) + identitySentences(request.name, .executable, executables)
        return AddAppRequest.Reply(app: try appRecord(request.name), changes: changes)
    }

    /// What a unit or an executable changes, and whether it does already.
    private func identitySentences(_ app: String, _ kind: IdentityKind, _ values: [String]) -> [String] {
        guard !values.isEmpty else { return [] }
        let names = values.joined(separator: ", ")
        let isOn = service.store.keeper.current.callers.identify.contains(kind)
        let effect = "processes of the \(kind.rawValue) \(names) are \(app) in the shared view"
        return [
            isOn ? effect : "\(effect) only when the configuration's callers.identify has \"\(kind.rawValue)\""
        ]
    }

    /// A path that leads to another one would never match: processes are told by the file that they execute.
    private func checkExecutable(_ path: String) throws {
        guard path.hasPrefix("/"), let target = realpath(path, nil) else { return }
        defer { free(target) }
        let real = String(cString: target)
        guard real != path else { return }
        throw ControlError.invalidParameter(
            parameter: "executables",
            reason: "\(path) leads to \(real), which is what processes execute; name that")
    }

    func listApps(_ request: ListAppsRequest, from peer: Peer) throws -> ListAppsRequest.Reply {
        let registrations = try service.store.registrations()
        return ListAppsRequest.Reply(
            apps: service.store.keeper.current.apps.compactMap { app in
                registrations[app.name].map { record(app, $0) }
            })
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
        let isNamed = !app.uids.isEmpty || !app.units.isEmpty || !app.executables.isEmpty
        if isNamed { changes.append("its processes are unknown callers from now on") }
        return RemoveAppRequest.Reply(changes: changes)
    }

    /// - Throws: ``ControlError/notFound(kind:name:remedy:)`` unless the app is registered.
    func requireApp(_ name: String) throws(ControlError) {
        guard service.store.keeper.current.principal(app: name) == nil else { return }
        throw .notFound(kind: "app", name: name, remedy: "mediaveilctl app list names them all")
    }

    func appRecord(_ name: String) throws -> AppRecord {
        try requireApp(name)
        let snapshot = service.store.keeper.current
        guard let index = snapshot.principal(app: name)?.app,
            let registration = try service.store.registrations(app: name)[name]
        else {
            throw ControlError.conflict(
                reason: "the app \(name) was removed at this moment", remedy: "mediaveilctl app list names them all")
        }
        return record(snapshot.apps[Int(index)], registration)
    }

    private func record(_ app: App, _ registration: PolicyStore.Registration) -> AppRecord {
        AppRecord(
            name: app.name, uids: app.uids.sorted(), units: app.units.sorted(), executables: app.executables.sorted(),
            created: timestamp(registration.created), grants: registration.grants, views: registration.views)
    }
}
