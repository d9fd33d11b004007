/// Arguments as the kernel gives them: bytes, which need not be UTF-8, although the parser wants text.
///
/// A byte that is not part of UTF-8 travels as a character of a private plane (U+10FF00 and the byte), and is turned
/// back where a path is needed. Characters of that range in an argument travel the same way, byte by byte, so that
/// every argument comes back as it was.
enum RawArgument {
    private static let first: UInt32 = 0x10FF00

    static func processArguments() -> [String] {
        (1..<max(1, Int(CommandLine.argc))).compactMap { index in
            CommandLine.unsafeArgv[index].map { pointer in
                text(Array(UnsafeBufferPointer(start: pointer, count: length(pointer))).map(UInt8.init(bitPattern:)))
            }
        }
    }

    private static func length(_ pointer: UnsafePointer<CChar>) -> Int {
        var count = 0
        while pointer[count] != 0 { count += 1 }
        return count
    }

    static func text(_ bytes: [UInt8]) -> String {
        if let text = String(validating: bytes, as: UTF8.self), !text.unicodeScalars.contains(where: isCarrier) {
            return text
        }
        var result = String.UnicodeScalarView()
        var rest = bytes[...]
        while !rest.isEmpty {
            let whole = (1...4).lazy.filter { $0 <= rest.count }
                .compactMap { String(validating: rest.prefix($0), as: UTF8.self)?.unicodeScalars.first }.first
            if let whole, !isCarrier(whole) {
                result.append(whole)
                rest = rest.dropFirst(UTF8.width(whole))
            } else if let carrier = Unicode.Scalar(first + UInt32(rest.removeFirst())) {
                result.append(carrier)
            }
        }
        return String(result)
    }

    static func bytes(_ text: String) -> [UInt8] {
        text.unicodeScalars.reduce(into: []) { result, scalar in
            if isCarrier(scalar) {
                result.append(UInt8(scalar.value - first))
            } else {
                result += Array(String(scalar).utf8)
            }
        }
    }

    static func isCarrier(_ scalar: Unicode.Scalar) -> Bool { (first...first + 0xFF).contains(scalar.value) }
}

extension UTF8 {
    fileprivate static func width(_ scalar: Unicode.Scalar) -> Int { Array(String(scalar).utf8).count }
}
