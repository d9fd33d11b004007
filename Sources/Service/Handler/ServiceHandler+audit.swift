import Control
import Foundation
import Store
import Synchronization

extension ServiceHandler {
    func queryAudit(
        _ request: QueryAuditRequest, from peer: Peer, to replies: ReplyStream<QueryAuditRequest.Reply>
    ) throws {
        var query = AuditQuery()
        query.app = request.app
        query.uid = request.uid
        query.since = request.since?.microseconds
        query.until = request.until?.microseconds
        query.operation = request.operation
        query.decision = try decision(request.decision)
        query.path = request.path.map { PathPattern($0) }
        query.limit = request.limit
        try service.audit.forEachPage(of: query, pageSize: 500) { rows in
            try replies.send(QueryAuditRequest.Reply(rows: rows.map(record)))
            return replies.isOpen
        }
    }

    func followAudit(
        _ request: FollowAuditRequest, from peer: Peer, to replies: ReplyStream<FollowAuditRequest.Reply>
    ) throws {
        var query = AuditQuery()
        query.app = request.app
        query.uid = request.uid
        query.operation = request.operation
        query.decision = try decision(request.decision)
        query.path = request.path.map { PathPattern($0) }
        service.audit.barrier()
        var last = service.audit.newest.load(ordering: .acquiring)
        // From here on nothing is missed.
        try replies.send(FollowAuditRequest.Reply(rows: []))
        while replies.isOpen {
            let rows = try service.audit.rows(after: &last, query, limit: 500)
            if !rows.isEmpty { try replies.send(FollowAuditRequest.Reply(rows: rows.map(record))) }
            if rows.count < 500 { Thread.sleep(forTimeInterval: 0.1) }
        }
    }

    func verifyAudit(
        _ request: VerifyAuditRequest, from peer: Peer, to replies: ReplyStream<VerifyAuditRequest.Reply>
    ) throws {
        let found = try service.audit.verify { checked, total in
            try replies.send(VerifyAuditRequest.Reply(checked: checked, total: total))
        }
        func timestamp(_ time: Int64?) -> Timestamp? { time.map { Timestamp(microseconds: $0) } }
        let verdict = AuditVerdict(
            intact: found.problems.isEmpty, rows: found.rows, firstTime: timestamp(found.firstTime),
            lastTime: timestamp(found.lastTime), lost: found.lost,
            problems: found.problems.prefix(100).map { AuditProblem(row: $0.row, reason: $0.reason) },
            crashes: found.crashes.map {
                AuditCrash(
                    found: Timestamp(microseconds: $0.found), lastRow: $0.lastRow, lastTime: timestamp($0.lastTime))
            })
        try replies.finish(VerifyAuditRequest.Reply(checked: found.rows, total: found.rows, verdict: verdict))
    }

    func auditReport(
        _ request: AuditReportRequest, from peer: Peer, to replies: ReplyStream<AuditReportRequest.Reply>
    ) throws {
        var query = AuditQuery()
        query.since = request.since?.microseconds
        query.until = request.until?.microseconds
        var summary = AuditSummary()
        try service.audit.forEachPage(of: query) { rows in
            for row in rows { summary.add(row) }
            return replies.isOpen
        }
        let page = AuditReport(summary, grants: try service.store.grants().map(\.grant)).page
        for part in Array(page).chunked(100_000) { try replies.send(AuditReportRequest.Reply(text: String(part))) }
    }

    private func decision(_ name: String?) throws -> AuditEvent.Decision? {
        guard let name else { return nil }
        guard let decision = AuditEvent.Decision(rawValue: name) else {
            throw ControlError.invalidParameter(
                parameter: "decision", reason: "“\(name)” is no decision", remedy: "allow, redact, hide or deny")
        }
        return decision
    }

    func record(_ row: AuditRow) -> AuditRecord {
        let event = row.event
        let path = FaithfulPath(event.path)
        let target = event.target.map { FaithfulPath($0) }
        return AuditRecord(
            id: row.id, time: Timestamp(microseconds: event.time), app: event.app, uid: event.uid, pid: event.pid,
            process: event.process, view: event.view.isEmpty ? nil : event.view, operation: event.operation,
            path: event.path.isEmpty ? nil : path.text, pathBase64: path.base64,
            target: target?.text, targetBase64: target?.base64, decision: event.decision.rawValue,
            errno: event.errno == 0 ? nil : event.errno, reason: event.reason.isEmpty ? nil : event.reason,
            bytes: event.bytes.map { Int64(clamping: $0) }, count: Int64(row.count))
    }
}

extension Array {
    /// This array in pieces of at most `size`.
    func chunked(_ size: Int) -> [ArraySlice<Element>] {
        stride(from: 0, to: count, by: size).map { self[$0..<Swift.min($0 + size, count)] }
    }
}
