import Glibc

/// The corpus of real media files beside the checkout (`../shared/corpus`), where it is there.
///
/// MANIFEST.tsv says what each file carries, NEEDLES.tsv which bytes must not be readable in its redacted variant.
public enum Corpus {
    public struct File: Sendable, CustomStringConvertible {
        /// Path inside the corpus.
        public let path: String
        /// The manifest's `has_location`.
        public let hasLocation: Bool
        public let needles: [Needle]

        public var description: String { path }
    }

    /// Bytes at an offset of the original that are location.
    public struct Needle: Sendable {
        public let kind: String
        public let offset: Int
        public let bytes: [UInt8]
    }

    /// The corpus's folder, `nil` where there is none.
    public static let folder: String? = {
        // …/Tests/TestSupport/Corpus.swift: three names up is the package.
        let package = #filePath.split(separator: "/").dropLast(3)
        let folder = "/" + package.dropLast().joined(separator: "/") + "/shared/corpus"
        return access(folder + "/MANIFEST.tsv", R_OK) == 0 ? folder : nil
    }()

    /// All files of the manifest; empty where there is no corpus.
    public static let files: [File] = {
        guard let folder else { return [] }
        var needles: [String: [Needle]] = [:]
        for row in rows(folder + "/NEEDLES.tsv") where row.count >= 5 {
            guard let offset = Int(row[2]) else { continue }
            needles[row[0], default: []].append(Needle(kind: row[1], offset: offset, bytes: bytes(hex: row[4])))
        }
        return rows(folder + "/MANIFEST.tsv").filter { $0.count >= 4 }.map { row in
            File(path: row[0], hasLocation: row[3] != "n", needles: needles[row[0]] ?? [])
        }
    }()

    /// A file's bytes; `nil` if it cannot be read.
    public static func read(_ file: File) -> [UInt8]? { folder.flatMap { read(path: $0 + "/" + file.path) } }

    /// The bytes of the file at `path`; `nil` if it cannot be read.
    public static func read(path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        let size = Int(lseek(descriptor, 0, SEEK_END))
        guard size >= 0 else { return nil }
        var done = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            while done < size {
                let got = pread(descriptor, buffer.baseAddress.map { $0 + done }, size - done, off_t(done))
                guard got > 0 else { break }
                done += got
            }
            count = done
        }
        return done == size ? bytes : nil
    }

    /// The rows behind the heading of a table with tabs.
    private static func rows(_ path: String) -> [[String]] {
        let text = String(decoding: read(path: path) ?? [], as: UTF8.self)
        return text.split(separator: "\n").dropFirst().map { line in
            line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        }
    }

    private static func bytes(hex: String) -> [UInt8] {
        let digits = Array(hex.utf8).compactMap { digit -> UInt8? in
            switch digit {
            case 48...57: digit - 48
            case 97...102: digit - 87
            default: nil
            }
        }
        return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}
