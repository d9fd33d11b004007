/// What answers the calls of the control interface: the service.
///
/// Called on threads of the server's own, several at once; a method may block. What it throws reaches the caller if
/// it is a ``ControlError``, and as a failure without details otherwise. Permission has been decided before: a method
/// is called for administrators only, but for `showApp`, `listGrants` and `check`, whose subject then is the caller's
/// own app.
public protocol ControlHandler: Sendable {
    /// The name of the app that a uid belongs to, `nil` if none.
    func app(ofUser uid: UInt32) -> String?

    func status(_ request: StatusRequest, from peer: Peer) throws -> StatusRequest.Reply
    func doctor(_ request: DoctorRequest, from peer: Peer) throws -> DoctorRequest.Reply
    func reload(_ request: ReloadRequest, from peer: Peer) throws -> ReloadRequest.Reply

    func addApp(_ request: AddAppRequest, from peer: Peer) throws -> AddAppRequest.Reply
    func listApps(_ request: ListAppsRequest, from peer: Peer) throws -> ListAppsRequest.Reply
    func showApp(_ request: ShowAppRequest, from peer: Peer) throws -> ShowAppRequest.Reply
    func removeApp(_ request: RemoveAppRequest, from peer: Peer) throws -> RemoveAppRequest.Reply

    func grant(_ request: GrantRequest, from peer: Peer) throws -> GrantRequest.Reply
    func listGrants(_ request: ListGrantsRequest, from peer: Peer) throws -> ListGrantsRequest.Reply
    func check(_ request: CheckRequest, from peer: Peer) throws -> CheckRequest.Reply

    func addView(_ request: AddViewRequest, from peer: Peer) throws -> AddViewRequest.Reply
    func listViews(_ request: ListViewsRequest, from peer: Peer) throws -> ListViewsRequest.Reply
    func removeView(_ request: RemoveViewRequest, from peer: Peer) throws -> RemoveViewRequest.Reply
    func prepareRun(_ request: PrepareRunRequest, from peer: Peer) throws -> PrepareRunRequest.Reply

    func exportPolicy(_ request: ExportPolicyRequest, from peer: Peer) throws -> ExportPolicyRequest.Reply
    func importPolicy(_ request: ImportPolicyRequest, from peer: Peer) throws -> ImportPolicyRequest.Reply

    // Calls with several replies: the method sends them, and returns when there are no more. What `send` throws
    // means that nobody listens any longer; let it pass.
    func revoke(_ request: RevokeRequest, from peer: Peer, to replies: ReplyStream<RevokeRequest.Reply>) throws
    func queryAudit(
        _ request: QueryAuditRequest, from peer: Peer, to replies: ReplyStream<QueryAuditRequest.Reply>) throws
    func followAudit(
        _ request: FollowAuditRequest, from peer: Peer, to replies: ReplyStream<FollowAuditRequest.Reply>) throws
    func verifyAudit(
        _ request: VerifyAuditRequest, from peer: Peer, to replies: ReplyStream<VerifyAuditRequest.Reply>) throws
    func auditReport(
        _ request: AuditReportRequest, from peer: Peer, to replies: ReplyStream<AuditReportRequest.Reply>) throws
}
