import Glibc
import Redaction
import TestSupport
import Testing

/// A file and its redacted variant, beside each other on disk under the same name.
struct Specimen {
    let directory: String
    let name: String
    let plan: RedactionPlan

    var original: String { directory + "/original/" + name }
    var redacted: String { directory + "/redacted/" + name }

    /// What the name ends with, in small letters: by it examiners are chosen.
    var suffix: String { name.split(separator: ".").last.map { $0.lowercased() } ?? "" }

    init(_ bytes: [UInt8], name: String, in directory: String) throws {
        let variant = try Redacted(bytes)
        self.directory = directory
        self.name = name
        plan = variant.plan
        mkdir(directory + "/original", 0o755)
        mkdir(directory + "/redacted", 0o755)
        try Self.write(bytes, to: original)
        try Self.write(variant.bytes, to: redacted)
    }

    static func write(_ bytes: [UInt8], to path: String) throws {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        try #require(file >= 0, "\(path): errno \(errno)")
        defer { close(file) }
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            try #require(count > 0, "\(path): errno \(errno)")
            done += count
        }
    }
}
