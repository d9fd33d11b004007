import Foundation
import TestSupport
import Testing

/// What exiftool reads of a file and of its redacted variant: location may go, and nothing else may change.
struct TagComparison {
    /// Values of one tag in the order of the file, by "group:document:tag".
    typealias Tags = [String: [Any]]

    private let specimen: Specimen
    let before: Tags
    let after: Tags

    init(_ specimen: Specimen) throws {
        self.specimen = specimen
        let outcome = try Program.output(
            [
                "exiftool", "-validate", "-a", "-u", "-ee", "-G1:3:4", "-s", "-n", "-j", "-struct", "-b", "-all",
                "-xmp",
                specimen.original, specimen.redacted,
            ], seconds: 120)
        let parsed = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
        let files = try #require(parsed as? [[String: Any]])
        try #require(files.count == 2, "exiftool read \(files.count) files: \(outcome.errors)")
        before = Self.tags(files[0])
        after = Self.tags(files[1])
    }

    /// - Returns: what changed although it is no location, one sentence each.
    func differences() throws -> [String] {
        var found: [String] = []
        for key in Set(before.keys).union(after.keys).sorted() {
            let old = before[key] ?? []
            let new = after[key] ?? []
            guard Self.text(old) != Self.text(new) else { continue }
            let name = Self.name(key)
            if AllowedChange.complaints.contains(name) {
                found += Self.complaints(new).subtracting(Self.complaints(old)).map { "new complaint: \($0)" }
            } else if name == "XMP:XMP" {
                found += try packet(old, new)
            } else if !AllowedChange.allows(name, old, new) {
                found.append("\(key): \(Self.short(old)), then \(Self.short(new))")
            }
        }
        return found
    }

    /// Tags of locations that the variant still has.
    var locationsLeft: [String] {
        after.filter { AllowedChange.isLocation(Self.name($0.key)) && !AllowedChange.isBlank($0.value) }
            .map { "\($0.key): \(Self.short($0.value))" }.sorted()
    }

    /// XMP stays XML that xmllint reads.
    private func packet(_ old: [Any], _ new: [Any]) throws -> [String] {
        var results: [Bool] = []
        for text in [old, new].map(Self.packet) {
            let path = specimen.directory + "/packet.xmp"
            try Specimen.write(text, to: path)
            results.append(try Program.output(["xmllint", "--noout", path]).status == 0)
        }
        return results[0] && !results[1] && !new.isEmpty ? ["XMP is not well-formed any more"] : []
    }

    // MARK: exiftool's output

    private static func tags(_ file: [String: Any]) -> Tags {
        var copies: [String: [(Int, Any)]] = [:]
        for (key, value) in file {
            var parts = key.split(separator: ":").map(String.init)
            guard parts.count >= 3, parts[0] != "System" else { continue }
            var copy = 0
            if parts[2].hasPrefix("Copy"), parts.count == 4 { copy = Int(parts.remove(at: 2).dropFirst(4)) ?? 0 }
            copies[parts.joined(separator: ":"), default: []].append((copy, value))
        }
        return copies.mapValues { list in list.sorted { $0.0 < $1.0 }.map(\.1) }
    }

    /// "group:tag" of "group:document:tag".
    private static func name(_ key: String) -> String {
        let parts = key.split(separator: ":")
        return "\(parts[0]):\(parts[parts.count - 1])"
    }

    private static func complaints(_ values: [Any]) -> Set<String> {
        Set(values.map { Examiner.withoutNumbers("\($0)") })
    }

    static func text(_ value: Any) -> String {
        switch value {
        case let list as [Any]: "[" + list.map(text).joined(separator: ", ") + "]"
        case let fields as [String: Any]:
            "{" + fields.keys.sorted().map { "\($0)=\(text(fields[$0] ?? ""))" }.joined(separator: ", ") + "}"
        default: "\(value)"
        }
    }

    private static func short(_ values: [Any]) -> String { "“\(text(values).prefix(120))”" }

    private static func packet(_ values: [Any]) -> [UInt8] {
        let text = values.first.map { "\($0)" } ?? ""
        guard text.hasPrefix("base64:") else { return Array(text.utf8) }
        return Data(base64Encoded: String(text.dropFirst(7))).map { Array($0) } ?? []
    }
}
