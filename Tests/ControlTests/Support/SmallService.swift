import CLinux
import Control
import Foundation
import Logging
import NIOCore
import Synchronization
import TestSupport

/// A real, small handler: apps and grants in memory, rules as the service has them.
final class SmallService: ControlHandler {
    struct State {
        var apps: [String: [UInt32]] = ["gallery": [1001], "notes": [1002]]
        var grants: [GrantRecord] = []
        var followers = 0
        /// Where `run` finds a library, a view and what it has to hide.
        var directory = "/nowhere"
    }
    let state = Mutex(State())
    let now = Timestamp(microseconds: 1_795_000_000_000_001)

    func app(ofUser uid: UInt32) -> String? {
        state.withLock { $0.apps.first { $0.value.contains(uid) }?.key }
    }

    private func known(_ name: String) throws {
        guard state.withLock({ $0.apps[name] }) != nil else {
            throw ControlError.notFound(kind: "app", name: name, remedy: "mediaveilctl app list shows all")
        }
    }

    private func record(_ name: String) -> AppRecord {
        state.withLock { state in
            AppRecord(
                name: name, uids: state.apps[name] ?? [], created: now,
                grants: state.grants.count { $0.app == name }, views: [])
        }
    }

    func status(_ request: StatusRequest, from peer: Peer) throws -> StatusRequest.Reply {
        StatusRequest.Reply(
            version: "0.1", pid: getpid(), started: now, library: "/srv/media", stateDirectory: "/var/lib/mediaveil",
            runtimeDirectory: "/run/mediaveil", passthrough: true, snapshots: false,
            mounts: [
                MountRecord(view: "shared", path: "/media/library", passthrough: true, nodes: 7, handles: 1),
                MountRecord(
                    view: "g", app: "gallery", path: "/v/a\u{1B}[31mb", passthrough: false, nodes: 0, handles: 0),
            ],
            dataPaths: DataPathCounts(passthrough: 10, snapshot: 0, router: 3, daemon: 1), apps: 2, grants: 0,
            audit: AuditState(rows: 5, lost: 0, pending: 0, bytes: 4096),
            counters: ["operations": 11, "plans": 3], gauges: ["plan_cache_entries": 2], notices: ["no passthrough"])
    }

    func doctor(_ request: DoctorRequest, from peer: Peer) throws -> DoctorRequest.Reply {
        DoctorRequest.Reply(checks: [
            MachineCheck(
                name: "passthrough", state: .warning, finding: "the kernel has none", why: "clean files are slower",
                remedy: "use Linux 6.9 or newer")
        ])
    }

    func reload(_ request: ReloadRequest, from peer: Peer) throws -> ReloadRequest.Reply {
        throw SecretTrouble()
    }

    struct SecretTrouble: Error {}

    func addApp(_ request: AddAppRequest, from peer: Peer) throws -> AddAppRequest.Reply {
        try state.withLock { state in
            guard state.apps[request.name] == nil else {
                throw ControlError.conflict(reason: "there is an app “\(request.name)” already")
            }
            state.apps[request.name] = request.uids
        }
        return AddAppRequest.Reply(app: record(request.name), changes: ["uid \(request.uids) is now \(request.name)"])
    }

    func listApps(_ request: ListAppsRequest, from peer: Peer) throws -> ListAppsRequest.Reply {
        let names = state.withLock { $0.apps.keys.sorted() }
        return ListAppsRequest.Reply(apps: names.map(record))
    }

    func showApp(_ request: ShowAppRequest, from peer: Peer) throws -> ShowAppRequest.Reply {
        try known(request.app)
        let grants = state.withLock { $0.grants.filter { $0.app == request.app } }
        return ShowAppRequest.Reply(
            app: record(request.app), grants: grants, views: [], folders: ["Android/data/\(request.app)"],
            ownedFiles: 3)
    }

    func removeApp(_ request: RemoveAppRequest, from peer: Peer) throws -> RemoveAppRequest.Reply {
        try known(request.app)
        state.withLock { $0.apps[request.app] = nil }
        return RemoveAppRequest.Reply(changes: ["\(request.app) is gone"])
    }

    func grant(_ request: GrantRequest, from peer: Peer) throws -> GrantRequest.Reply {
        try known(request.app)
        guard request.permission.hasPrefix("media.") else {
            throw ControlError.invalidParameter(parameter: "permission", reason: "there is no such permission")
        }
        let grant = GrantRecord(
            app: request.app, permission: request.permission, under: request.under,
            underBase64: request.underBase64, created: now,
            expires: request.seconds.map { Timestamp(microseconds: now.microseconds + $0 * 1_000_000) })
        state.withLock { $0.grants.append(grant) }
        return GrantRequest.Reply(grant: grant, changes: ["\(request.app) can now do \(request.permission)"])
    }

    func listGrants(_ request: ListGrantsRequest, from peer: Peer) throws -> ListGrantsRequest.Reply {
        ListGrantsRequest.Reply(
            grants: state.withLock { $0.grants.filter { request.app == nil || $0.app == request.app } })
    }

    func check(_ request: CheckRequest, from peer: Peer) throws -> CheckRequest.Reply {
        try known(request.app)
        let path = try FaithfulPath(text: request.path, base64: request.pathBase64)
        let isHidden = path.text.contains("hidden")
        return CheckRequest.Reply(
            app: request.app, path: path.text, pathBase64: path.base64, visible: !isHidden,
            variant: isHidden ? nil : "redacted", read: !isHidden, write: false, rule: "no grant")
    }

