import Redaction
import Testing

/// A file as an app without the right to location sees it, beside the original.
struct Redacted {
    let original: [UInt8]
    let bytes: [UInt8]
    let plan: RedactionPlan

    init(_ original: [UInt8], limits: Redaction.Limits = .init()) throws {
        self.original = original
        let plan = try Redaction.plan(for: MemorySource(original), limits: limits)
        var bytes = original
        bytes.withUnsafeMutableBytes { plan.apply(to: $0, at: 0) }
        self.plan = plan
        self.bytes = bytes
    }

    func contains(_ needle: [UInt8]) -> Bool { bytes.firstRange(of: needle) != nil }
    func contains(_ text: String) -> Bool { contains(Array(text.utf8)) }

    /// Location was in the original and is gone; what must stay stays, in a file of the same length.
    func expect(
        gone: [[UInt8]] = [], goneText: [String] = [], kept: [[UInt8]] = [], keptText: [String] = [],
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(bytes.count == original.count, sourceLocation: sourceLocation)
        for needle in gone + goneText.map({ Array($0.utf8) }) {
            let name = String(decoding: needle, as: UTF8.self)
            #expect(original.firstRange(of: needle) != nil, "\(name) was never there", sourceLocation: sourceLocation)
            #expect(!contains(needle), "\(name) is still there", sourceLocation: sourceLocation)
        }
        for needle in kept + keptText.map({ Array($0.utf8) }) {
            let name = String(decoding: needle, as: UTF8.self)
            #expect(contains(needle), "\(name) is missing", sourceLocation: sourceLocation)
        }
    }
}
