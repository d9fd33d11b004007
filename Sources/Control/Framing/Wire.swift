import FoundationEssentials

/// JSON as it is on the wire: snake case, sorted keys, slashes as they are.
public enum Wire {
    public static func encoder() -> JSONEncoder {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }

    static func decoder() -> JSONDecoder {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return decoder
    }

    /// `value` with the NUL that ends a message.
    static func frame(_ value: some Encodable) throws -> [UInt8] {
        var bytes = Array(try encoder().encode(value))
        bytes.append(0)
        return bytes
    }
}

/// A call without its parameters' values, which are read once the method is known.
struct CallHead: Decodable, Sendable {
    var method: String
    var parameters: ParameterNames?
    var more: Bool?
    var oneway: Bool?
    var upgrade: Bool?
}

struct Call<Parameters: Codable & Sendable>: Codable, Sendable {
    var method: String
    var parameters: Parameters
    var more: Bool?
}

struct CallParameters<Parameters: Decodable>: Decodable {
    var parameters: Parameters?
}

/// The names of a call's parameters, whatever their values are; `nil` if they are no object.
struct ParameterNames: Decodable, Sendable {
    let names: [String]?

    private struct AnyKey: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) {
        names = try? decoder.container(keyedBy: AnyKey.self).allKeys.map(\.stringValue)
    }
}

struct ReplyForm<Parameters: Codable & Sendable>: Codable, Sendable {
    var parameters: Parameters
    var continues: Bool?
}

/// What every reply has: an error, or none, and whether more replies follow.
struct ReplyHead: Decodable, Sendable {
    var error: String?
    var continues: Bool?
}
