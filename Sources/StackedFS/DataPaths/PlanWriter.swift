import CLinux
import LinuxSystem
import Redaction
import SystemPackage

/// Writes a plan's patches into a private file, so that it holds no original byte of a patched range any more.
enum PlanWriter {
    /// Longer runs of zeros become holes, which cost neither space nor time.
    private static let hole: UInt64 = 1 << 20
    private static let block: UInt64 = 4_096
    private static let chunk: UInt64 = 256 << 10

    /// - Parameter source: has the original bytes: `target` itself or what it was cloned from. Whole blocks are read
    ///   from it and written, because a fresh clone has no page cache: to patch a part of a block the kernel would
    ///   have to read the rest from the medium.
    static func write(
        _ plan: RedactionPlan, into target: OwnedDescriptor, from source: OwnedDescriptor
    ) throws(Errno) {
        guard !plan.isEmpty else { return }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Int(chunk), alignment: Int(block))
        defer { buffer.deallocate() }
        // Up to here blocks are written, with all patches that reach into them.
        var done: UInt64 = 0
        for patch in plan.patches where patch.range.upperBound > done {
            if isHole(patch), punch(patch.range, in: target) { continue }
            var start = max(patch.range.lowerBound / block * block, done)
            while start < patch.range.upperBound {
                let wanted = min(up(patch.range.upperBound), plan.size) - start
                let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<Int(min(wanted, chunk))])
                guard try source.readFully(into: part, at: start, end: plan.size) == part.count else { throw .ioError }
                plan.apply(to: part, at: start)
                try target.writeFully(UnsafeRawBufferPointer(part), at: start)
                start += UInt64(part.count)
            }
            done = start
        }
    }

    private static func up(_ offset: UInt64) -> UInt64 {
        let (sum, overflow) = offset.addingReportingOverflow(block - 1)
        return overflow ? offset : sum / block * block
    }

    private static func isHole(_ patch: Patch) -> Bool {
        patch.replacement == .fill(0) && patch.range.upperBound - patch.range.lowerBound >= hole
    }

    private static func punch(_ range: Range<UInt64>, in target: OwnedDescriptor) -> Bool {
        guard let start = off_t(exactly: range.lowerBound),
            let length = off_t(exactly: range.upperBound - range.lowerBound)
        else { return false }
        return mv_punch_hole(target.raw, start, length) == 0
    }
}
