/// Why a call was refused: the errors of the interface, and those of org.varlink.service.
public enum ControlError: Error, Sendable, Hashable {
    /// There is no such app, grant, view or path; or it is none of the caller's business.
    case notFound(kind: String, name: String, remedy: String? = nil)
    /// It contradicts what is there: a name or uid that is taken, a directory in use.
    case conflict(reason: String, remedy: String? = nil)
    case notPermitted(reason: String, remedy: String? = nil)
    /// `parameter` as the interface spells it.
    case invalidParameter(parameter: String, reason: String, remedy: String? = nil)
    /// Too much is asked for at once; nothing was done.
    case busy(reason: String)
    /// The service could not do it; nothing was done.
    case failed(reason: String, remedy: String? = nil)

    case interfaceNotFound(interface: String)
    case methodNotFound(method: String)
    /// The call has several replies and has to be made with `more`.
    case expectedMore
    /// An error that this program does not know.
    case other(name: String)
}

extension ControlError: CustomStringConvertible {
    /// One sentence with the reason, without the remedy.
    public var description: String {
        switch self {
        case .notFound(let kind, let name, _): "no \(kind) “\(name)”"
        case .conflict(let reason, _), .notPermitted(let reason, _), .busy(let reason), .failed(let reason, _): reason
        case .invalidParameter(let parameter, let reason, _): "\(parameter): \(reason)"
        case .interfaceNotFound(let interface): "the service does not speak \(interface)"
        case .methodNotFound(let method): "the service does not know the method \(method)"
        case .expectedMore: "this call has several replies and has to be made with “more”"
        case .other(let name): "the service answered with the error \(name)"
        }
    }

    public var remedy: String? {
        switch self {
        case .notFound(_, _, let remedy), .conflict(_, let remedy), .notPermitted(_, let remedy),
            .invalidParameter(_, _, let remedy), .failed(_, let remedy):
            remedy
        case .interfaceNotFound, .methodNotFound: "use a mediaveilctl of the same version as the service"
        case .busy: "try again in a moment"
        case .expectedMore, .other: nil
        }
    }
}

/// How an error looks on the wire: a name, and the members of that error's declaration.
struct ErrorForm: Codable, Sendable, Hashable {
    struct Parameters: Codable, Sendable, Hashable {
        var kind: String?
        var name: String?
        var parameter: String?
        var reason: String?
        var remedy: String?
        var interface: String?
        var method: String?
    }

    var error: String
    var parameters: Parameters?
}

extension ErrorForm {
    private static let standard = "org.varlink.service"

    init(_ error: ControlError) {
        var values = Parameters()
        func own(_ name: String) -> String { "\(ControlInterface.name).\(name)" }
        switch error {
        case .notFound(let kind, let name, let remedy):
            self.error = own("NotFound")
            (values.kind, values.name, values.remedy) = (kind, name, remedy)
        case .conflict(let reason, let remedy):
            self.error = own("Conflict")
            (values.reason, values.remedy) = (reason, remedy)
        case .notPermitted(let reason, let remedy):
            self.error = own("NotPermitted")
            (values.reason, values.remedy) = (reason, remedy)
        case .invalidParameter(let parameter, let reason, let remedy):
            self.error = own("InvalidParameter")
            (values.parameter, values.reason, values.remedy) = (parameter, reason, remedy)
        case .busy(let reason):
            self.error = own("Busy")
            values.reason = reason
        case .failed(let reason, let remedy):
            self.error = own("Failed")
            (values.reason, values.remedy) = (reason, remedy)
        case .interfaceNotFound(let interface):
            self.error = "\(Self.standard).InterfaceNotFound"
            values.interface = interface
        case .methodNotFound(let method):
            self.error = "\(Self.standard).MethodNotFound"
            values.method = method
        case .expectedMore: self.error = "\(Self.standard).ExpectedMore"
        case .other(let name): self.error = name
        }
        parameters = values
    }

    var controlError: ControlError {
        let values = parameters ?? Parameters()
        let reason = values.reason ?? "no reason given"
        switch error {
        case "\(ControlInterface.name).NotFound":
            return .notFound(kind: values.kind ?? "thing", name: values.name ?? "", remedy: values.remedy)
        case "\(ControlInterface.name).Conflict": return .conflict(reason: reason, remedy: values.remedy)
        case "\(ControlInterface.name).NotPermitted": return .notPermitted(reason: reason, remedy: values.remedy)
        case "\(ControlInterface.name).InvalidParameter":
            return .invalidParameter(parameter: values.parameter ?? "", reason: reason, remedy: values.remedy)
        case "\(ControlInterface.name).Busy": return .busy(reason: reason)
        case "\(ControlInterface.name).Failed": return .failed(reason: reason, remedy: values.remedy)
        case "\(Self.standard).InterfaceNotFound": return .interfaceNotFound(interface: values.interface ?? "")
        case "\(Self.standard).MethodNotFound": return .methodNotFound(method: values.method ?? "")
        case "\(Self.standard).ExpectedMore": return .expectedMore
        default: return .other(name: error)
        }
    }
}
