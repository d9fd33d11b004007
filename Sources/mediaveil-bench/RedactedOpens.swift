import CLinux
import Glibc

/// Opens of JPEGs with a location, as an app sees them that may not know it: the first, which plans, and later ones.
enum RedactedOpens {
    private static let count = 60
    private static let size = 5 << 20

    /// - Parameters:
    ///   - library: the backing directory, in which the photos are made.
    ///   - view: where they are opened.
    static func measure(library: String, view: String) {
        let photo = sample()
        for index in 0..<count { make(library + "/bench-\(index).jpg", photo) }
        defer { for index in 0..<count { unlink(library + "/bench-\(index).jpg") } }
        var first: [Double] = []
        var later: [Double] = []
        var plain: [Double] = []
        for index in 0..<count {
            plain.append(open(library + "/bench-\(index).jpg"))
            first.append(open(view + "/bench-\(index).jpg"))
        }
        for index in 0..<count { later.append(open(view + "/bench-\(index).jpg")) }
        Bench.report(
            "redacted 5 MiB JPEG, open + read 4 KiB + close: first \(milliseconds(first)) ms, later \(milliseconds(later)) ms"
                + ", backing \(milliseconds(plain)) ms")
    }

    private static func milliseconds(_ values: [Double]) -> String { Bench.format(Bench.median(values) * 1e3) }

    private static func open(_ path: String) -> Double {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let start = now()
        let descriptor = mv_openat(mv_AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0)
        guard descriptor >= 0 else { return .nan }
        read(descriptor, &buffer, buffer.count)
        close(descriptor)
        return now() - start
    }

    private static func make(_ path: String, _ bytes: [UInt8]) {
        let descriptor = mv_openat(mv_AT_FDCWD, path, O_CREAT | O_WRONLY | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { return }
        write(descriptor, bytes, bytes.count)
        fsync(descriptor)
        close(descriptor)
    }

    /// A JPEG whose Exif has a GPS IFD (TIFF 6.0, Exif 2.32), with a long scan behind it.
    private static func sample() -> [UInt8] {
        func u16(_ value: Int) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 255)] }
        func u32(_ value: Int) -> [UInt8] { u16(value >> 16) + u16(value & 0xffff) }
        var block: [UInt8] = [0x4d, 0x4d, 0, 42] + u32(8)
        block += u16(1) + u16(0x8825) + u16(4) + u32(1) + u32(26) + u32(0)
        block += u16(2) + u16(1) + u16(2) + u32(2) + [0x4e, 0, 0, 0] + u16(2) + u16(5) + u32(3) + u32(56) + u32(0)
        block += u32(48) + u32(1) + u32(51) + u32(1) + u32(2_990) + u32(100)
        let exif = Array("Exif\0\0".utf8) + block
        var file: [UInt8] = [0xff, 0xd8, 0xff, 0xe1] + u16(exif.count + 2) + exif
        file += [0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0] + [UInt8](repeating: 0x5a, count: size) + [0xff, 0xd9]
        return file
    }
}
