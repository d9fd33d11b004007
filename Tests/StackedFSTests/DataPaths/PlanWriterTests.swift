import CLinux
import Glibc
import LinuxSystem
import Redaction
import SystemPackage
import TestSupport
import Testing

@testable import StackedFS

@Suite("Patches written into a private file", .timeLimit(.minutes(10)))
struct PlanWriterTests {
    let folder: Folder

    init() throws { folder = try Folder() }

    @Test("The file then has the bytes that the plan gives in memory, whatever the patches")
    func random() throws {
        var generator = SplitMix64(seed: 42)
        for round in 0..<150 {
            let size = Int.random(in: 0...(round % 10 == 0 ? 3_000_000 : 40_000), using: &generator)
            let original = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ round) }
            let plan = randomPlan(size: size, &generator)
            var wanted = original
            wanted.withUnsafeMutableBytes { plan.apply(to: $0, at: 0) }
            #expect(try written(plan, original, fromOther: true) == wanted)
            #expect(try written(plan, original, fromOther: false) == wanted)
        }
    }

    @Test("A source that is shorter than its plan is an error")
    func short() throws {
        let plan = RedactionPlan(
            size: 100, container: "test", patches: [Patch(range: 90..<95, replacement: .fill(1), kind: "a")],
            reasons: [])
        #expect(throws: Errno.ioError) { try written(plan, [1, 2, 3], fromOther: true) }
    }

    private func written(_ plan: RedactionPlan, _ original: [UInt8], fromOther: Bool) throws -> [UInt8] {
        let source = try file("source", original)
        let target = fromOther ? try file("target", original) : source
        try PlanWriter.write(plan, into: target, from: source)
        #expect(try FileAttributes.of(target.raw).size == UInt64(original.count))
        return try scratchBytes(capacity: original.count + 1) { buffer throws(Errno) in
            try target.readFully(into: buffer, at: 0, end: .max)
        }
    }

    private func file(_ name: String, _ bytes: [UInt8]) throws -> OwnedDescriptor {
        let path = try folder.write(name, bytes, settled: false)
        return OwnedDescriptor(try retrying { open(path, O_RDWR | O_CLOEXEC) })
    }

    private func randomPlan(size: Int, _ generator: inout SplitMix64) -> RedactionPlan {
        guard size > 0 else { return RedactionPlan(size: 0, container: "test", patches: [], reasons: []) }
        let patches = (0..<Int.random(in: 0...12, using: &generator)).map { _ -> Patch in
            let start = Int.random(in: 0..<size, using: &generator)
            let longest = [1, 16, 5_000, 2_000_000].randomElement(using: &generator) ?? 1
            let count = min(size - start, Int.random(in: 1...longest, using: &generator))
            let byte = UInt8.random(in: 0...2, using: &generator)
            let isFill = Bool.random(using: &generator)
            let replacement: Patch.Replacement =
                isFill ? .fill(byte) : .bytes((0..<count).map { UInt8(truncatingIfNeeded: $0) })
            return Patch(range: UInt64(start)..<UInt64(start + count), replacement: replacement, kind: "random")
        }
        return RedactionPlan(size: UInt64(size), container: "test", patches: patches, reasons: [])
    }
}
