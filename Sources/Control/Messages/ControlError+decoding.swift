extension ControlError {
    /// What is wrong with a call's parameters, in the interface's words.
    init(_ error: DecodingError) {
        switch error {
        case .keyNotFound(let key, let context):
            self = .invalidParameter(
                parameter: Self.name(context.codingPath + [key]), reason: "it is missing", remedy: nil)
        case .valueNotFound(_, let context):
            self = .invalidParameter(
                parameter: Self.name(context.codingPath), reason: "it must not be null", remedy: nil)
        case .typeMismatch(let type, let context):
            self = .invalidParameter(
                parameter: Self.name(context.codingPath), reason: "it must be \(Self.name(of: type))", remedy: nil)
        case .dataCorrupted(let context):
            // The decoder's own words are for values that are out of range; a syntax error never comes so far.
            self = .invalidParameter(
                parameter: Self.name(context.codingPath), reason: "it is \(Self.lowered(context.debugDescription))",
                remedy: nil)
        @unknown default:
            self = .invalidParameter(parameter: "parameters", reason: "they cannot be read", remedy: nil)
        }
    }

    private static func name(_ path: [any CodingKey]) -> String {
        let keys = path.map { key in
            key.intValue.map { "[\($0)]" } ?? snakeCase(key.stringValue)
        }
        let inner = keys.first == "parameters" ? keys.dropFirst() : keys[...]
        return inner.isEmpty
            ? "parameters" : inner.reduce("") { $0.isEmpty || $1.hasPrefix("[") ? $0 + $1 : "\($0).\($1)" }
    }

    static func snakeCase(_ name: String) -> String {
        name.reduce(into: "") { result, character in
            if character.isUppercase { result += "_" }
            result += character.lowercased()
        }
    }

    private static func name(of type: any Any.Type) -> String {
        switch type {
        case is Bool.Type: "true or false"
        case is String.Type: "a string"
        case is Int.Type, is Int32.Type, is Int64.Type, is UInt32.Type: "an integer"
        case is any SequenceLike.Type: "an array"
        default: "an object"
        }
    }

    private static func lowered(_ text: String) -> String {
        text.hasPrefix("not ") ? text : "not valid (\(text.hasSuffix(".") ? String(text.dropLast()) : text))"
    }
}

private protocol SequenceLike {}
extension Array: SequenceLike {}
