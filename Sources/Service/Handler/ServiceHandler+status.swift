import Configuration
import Control
import FuseSession
import Glibc
import Policy
import StackedFS
import Store
import Synchronization

extension ServiceHandler {
    func status(_ request: StatusRequest, from peer: Peer) throws -> StatusRequest.Reply { status() }

    func status() -> StatusRequest.Reply {
        let views = service.views.all
        let stacks = views.compactMap { view in view.session.stack.map { (view, $0) } }
        func total(_ counter: (StackCounters) -> UInt64) -> Int64 {
            stacks.reduce(0) { $0 &+ Int64(clamping: counter($1.1.counters)) }
        }
        let passthrough = views.contains { $0.session.supportsPassthrough }
        let snapshot = service.store.keeper.current
        let configuration = service.configuration.withLock { $0 }
        var notices: [String] = []
        if !views.isEmpty, !passthrough {
            notices.append("no kernel passthrough: all reads go through the service (doctor says why)")
        }
        let counts = DataPathCounts(
            passthrough: total { $0.passthroughOpens.load(ordering: .relaxed) },
            snapshot: total { $0.snapshotOpens.load(ordering: .relaxed) },
            router: total {
                $0.routerOpens.load(ordering: .relaxed) &+ $0.servedOpens.load(ordering: .relaxed)
                    &+ $0.privateCopyOpens.load(ordering: .relaxed)
            }, daemon: total { $0.redactedWritableOpens.load(ordering: .relaxed) })
        return StatusRequest.Reply(
            version: MediaVeil.version, pid: getpid(), started: Timestamp(microseconds: service.started),
            library: service.library.path, stateDirectory: configuration.stateDirectory,
            runtimeDirectory: configuration.runtimeDirectory, passthrough: passthrough,
            snapshots: configuration.snapshots == .auto && service.clones.answer { Examination(service).canClone() },
            mounts: stacks.map { view, stack in
                MountRecord(
                    view: view.name, app: view.app, path: view.path, passthrough: view.session.supportsPassthrough,
                    nodes: stack.nodeCount, handles: stack.handleCount)
            }, dataPaths: counts, apps: snapshot.apps.count, grants: snapshot.grants.count,
            audit: auditState(), counters: [:], gauges: [:], notices: notices)
    }

    private func auditState() -> AuditState {
        let state = service.audit.state
        return AuditState(
            rows: state.rows, lost: Int64(clamping: service.audit.lost.load(ordering: .relaxed)),
            pending: Int64(state.pending), bytes: state.bytes)
    }

    func doctor(_ request: DoctorRequest, from peer: Peer) throws -> DoctorRequest.Reply {
        DoctorRequest.Reply(checks: Examination(service).checks())
    }
}
