import Redaction
import TestSupport
import Testing

/// Valid files with location are damaged in thousands of ways, the same on every run. Whatever the damage does to the
/// structure, the original coordinates must not come out, and planning must end within its bounds.
@Suite("Mutations", .timeLimit(.minutes(10)))
struct MutationTests {
    static let rounds = 1_000

    /// One way of damage.
    static func mutate(_ original: [UInt8], _ numbers: inout SplitMix64) -> (bytes: [UInt8], way: String) {
        var bytes = original
        let at = Int.random(in: 0..<bytes.count, using: &numbers)
        let length = Int.random(in: 1...24, using: &numbers)
        let end = min(bytes.count, at + length)
        let kind = Int.random(in: 0..<8, using: &numbers)
        switch kind {
        case 0: bytes[at] = UInt8.random(in: 0...255, using: &numbers)
        case 1: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &numbers)
        case 2: bytes[at] = [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &numbers) ?? 0
        case 3: for i in at..<min(bytes.count, at + 4) { bytes[i] = [0, 0xFF].randomElement(using: &numbers) ?? 0 }
        case 4: bytes.removeSubrange(at..<end)
        case 5: bytes.insert(contentsOf: bytes[at..<end], at: at)
        case 6: bytes.removeSubrange(at...)
        default: bytes.insert(contentsOf: (0..<length).map { _ in UInt8.random(in: 0...255, using: &numbers) }, at: at)
        }
        return (bytes, "way \(kind) at \(at), \(length) bytes")
    }

    /// Whether a value still stands where its label says that it is one.
    private static func remains(_ secret: Seed.Secret, _ damaged: [UInt8], _ redacted: [UInt8]) -> Bool {
        damaged.ranges(of: secret.label + secret.value).contains { place in
            redacted[place.upperBound - secret.value.count..<place.upperBound].elementsEqual(secret.value)
        }
    }

    /// Whether a value stands behind its label, in the file or in one of its compressed streams.
    private static func stands(_ secret: Seed.Secret, in file: [UInt8]) -> Bool {
        let needle = secret.label + secret.value
        guard secret.isPacked else { return file.firstRange(of: needle) != nil }
        return Unpacked.parts(of: file, behind: secret.requires).contains { $0.firstRange(of: needle) != nil }
    }

    @Test("The location never comes out of a damaged file", arguments: Seed.all)
    func mutations(seed: Seed) throws {
        let intact = try Redacted(seed.bytes)
        for secret in seed.secrets {
            #expect(Self.stands(secret, in: seed.bytes), "never there")
            let isThere = secret.isPacked ? Self.stands(secret, in: intact.bytes) : intact.contains(secret.value)
            #expect(!isThere, "intact")
        }
        var numbers = SplitMix64(seed: 42)
        for round in 0..<Self.rounds {
            let (damaged, way) = Self.mutate(seed.bytes, &numbers)
            let redacted = try Redacted(damaged)
            try #require(redacted.bytes.count == damaged.count)
            // What begins like no medium is no medium to anybody.
            if redacted.plan.container == "none" { continue }
            for secret in seed.secrets where Self.stands(secret, in: damaged) {
                if !secret.requires.isEmpty, damaged.firstRange(of: secret.requires) == nil { continue }
                let isThere =
                    secret.isPacked
                    ? Self.stands(secret, in: redacted.bytes) : Self.remains(secret, damaged, redacted.bytes)
                let name = String(decoding: secret.value.filter { (0x20...0x7E).contains($0) }, as: UTF8.self)
                #expect(!isThere, "round \(round): \(way): \(name), \(redacted.plan.reasons)")
            }
        }
    }

    /// Counts what planning asks of its source.
    final class Counter: ByteSource {
        let bytes: [UInt8]
        private(set) var reads = 0
        private(set) var largest = 0

        init(_ bytes: [UInt8]) { self.bytes = bytes }

        var size: UInt64 { UInt64(bytes.count) }

        func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) -> Int {
            reads += 1
            largest = max(largest, buffer.count)
            return MemorySource(bytes).read(at: offset, into: buffer)
        }
    }

    @Test("Planning keeps its bounds: a file that promises more than it may read is blanked, with a reason")
    func bounds() throws {
        var limits = Redaction.Limits()
        limits.reads = 40
        let segment = JPEGBuilder.segment(0xE5, [UInt8](repeating: 0x41, count: 60_000))
        let image = JPEGBuilder([[UInt8]](repeating: segment, count: 60) + [JPEGBuilder.exif(TIFFBuilder.exif(.big))])
        let source = Counter(image.bytes)
        let plan = try Redaction.plan(for: source, limits: limits)
        #expect(source.reads <= limits.reads)
        #expect(source.largest <= limits.memory)
        #expect(!plan.reasons.isEmpty)
        #expect(plan.touches(UInt64(image.bytes.count - 300)..<UInt64(image.bytes.count)))
    }

    struct Broken: Error {}

    struct BrokenSource: ByteSource {
        let size: UInt64 = 4_096
        func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws -> Int { throw Broken() }
    }

    @Test("What the source throws is passed on")
    func sourceErrors() {
        #expect(throws: Broken.self) { try Redaction.plan(for: BrokenSource()) }
    }
}
