/// Names of others made harmless for terminals, logs, tables and pages, without becoming ambiguous.
///
/// What could move a cursor, begin a line, turn the direction of writing or look like nothing is written as an escape, what
/// is not UTF-8 as `\xff`, and the backslash doubled: two paths never look the same, and one never looks like two lines.
public enum PrintablePath {
    public static func text(_ path: [UInt8]) -> String {
        if path.allSatisfy({ 0x20...0x7E ~= $0 && $0 != UInt8(ascii: "\\") }) {
            return String(decoding: path, as: UTF8.self)
        }
        var result = ""
        var rest = path[...]
        while let first = rest.first {
            // The longest beginning that is one whole scalar; none is longer than four bytes.
            let scalar = (1...4).lazy.compactMap { length in
                length <= rest.count ? String(validating: rest.prefix(length), as: UTF8.self) : nil
            }.first
            if let scalar {
                for unicode in scalar.unicodeScalars { result += text(unicode) }
                rest = rest.dropFirst(scalar.utf8.count)
            } else {
                result += hexadecimal(UInt32(first))
                rest = rest.dropFirst()
            }
        }
        return result
    }

    public static func text(_ text: String) -> String { self.text(Array(text.utf8)) }

    private static func text(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\\": "\\\\"
        case "\n": "\\n"
        case "\t": "\\t"
        case "\r": "\\r"
        case _ where !isHarmful(scalar): String(scalar)
        case _ where scalar.value < 0x80: hexadecimal(scalar.value)
        default: "\\u{\(String(scalar.value, radix: 16))}"
        }
    }

    private static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned, .privateUse: true
        // A space that does not look like one, or combines with the quote before it.
        case .spaceSeparator: scalar != " "
        default: scalar.properties.isDefaultIgnorableCodePoint
        }
    }

    private static func hexadecimal(_ value: UInt32) -> String {
        "\\x" + (value < 16 ? "0" : "") + String(value, radix: 16)
    }
}
