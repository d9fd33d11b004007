import FoundationEssentials

/// What is known of a call before its parameters are read.
struct IncomingCall: Sendable {
    let message: Data
    /// `nil` if the parameters are no object.
    let parameterNames: [String]?
    let peer: Peer
    let more: Bool
}

/// How a method is answered.
enum Route: Sendable {
    /// The bytes of the one reply.
    case single(ControlAccess, @Sendable (IncomingCall) throws -> [UInt8])
    /// Replies go into the sink; may take as long as the caller listens.
    case stream(ControlReplies, @Sendable (IncomingCall, any ReplySink) throws -> Void)
}

/// The methods of the interface and the handler's answers, by qualified name.
struct Routes: Sendable {
    private var routes: [String: Route] = [:]
    private let parameters: [String: Set<String>]
    private let handler: any ControlHandler

    init(handler: any ControlHandler, version: String) {
        self.handler = handler
        parameters = InterfaceDescription.parameterNames(of: ControlInterface.description)
        addServiceMethods(version: version)
        add(StatusRequest.self) { try handler.status($0, from: $1) }
        add(DoctorRequest.self) { try handler.doctor($0, from: $1) }
        add(ReloadRequest.self) { try handler.reload($0, from: $1) }
        add(AddAppRequest.self) { try handler.addApp($0, from: $1) }
        add(ListAppsRequest.self) { try handler.listApps($0, from: $1) }
        addOwn(ShowAppRequest.self) { try handler.showApp($0, from: $1) }
        add(RemoveAppRequest.self) { try handler.removeApp($0, from: $1) }
        add(GrantRequest.self) { try handler.grant($0, from: $1) }
        addStream(RevokeRequest.self) { try handler.revoke($0, from: $1, to: $2) }
        addOwn(ListGrantsRequest.self) { try handler.listGrants($0, from: $1) }
        addOwn(CheckRequest.self) { try handler.check($0, from: $1) }
        add(AddViewRequest.self) { try handler.addView($0, from: $1) }
        add(ListViewsRequest.self) { try handler.listViews($0, from: $1) }
        add(RemoveViewRequest.self) { try handler.removeView($0, from: $1) }
        add(PrepareRunRequest.self) { try handler.prepareRun($0, from: $1) }
        add(ExportPolicyRequest.self) { try handler.exportPolicy($0, from: $1) }
        add(ImportPolicyRequest.self) { try handler.importPolicy($0, from: $1) }
        addStream(QueryAuditRequest.self) { try handler.queryAudit($0, from: $1, to: $2) }
        addStream(FollowAuditRequest.self) { try handler.followAudit($0, from: $1, to: $2) }
        addStream(VerifyAuditRequest.self) { try handler.verifyAudit($0, from: $1, to: $2) }
        addStream(AuditReportRequest.self) { try handler.auditReport($0, from: $1, to: $2) }
    }

    /// The route of a call that this peer may make.
    func route(_ method: String, for peer: Peer) throws(ControlError) -> Route {
        guard let route = routes[method] else {
            guard let dot = method.lastIndex(of: ".") else { throw .methodNotFound(method: method) }
            let interface = String(method[..<dot])
            let isKnown = interface == ControlInterface.name || interface == Self.serviceInterface
            throw isKnown ? .methodNotFound(method: method) : .interfaceNotFound(interface: interface)
        }
        let isOpen =
            switch route {
            case .single(let access, _): access == .ownApp
            case .stream: false
            }
        guard peer.isAdministrator || isOpen else {
            throw .notPermitted(
                reason: "only root and members of the service's admin_group may do this",
                remedy: "use sudo, or ask an administrator to add you to the group")
        }
        return route
    }

    var methods: Set<String> { Set(routes.keys) }
}

// MARK: - Reading a call and writing its reply

extension Routes {
    private mutating func add<R: ControlRequest>(
        _ type: R.Type, _ answer: @escaping @Sendable (R, Peer) throws -> R.Reply
    ) {
        let names = parameters[R.method] ?? []
        routes[R.qualifiedMethod] = .single(R.access) { call in
            let request = try Self.request(R.self, names, call)
            return try Wire.frame(ReplyForm(parameters: answer(request, call.peer)))
        }
    }

    private mutating func addOwn<R: OwnAppRequest>(
        _ type: R.Type, _ answer: @escaping @Sendable (R, Peer) throws -> R.Reply
    ) {
        let handler = handler
        add(type) { request, peer in
            var request = request
            if !peer.isAdministrator {
                request.subject = try Self.ownApp(asked: request.subject, own: handler.app(ofUser: peer.uid), peer)
            }
            return try answer(request, peer)
        }
    }

