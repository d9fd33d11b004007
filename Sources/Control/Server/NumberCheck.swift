import FoundationEssentials

/// Finds the number in a call's parameters that no member can hold.
///
/// The decoder says only that there is one; a caller wants to know which.
enum NumberCheck {
    /// JSON of any form, as far as numbers matter.
    indirect enum Value: Decodable {
        case number(Double)
        case array([Value])
        case object([String: Value])
        case other

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let object = try? container.decode([String: Value].self) {
                self = .object(object)
            } else if let array = try? container.decode([Value].self) {
                self = .array(array)
            } else if let number = try? container.decode(Double.self) {
                self = .number(number)
            } else {
                self = .other
            }
        }
    }

    private struct Parameters: Decodable {
        var parameters: Value?
    }

    /// The error that names the number, `nil` if all are well.
    static func error(in message: Data) -> ControlError? {
        guard let form = try? JSONDecoder().decode(Parameters.self, from: message), let value = form.parameters else {
            return nil
        }
        return error(value, path: "", isUser: false)
    }

    private static func error(_ value: Value, path: String, isUser: Bool) -> ControlError? {
        switch value {
        case .other: return nil
        case .array(let elements):
            for (index, element) in elements.enumerated() {
                if let error = error(element, path: "\(path)[\(index)]", isUser: isUser) { return error }
            }
            return nil
        case .object(let members):
            for (name, member) in members.sorted(by: { $0.key < $1.key }) {
                let isUser = name == "uid" || name == "uids"
                if let error = error(member, path: path.isEmpty ? name : "\(path).\(name)", isUser: isUser) {
                    return error
                }
            }
            return nil
        case .number(let number):
            let range: ClosedRange<Double> = isUser ? 0...4_294_967_295 : -9_007_199_254_740_992...9_007_199_254_740_992
            guard number != number.rounded() || !range.contains(number) else { return nil }
            let bounds = isUser ? " from 0 to 4294967295" : ""
            return .invalidParameter(parameter: path, reason: "it must be a whole number\(bounds)")
        }
    }
}
