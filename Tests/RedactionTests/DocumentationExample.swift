// The example of Sources/Redaction/Redaction.docc: DocumentationTests holds the two together.
import Glibc
import Redaction

/// A file as a planner reads it.
struct OpenFile: ByteSource {
    struct Failure: Error { let code: Int32 }

    let descriptor: Int32
    let size: UInt64

    init(path: String) throws {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure(code: errno) }
        size = UInt64(max(0, lseek(descriptor, 0, SEEK_END)))
    }

    func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        var done = 0
        while done < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
            let count = pread(descriptor, rest.baseAddress, rest.count, off_t(offset) + off_t(done))
            guard count >= 0 else { throw Failure(code: errno) }
            if count == 0 { break }
            done += count
        }
        return done
    }
}

/// The bytes of a file without its location.
func withoutLocation(_ path: String) throws -> [UInt8] {
    let file = try OpenFile(path: path)
    defer { close(file.descriptor) }

    let plan = try Redaction.plan(for: file)
    for patch in plan.patches { print("\(patch.range): \(patch.kind)") }
    for reason in plan.reasons { print("more than the location is gone: \(reason)") }

    var bytes = [UInt8](repeating: 0, count: Int(plan.size))
    try bytes.withUnsafeMutableBytes { buffer in
        _ = try file.read(at: 0, into: buffer)
        plan.apply(to: buffer, at: 0)
    }
    return bytes
}