    private mutating func addStream<R: ControlRequest>(
        _ type: R.Type, _ answer: @escaping @Sendable (R, Peer, ReplyStream<R.Reply>) throws -> Void
    ) where R.Reply: StreamedReply {
        let names = parameters[R.method] ?? []
        routes[R.qualifiedMethod] = .stream(R.replies) { call, sink in
            let request = try Self.request(R.self, names, call)
            let replies = ReplyStream<R.Reply>(sink: sink, more: call.more)
            try answer(request, call.peer, replies)
            try replies.finishIfNeeded()
        }
    }

    /// The app that a user without administrator's rights may ask about. Apps that are not his and apps that do not
    /// exist are the same to him.
    static func ownApp(asked: String?, own: String?, _ peer: Peer) throws(ControlError) -> String {
        let name = asked ?? own
        guard let name else {
            throw .notPermitted(
                reason: "your uid \(peer.uid) belongs to no app",
                remedy: "only root and members of the service's admin_group see other apps")
        }
        guard name == own else {
            throw .notFound(
                kind: "app", name: name, remedy: "only root and members of the service's admin_group see other apps")
        }
        return name
    }

    static func request<R: ControlRequest>(
        _ type: R.Type, _ names: Set<String>, _ call: IncomingCall
    ) throws(ControlError) -> R {
        do {
            guard let given = call.parameterNames else {
                throw ControlError.invalidParameter(parameter: "parameters", reason: "it must be an object")
            }
            if let unknown = given.filter({ !names.contains($0) }).min() {
                throw ControlError.invalidParameter(
                    parameter: unknown, reason: "\(R.method) has no such parameter",
                    remedy: names.isEmpty
                        ? "it has none at all" : "it has \(names.sorted().joined(separator: ", "))")
            }
            let form = try Wire.decoder().decode(CallParameters<R>.self, from: call.message)
            if let request = form.parameters { return request }
            return try Wire.decoder().decode(R.self, from: Data("{}".utf8))
        } catch let error as ControlError {
            throw error
        } catch let error as DecodingError {
            throw NumberCheck.error(in: call.message) ?? ControlError(error)
        } catch {
            throw .invalidParameter(parameter: "parameters", reason: "they cannot be read", remedy: nil)
        }
    }
}

// MARK: - org.varlink.service

extension Routes {
    static let serviceInterface = "org.varlink.service"

    private struct Information: Codable, Sendable {
        var vendor = "MediaVeil"
        var product = "mediaveild"
        var version: String
        var url = ""
        var interfaces = [Routes.serviceInterface, ControlInterface.name]
    }

    private struct Description: Codable, Sendable { var description: String }
    private struct DescriptionParameters: Codable, Sendable { var interface: String }

    private mutating func addServiceMethods(version: String) {
        routes["\(Self.serviceInterface).GetInfo"] = .single(.ownApp) { _ in
            try Wire.frame(ReplyForm(parameters: Information(version: version)))
        }
        routes["\(Self.serviceInterface).GetInterfaceDescription"] = .single(.ownApp) { call in
            let form = try? JSONDecoder().decode(CallParameters<DescriptionParameters>.self, from: call.message)
            guard let interface = form?.parameters?.interface else {
                throw ControlError.invalidParameter(
                    parameter: "interface", reason: "the interface's name is missing", remedy: nil)
            }
            let text =
                switch interface {
                case ControlInterface.name: ControlInterface.description
                case Self.serviceInterface: Self.serviceDescription
                default: throw ControlError.interfaceNotFound(interface: interface)
                }
            return try Wire.frame(ReplyForm(parameters: Description(description: text)))
        }
    }

    /// Varlink's own interface, from its specification (https://varlink.org/Service).
    static let serviceDescription = """
        # The Varlink Service Interface is provided by every varlink service.
        interface org.varlink.service

        # What the service is, and the interfaces it has.
        method GetInfo() -> (
          vendor: string,
          product: string,
          version: string,
          url: string,
          interfaces: []string
        )

        # An interface in Varlink's language.
        method GetInterfaceDescription(interface: string) -> (description: string)

        error InterfaceNotFound (interface: string)

        error MethodNotFound (method: string)

        error MethodNotImplemented (method: string)

        error InvalidParameter (parameter: string)

        error PermissionDenied ()

        # The call has to be made with `more`.
        error ExpectedMore ()

        """
}
