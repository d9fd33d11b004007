import Redaction

/// Counts what planning asks of its source, and holds it to the limits.
private final class Source: ByteSource {
    let bytes: MemorySource
    var reads = 0

    init(_ bytes: [UInt8]) { self.bytes = MemorySource(bytes) }

    var size: UInt64 { bytes.size }

    func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        reads += 1
        return bytes.read(at: offset, into: buffer)
    }
}

/// One input of libFuzzer: it is planned, the plan is checked and applied, and the result planned again.
///
/// The container is told from the content, so seeds decide which one is fuzzed (docs/redaction.md).
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzRedaction(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: data, count: count))
    let source = Source(input)
    guard let plan = try? Redaction.plan(for: source) else { fatalError("a source in memory does not fail") }
    precondition(source.reads <= Redaction.Limits().reads, "too many reads")
    var end: UInt64 = 0
    for patch in plan.patches {
        precondition(
            patch.range.lowerBound >= end && patch.range.lowerBound < patch.range.upperBound, "patches overlap")
        if case .bytes(let bytes) = patch.replacement { precondition(bytes.count == patch.range.count, "wrong length") }
        end = patch.range.upperBound
    }
    precondition(end <= UInt64(input.count), "patch outside of the file")
    var redacted = input
    redacted.withUnsafeMutableBytes { plan.apply(to: $0, at: 0) }
    guard (try? Redaction.plan(for: MemorySource(redacted))) != nil else { fatalError("no plan for a redacted file") }
    return 0
}
