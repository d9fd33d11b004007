import Control
import Foundation

/// JSON for lines: as on the wire, and with everything escaped that could act on a terminal.
enum JSONText {
    static func line(_ value: some Encodable) -> String {
        guard let data = try? Wire.encoder().encode(value) else { return "{}" }
        let text = String(decoding: data, as: UTF8.self)
        guard text.unicodeScalars.contains(where: Escaping.isControl) else { return text }
        // Outside strings the encoder writes nothing but ASCII.
        return text.unicodeScalars.reduce(into: "") { result, scalar in
            guard Escaping.isControl(scalar) else { return result.unicodeScalars.append(scalar) }
            for unit in UTF16.encode(scalar) ?? .init() {
                let digits = String(unit, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
    }
}
