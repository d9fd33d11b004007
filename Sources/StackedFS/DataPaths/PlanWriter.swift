import CLinux
import LinuxSystem
import Redaction
import SystemPackage

/// Writes a plan's patches into a private file, so that it holds no original byte of a patched range any more.
enum PlanWriter {
    /// Longer runs of zeros become holes, which cost neither space nor time.
    private static let hole: UInt64 = 1 << 20
    private static let chunk = 256 << 10

    static func write(_ plan: RedactionPlan, into file: OwnedDescriptor) throws(Errno) {
        for patch in plan.patches {
            switch patch.replacement {
            case .bytes(let bytes): try write(bytes, into: file, at: patch.range.lowerBound)
            case .fill(let byte): try fill(patch.range, with: byte, in: file)
            }
        }
    }

    private static func fill(_ range: Range<UInt64>, with byte: UInt8, in file: OwnedDescriptor) throws(Errno) {
        let length = range.upperBound - range.lowerBound
        if byte == 0, length >= hole, let start = off_t(exactly: range.lowerBound), let count = off_t(exactly: length),
            mv_punch_hole(file.raw, start, count) == 0
        {
            return
        }
        let bytes = [UInt8](repeating: byte, count: Int(min(length, UInt64(chunk))))
        var offset = range.lowerBound
        while offset < range.upperBound {
            let count = Int(min(UInt64(bytes.count), range.upperBound - offset))
            try write(bytes[..<count], into: file, at: offset)
            offset += UInt64(count)
        }
    }

    private static func write(_ bytes: some Collection<UInt8>, into file: OwnedDescriptor, at offset: UInt64)
        throws(Errno)
    {
        let outcome = bytes.withContiguousStorageIfAvailable { storage in
            Result.of { () throws(Errno) in try file.writeFully(UnsafeRawBufferPointer(storage), at: offset) }
        }
        guard let outcome else { throw .invalidArgument }
        try outcome.get()
    }
}
