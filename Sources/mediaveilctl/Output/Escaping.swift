/// Text of others (names, reasons) made harmless for terminals, logs and tables: nothing in it can move the cursor,
/// begin a line or turn the direction of writing. Distinct names stay distinct.
enum Escaping {
    /// One line.
    static func line(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isSpecial) else { return text }
        return text.unicodeScalars.reduce(into: "") { result, scalar in
            result += isSpecial(scalar) ? escaped(scalar) : String(scalar)
        }
    }

    /// Text whose line ends stay.
    static func paragraphs(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { part in
            part.unicodeScalars.reduce(into: "") { result, scalar in
                result += isControl(scalar) ? escaped(scalar) : String(scalar)
            }
        }.joined(separator: "\n")
    }

    /// A path as bytes: what is not UTF-8 becomes `\xff`.
    static func path(_ bytes: [UInt8]) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return line(text) }
        var result = ""
        var rest = bytes[...]
        while !rest.isEmpty {
            // The longest beginning that is one whole scalar; none is longer than four bytes.
            let length = (1...4).first { $0 <= rest.count && String(validating: rest.prefix($0), as: UTF8.self) != nil }
            if let length {
                result += line(String(decoding: rest.prefix(length), as: UTF8.self))
                rest = rest.dropFirst(length)
            } else {
                result += hexadecimal(UInt32(rest.removeFirst()))
            }
        }
        return result
    }

    /// Controls, line and paragraph separators, marks of direction, and what looks like nothing.
    static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        // Bytes of an argument that are not UTF-8.
        case 0x10FF00...0x10FFFF: true
        case 0..<0x20, 0x7F...0x9F, 0xAD, 0x61C, 0x180E, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF,
            0xFFF9...0xFFFB, 0xE0000...0xE007F:
            true
        default: false
        }
    }

    private static func isSpecial(_ scalar: Unicode.Scalar) -> Bool { scalar == "\\" || isControl(scalar) }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\\": "\\\\"
        case "\n": "\\n"
        case "\t": "\\t"
        case "\r": "\\r"
        case _ where scalar.value < 0x80: hexadecimal(scalar.value)
        case _ where RawArgument.isCarrier(scalar): hexadecimal(scalar.value & 0xFF)
        default: "\\u{\(String(scalar.value, radix: 16))}"
        }
    }

    private static func hexadecimal(_ value: UInt32) -> String {
        "\\x" + (value < 16 ? "0" : "") + String(value, radix: 16)
    }
}
