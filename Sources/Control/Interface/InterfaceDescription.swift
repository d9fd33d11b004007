/// An interface in Varlink's language (https://varlink.org/Interface-Definition), as far as this project writes it.
public struct InterfaceDescription: Sendable, Hashable {
    /// A type as it stands behind a member's colon.
    public indirect enum TypeForm: Sendable, Hashable {
        case bool, int, float, string, object
        case named(String)
        case array(TypeForm)
        case dictionary(TypeForm)
        case optional(TypeForm)
        case record([Member])
        case enumeration([String])
    }

    public struct Member: Sendable, Hashable {
        public let name: String
        public let type: TypeForm
    }

    public struct Method: Sendable, Hashable {
        public let parameters: [Member]
        public let reply: [Member]
    }

    public private(set) var name = ""
    public private(set) var types: [String: TypeForm] = [:]
    public private(set) var methods: [String: Method] = [:]
    public private(set) var errors: [String: [Member]] = [:]

    public struct SyntaxError: Error, Sendable, Hashable {
        public let expected: String
        public let found: String
    }

    public init(_ text: String) throws(SyntaxError) {
        var tokens = Tokens(text)
        try tokens.expect("interface")
        name = try tokens.word()
        while let keyword = tokens.next() {
            switch keyword {
            case "type":
                let name = try tokens.word()
                types[name] = try tokens.structure()
            case "method":
                let name = try tokens.word()
                let parameters = try tokens.members()
                try tokens.expect("->")
                methods[name] = Method(parameters: parameters, reply: try tokens.members())
            case "error":
                let name = try tokens.word()
                errors[name] = try tokens.members()
            default: throw SyntaxError(expected: "type, method or error", found: keyword)
            }
        }
    }

    /// The names of every method's parameters; empty for a text that is no interface.
    static func parameterNames(of text: String) -> [String: Set<String>] {
        guard let interface = try? InterfaceDescription(text) else { return [:] }
        return interface.methods.mapValues { Set($0.parameters.map(\.name)) }
    }
}

/// The words and signs of an interface, without comments.
private struct Tokens {
    private var rest: [String]

    init(_ text: String) {
        var tokens: [String] = []
        for line in text.split(separator: "\n") {
            var characters = line.prefix { $0 != "#" }
            while let first = characters.first {
                if first.isWordCharacter {
                    let word = characters.prefix { $0.isWordCharacter }
                    tokens.append(String(word))
                    characters.removeFirst(word.count)
                } else if characters.hasPrefix("->") || characters.hasPrefix("[]") {
                    tokens.append(String(characters.prefix(2)))
                    characters.removeFirst(2)
                } else {
                    if !first.isWhitespace { tokens.append(String(first)) }
                    characters.removeFirst()
                }
            }
        }
        rest = tokens.reversed()
    }

    mutating func next() -> String? { rest.popLast() }

    mutating func expect(_ token: String) throws(InterfaceDescription.SyntaxError) {
        let found = next() ?? "the end"
        guard found == token else { throw .init(expected: token, found: found) }
    }

    mutating func take(_ token: String) -> Bool {
        guard rest.last == token else { return false }
        rest.removeLast()
        return true
    }

    mutating func word() throws(InterfaceDescription.SyntaxError) -> String {
        let found = next() ?? "the end"
        guard found.allSatisfy(\.isWordCharacter) else { throw .init(expected: "a name", found: found) }
        return found
    }

    mutating func members() throws(InterfaceDescription.SyntaxError) -> [InterfaceDescription.Member] {
        switch try structure() {
        case .record(let members): return members
        default: throw .init(expected: "members with types", found: "an enumeration")
        }
    }

    /// Members with types, or the words of an enumeration.
    mutating func structure() throws(InterfaceDescription.SyntaxError) -> InterfaceDescription.TypeForm {
        try expect("(")
        if take(")") { return .record([]) }
        var members: [InterfaceDescription.Member] = []
        var words: [String] = []
        repeat {
            let name = try word()
            if take(":") { members.append(.init(name: name, type: try type())) } else { words.append(name) }
        } while take(",")
        try expect(")")
        guard members.isEmpty || words.isEmpty else { throw .init(expected: "a type", found: words[0]) }
        return words.isEmpty ? .record(members) : .enumeration(words)
    }

    mutating func type() throws(InterfaceDescription.SyntaxError) -> InterfaceDescription.TypeForm {
        if take("?") { return .optional(try type()) }
        if take("[]") { return .array(try type()) }
        if take("[") {
            try expect("string")
            try expect("]")
            return .dictionary(try type())
        }
        if rest.last == "(" { return try structure() }
        switch try word() {
        case "bool": return .bool
        case "int": return .int
        case "float": return .float
        case "string": return .string
        case "object": return .object
        case let name: return .named(name)
        }
    }
}

extension Character {
    fileprivate var isWordCharacter: Bool { isASCII && (isLetter || isNumber || self == "_" || self == ".") }
}
