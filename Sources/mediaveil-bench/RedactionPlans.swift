import CLinux
import Glibc
import Redaction

/// How fast redaction is planned, and how little it reads: all media of a directory, and a film of 4 GiB.
enum RedactionPlans {
    private static let rounds = 21

    /// - Parameters:
    ///   - directory: of media, searched with all that is below it.
    ///   - scratch: where the film may be made.
    static func measure(directory: String, scratch: String) {
        let paths = files(directory)
        guard !paths.isEmpty else { return Bench.report("no files in \(directory)") }
        let film = scratch + "/film.mp4"
        makeFilm(film)
        defer { unlink(film) }
        // Code and tables are there from the first plan on.
        _ = paths.first.map(plan)
        resetPeak()
        let before = memory("VmRSS")
        let media = paths.map(plan)
        let movie = plan(film)
        let peak = memory("VmHWM")
        let seconds = media.reduce(0) { $0 + $1.seconds }
        let bytes = media.reduce(0) { $0 + $1.bytes }
        let sizes = media.reduce(0) { $0 + $1.size }
        let jpegs = media.filter(\.isJPEG)
        let count = Double(media.count)
        report(
            "files",
            "\(media.count), \(jpegs.count) of them JPEG, \(Bench.format(Double(sizes) / count / 1_024)) KiB on average"
        )
        report("plans", "\(Int(count / seconds)) a second, \(Bench.format(seconds / count * 1e6)) µs on average")
        report(
            "read",
            "\(Bench.format(Double(bytes) / count / 1_024)) KiB a plan in \(Bench.format(Double(media.reduce(0) { $0 + $1.reads }) / count)) reads"
        )
        report("JPEG, median", "\(Bench.format(Bench.median(jpegs.map(\.seconds)) * 1e6)) µs")
        report("MP4 of 4 GiB", "\(Bench.format(movie.seconds * 1e3)) ms, \(movie.bytes / 1_024) KiB read")
        report("peak memory", "\((peak - before) / 1_024) KiB above the \(before / 1_024) KiB of the process")
    }

    private static func report(_ name: String, _ value: String) {
        Bench.report(Bench.row(["redaction: \(name)", value]))
    }

    private struct Result {
        var isJPEG = false
        var size: UInt64 = 0
        var seconds = 0.0
        var bytes = 0
        var reads = 0
    }

    /// The median of several plans for a file whose pages are in memory; opening it is part of it.
    private static func plan(_ path: String) -> Result {
        var result = Result()
        var times: [Double] = []
        for _ in 0..<rounds {
            let start = now()
            guard let file = File(path) else { continue }
            let plan = try? Redaction.plan(for: file)
            times.append(now() - start)
            result.isJPEG = plan?.container == "JPEG"
            result.size = file.size
            (result.bytes, result.reads) = (file.bytes, file.reads)
        }
        result.seconds = Bench.median(times)
        return result
    }

    /// A file as a source that counts.
    private final class File: ByteSource {
        let size: UInt64
        private(set) var bytes = 0
        private(set) var reads = 0
        private let descriptor: Int32

        init?(_ path: String) {
            descriptor = mv_openat(mv_AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0)
            var status = stat()
            size = fstat(descriptor, &status) == 0 ? UInt64(status.st_size) : 0
            if descriptor < 0 { return nil }
        }

        deinit { close(descriptor) }

        func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) -> Int {
            let count = max(0, pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset)))
            reads += 1
            bytes += count
            return count
        }
    }

    /// All regular files below a directory.
    private static func files(_ directory: String) -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var found: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard !name.hasPrefix("."), !name.hasSuffix(".tsv") else { continue }
            let path = directory + "/" + name
            if Int32(entry.pointee.d_type) == Int32(DT_DIR) { found += files(path) } else { found.append(path) }
        }
        return found.sorted()
    }

    // MARK: a film

    /// Media data of 4 GiB, sparse, and a movie box behind it with an hour of a camera's positions: 3,600 samples.
    private static func makeFilm(_ path: String) {
        let descriptor = mv_openat(mv_AT_FDCWD, path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let end = off_t(4) << 30
        let head = box("ftyp", Array("mp42".utf8) + u32(0)) + u32(1) + Array("mdat".utf8) + u32(1) + u32(0)
        // The box's size counts from its own beginning.
        let start = off_t(head.count - 16)
        let media =
            u32(1) + Array("mdat".utf8) + u32(UInt32((end - start) >> 32)) + u32(UInt32((end - start) & 0xffff_ffff))
        write(descriptor, Array(head.dropLast(16)) + media, at: 0)
        let samples = 3_600
        let table =
            box("stsd", u32(0) + u32(1) + box("gpmd", [0, 0, 0, 0, 0, 0, 0, 1]))
            + box("stsz", u32(0) + u32(1_024) + u32(UInt32(samples)))
            + box("stsc", u32(0) + u32(1) + u32(1) + u32(1) + u32(1))
            + box("stco", u32(0) + u32(UInt32(samples)) + (0..<samples).flatMap { u32(UInt32(1_000_000 * ($0 + 1))) })
        let track = box("trak", box("mdia", box("minf", box("stbl", table))))
        let place = box(
            "udta", u32(26) + [0xa9] + Array("xyz".utf8) + [0, 16, 0x15, 0xc7] + Array("+48.1372+011.57/".utf8))
        write(descriptor, box("moov", place + track), at: end)
        fsync(descriptor)
    }

    private static func write(_ descriptor: Int32, _ bytes: [UInt8], at offset: off_t) {
        _ = bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, offset) }
    }

    private static func u32(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
    }

    private static func box(_ type: String, _ payload: [UInt8]) -> [UInt8] {
        u32(UInt32(payload.count + 8)) + Array(type.utf8) + payload
    }

    // MARK: memory

    /// The peak counts from here on.
    private static func resetPeak() {
        let descriptor = mv_openat(mv_AT_FDCWD, "/proc/self/clear_refs", O_WRONLY | O_CLOEXEC, 0)
        guard descriptor >= 0 else { return }
        write(descriptor, [UInt8(ascii: "5")], at: 0)
        close(descriptor)
    }

    /// Bytes that /proc/self/status has under a name.
    private static func memory(_ name: String) -> Int {
        let descriptor = mv_openat(mv_AT_FDCWD, "/proc/self/status", O_RDONLY | O_CLOEXEC, 0)
        guard descriptor >= 0 else { return 0 }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 8_192)
        let count = read(descriptor, &buffer, buffer.count)
        let lines = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self).split(separator: "\n")
        let line = lines.first { $0.hasPrefix(name + ":") } ?? ""
        return (line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0) * 1_024
    }
}