    func addView(_ request: AddViewRequest, from peer: Peer) throws -> AddViewRequest.Reply {
        try known(request.app)
        let view = ViewRecord(name: request.name, app: request.app, path: request.at ?? "/run/v", mounted: true)
        return AddViewRequest.Reply(view: view, changes: [])
    }

    func listViews(_ request: ListViewsRequest, from peer: Peer) throws -> ListViewsRequest.Reply {
        ListViewsRequest.Reply(views: [])
    }

    func removeView(_ request: RemoveViewRequest, from peer: Peer) throws -> RemoveViewRequest.Reply {
        throw ControlError.notFound(kind: "view", name: request.name)
    }

    func prepareRun(_ request: PrepareRunRequest, from peer: Peer) throws -> PrepareRunRequest.Reply {
        try known(request.app)
        let directory = state.withLock { $0.directory }
        return PrepareRunRequest.Reply(
            view: "gallery", path: "\(directory)/view", library: "\(directory)/library",
            places: ["\(directory)/library"], hides: ["\(directory)/views"])
    }

    func exportPolicy(_ request: ExportPolicyRequest, from peer: Peer) throws -> ExportPolicyRequest.Reply {
        ExportPolicyRequest.Reply(toml: "[[app]]\nname = \"gallery\"\n")
    }

    func importPolicy(_ request: ImportPolicyRequest, from peer: Peer) throws -> ImportPolicyRequest.Reply {
        ImportPolicyRequest.Reply(
            changes: ["\(request.toml.utf8.count) bytes read"], applied: !(request.dryRun ?? false))
    }

    func revoke(_ request: RevokeRequest, from peer: Peer, to replies: ReplyStream<RevokeRequest.Reply>) throws {
        try known(request.app)
        let gone = state.withLock { state in
            defer { state.grants.removeAll { $0.app == request.app && $0.permission == request.permission } }
            return state.grants.filter { $0.app == request.app && $0.permission == request.permission }
        }
        guard !gone.isEmpty else { throw ControlError.notFound(kind: "grant", name: request.permission) }
        try replies.send(RevokeRequest.Reply(grants: gone, changes: ["gone"], processes: []))
        for pid: Int32 in [11, 12] where request.terminate ?? false {
            try replies.send(
                RevokeRequest.Reply(
                    grants: [], changes: [],
                    processes: [ProcessOutcome(pid: pid, process: "cat", uid: 1001, files: 1, outcome: "ended")]))
        }
    }

    static func row(_ id: Int64, path: FaithfulPath = FaithfulPath("DCIM/a.jpg")) -> AuditRecord {
        AuditRecord(
            id: id, time: Timestamp(microseconds: 1_795_000_000_000_000 + id), app: "gallery", uid: 1001, pid: 42,
            process: "cat", view: "shared", operation: "open", path: path.text, pathBase64: path.base64,
            decision: "redact", reason: "no media.location", bytes: 100, count: 1)
    }

    func queryAudit(
        _ request: QueryAuditRequest, from peer: Peer, to replies: ReplyStream<QueryAuditRequest.Reply>
    ) throws {
        let total = Int64(request.limit ?? 3)
        var next: Int64 = 1
        while next <= total {
            let last = min(total, next + 255)
            let odd = FaithfulPath([UInt8(ascii: "a"), 0xFF, 0x1B, UInt8(ascii: ","), UInt8(ascii: "\"")])
            try replies.send(
                QueryAuditRequest.Reply(
                    rows: (next...last).map { Self.row($0, path: $0 == 2 ? odd : .init("a/b.jpg")) }))
            next = last + 1
        }
    }

    func followAudit(
        _ request: FollowAuditRequest, from peer: Peer, to replies: ReplyStream<FollowAuditRequest.Reply>
    ) throws {
        state.withLock { $0.followers += 1 }
        defer { state.withLock { $0.followers -= 1 } }
        let ended = DispatchSemaphore(value: 0)
        replies.whenClosed { ended.signal() }
        try replies.send(FollowAuditRequest.Reply(rows: []))
        try replies.send(FollowAuditRequest.Reply(rows: [Self.row(1)]))
        ended.wait()
    }

    func verifyAudit(
        _ request: VerifyAuditRequest, from peer: Peer, to replies: ReplyStream<VerifyAuditRequest.Reply>
    ) throws {
        try replies.send(VerifyAuditRequest.Reply(checked: 1, total: 2))
        let verdict = AuditVerdict(
            intact: false, rows: 2, firstTime: now, lastTime: now, lost: 0,
            problems: [AuditProblem(row: 2, reason: "its hash does not match its content")],
            crashes: [AuditCrash(found: now, lastRow: 1, lastTime: now)])
        try replies.finish(VerifyAuditRequest.Reply(checked: 2, total: 2, verdict: verdict))
    }

    func auditReport(
        _ request: AuditReportRequest, from peer: Peer, to replies: ReplyStream<AuditReportRequest.Reply>
    ) throws {
        try replies.send(AuditReportRequest.Reply(text: "<html>"))
        try replies.send(AuditReportRequest.Reply(text: "</html>"))
    }
}

/// A server over a ``SmallService`` at a socket in a directory of its own; gone after `body`.
func withService<T>(
    limits: ControlServer.Limits = .init(), administratorGroup: UInt32? = nil,
    _ body: (_ socket: String, _ service: SmallService, _ server: ControlServer) throws -> T
) throws -> T {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    return try withTemporaryDirectory { directory in
        let service = SmallService()
        let path = directory + "/control.sock"
        let server = try ControlServer.start(
            path: path, version: "0.1", administratorGroup: administratorGroup, handler: service, limits: limits,
            logger: logger)
        defer { server.stop() }
        return try body(path, service, server)
    }
}
