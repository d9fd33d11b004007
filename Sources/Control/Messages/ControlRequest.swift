/// A call of the interface org.mediaveil.Control: the parameters, and the type of what comes back.
///
/// Client and server share these values; schema/org.mediaveil.Control.varlink describes them for everybody else, and a
/// test holds the two together. On the wire the members' names are in snake case.
public protocol ControlRequest: Codable, Sendable {
    associatedtype Reply: Codable & Sendable

    /// The method's name within the interface: "AddApp".
    static var method: String { get }
    static var access: ControlAccess { get }
    static var replies: ControlReplies { get }
}

/// Who may make a call; root and the administrators' group may make any.
public enum ControlAccess: Sendable, Hashable {
    case administrators
    /// Everybody, about the app of their own uid: the request is an ``OwnAppRequest``.
    case ownApp
}

/// How many replies a call has.
public enum ControlReplies: Sendable, Hashable {
    case one
    /// Several for a caller that asked for `more`, otherwise all in one.
    case severalOrOne
    /// Several; a caller that did not ask for `more` is told to.
    case several
}

extension ControlRequest {
    public static var access: ControlAccess { .administrators }
    public static var replies: ControlReplies { .one }
    static var qualifiedMethod: String { "\(ControlInterface.name).\(method)" }
}

/// A request about one app, which its own users may make too.
public protocol OwnAppRequest: ControlRequest {
    /// The app that is asked about; `nil` for all, or for the caller's own.
    var subject: String? { get set }
}

extension OwnAppRequest {
    public static var access: ControlAccess { .ownApp }
}

/// The interface and its calls.
public enum ControlInterface {
    public static let name = "org.mediaveil.Control"

    /// Every call, in the order of the interface file.
    public static let requests: [any ControlRequest.Type] = [
        StatusRequest.self, DoctorRequest.self, ReloadRequest.self,
        AddAppRequest.self, ListAppsRequest.self, ShowAppRequest.self, RemoveAppRequest.self,
        GrantRequest.self, RevokeRequest.self, ListGrantsRequest.self, CheckRequest.self,
        AddViewRequest.self, ListViewsRequest.self, RemoveViewRequest.self, PrepareRunRequest.self,
        ExportPolicyRequest.self, ImportPolicyRequest.self,
        QueryAuditRequest.self, FollowAuditRequest.self, VerifyAuditRequest.self, AuditReportRequest.self,
    ]

    /// Bytes of the longest request, its final NUL not counted.
    public static let longestRequest = 32 << 20
    /// Bytes of requests that any number of connections may have in the service at once; with more there is one at a time.
    static let ordinaryRequests = 2 << 20
}
