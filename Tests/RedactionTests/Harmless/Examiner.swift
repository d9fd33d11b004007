import Glibc
import TestSupport
import Testing

/// A program that is not ours and decodes or validates files: it must find the redacted variant as good as the original.
struct Examiner: Sendable {
    /// What must be equal.
    enum Demand: Sendable {
        /// Everything it says, and the files it makes.
        case same
        /// It says nothing of the variant that it did not say of the original.
        case nothingNew
        /// The same of what it writes to standard error; what it prints is metadata.
        case noNewErrors
    }

    let name: String
    /// Suffixes of the files it is for.
    let suffixes: Set<String>
    /// `FILE` stands for the file, `OUT` for a directory for what it makes.
    let command: [String]
    let demand: Demand
    /// What it says of a variant by right, with the reason in docs/redaction.md.
    var allowed: [String] = []

    static let images: Set<String> = ["jpg", "png", "webp", "tif", "tiff", "gif", "jp2", "psd"]
    static let raws: Set<String> = ["cr2", "cr3", "crw", "dng", "nef", "pef", "rw2"]
    static let streams: Set<String> = [
        "3gp", "avi", "flac", "m4a", "mkv", "mov", "mp3", "mp4", "ogg", "ogv", "opus", "wav", "webm", "wv",
    ]

    static let all: [Examiner] = [
        Examiner(
            name: "ImageMagick", suffixes: images,
            command: ["identify", "-quiet", "-format", "%m %w %h %z %#\n", "FILE"],
            demand: .same),
        Examiner(
            name: "libheif", suffixes: ["heic", "avif"], command: ["heif-convert", "FILE", "OUT/image.y4m"],
            demand: .same),
        Examiner(
            name: "libjxl", suffixes: ["jxl"], command: ["djxl", "--quiet", "FILE", "OUT/image.ppm"], demand: .same),
        // The JPEG that it was made of: its metadata comes from the boxes, and must be as long as it was.
        Examiner(
            name: "libjxl's JPEG", suffixes: ["jxl"],
            command: [
                "sh", "-ec",
                "djxl --quiet \"$0\" OUT/a.jpg; identify -quiet -format '%m %w %h %#' OUT/a.jpg; rm OUT/a.jpg",
                "FILE",
            ], demand: .same),
        Examiner(
            name: "jxrlib", suffixes: ["jxr"], command: ["JxrDecApp", "-i", "FILE", "-o", "OUT/image.bmp"],
            demand: .same),
        Examiner(
            name: "libraw", suffixes: raws, command: ["dcraw_emu", "-Z", "OUT/image.ppm", "-4", "FILE"], demand: .same),
        Examiner(
            name: "dcraw", suffixes: raws, command: ["sh", "-c", "dcraw -c -D -4 \"$0\" >OUT/raw", "FILE"],
            demand: .same),
        Examiner(
            name: "ffmpeg", suffixes: images.union(streams).union(raws).union(["avif", "exr", "heic"]),
            command: [
                "ffmpeg", "-nostdin", "-hide_banner", "-threads", "1", "-v", "warning", "-i", "FILE", "-map", "0:v?",
                "-map", "0:a?", "-f", "framemd5", "-",
            ], demand: .same),
        Examiner(
            name: "ffprobe", suffixes: images.union(streams),
            command: ["ffprobe", "-hide_banner", "-v", "warning", "FILE"], demand: .nothingNew),
        Examiner(
            name: "exiv2", suffixes: images.union(raws).union(["exv", "xmp", "mov", "mp4"]),
            command: ["exiv2", "-pa", "FILE"], demand: .noNewErrors),
        // Which kinds of segments there are is metadata.
        Examiner(
            name: "jpeginfo", suffixes: ["jpg"],
            command: ["sh", "-c", #"jpeginfo -c -s "$0" | sed -E 's/("[0-9]+bit"),"[^"]*"/\1/'"#, "FILE"],
            demand: .nothingNew),
        // Names of attributes that went are others.
        Examiner(name: "OpenEXR", suffixes: ["exr"], command: ["exrheader", "FILE"], demand: .noNewErrors),
        Examiner(name: "pngcheck", suffixes: ["png"], command: ["pngcheck", "-q", "FILE"], demand: .nothingNew),
        Examiner(name: "webpinfo", suffixes: ["webp"], command: ["webpinfo", "-quiet", "FILE"], demand: .nothingNew),
        Examiner(name: "flac", suffixes: ["flac"], command: ["flac", "-t", "-s", "FILE"], demand: .nothingNew),
        Examiner(name: "xmllint", suffixes: ["xmp"], command: ["xmllint", "--noout", "FILE"], demand: .nothingNew),
        Examiner(
            name: "mkvinfo", suffixes: ["mkv", "webm"], command: ["mkvinfo", "FILE"], demand: .nothingNew,
            allowed: ["| + EBML void:", "|   + String:"]),
    ]

    /// What it says of one of the two files.
    private struct Verdict {
        let status: Int32
        let output: [String]
        let errors: [String]
        let files: [String: [UInt8]]
    }

    /// - Returns: how its verdict on the variant differs, one sentence each.
    func differences(_ specimen: Specimen) throws -> [String] {
        let before = try examine(specimen.original, specimen)
        let after = try examine(specimen.redacted, specimen)
        var found: [String] = []
        // To fail no more is no harm.
        if before.status != after.status, after.status != 0 {
            found.append("exit status \(before.status), then \(after.status)")
        }
        found += fresh(before.errors, after.errors)
        switch demand {
        case .same:
            if before.output != after.output { found.append("output differs: \(fresh(before.output, after.output))") }
            for (file, bytes) in before.files where after.files[file] != bytes { found.append("\(file) differs") }
        case .nothingNew: found += fresh(before.output, after.output)
        case .noNewErrors: break
        }
        return found.map { "\(name): \($0)" }
    }

    private func fresh(_ before: [String], _ after: [String]) -> [String] {
        let known = Set(before)
        return Set(after).subtracting(known).filter { line in !allowed.contains { line.hasPrefix($0) } }.sorted()
    }

    private func examine(_ path: String, _ specimen: Specimen) throws -> Verdict {
        let made = specimen.directory + "/made"
        mkdir(made, 0o755)
        defer { _ = try? Program.run(["rm", "-rf", made]) }
        let words = command.map { $0.replacing("FILE", with: path).replacing("OUT", with: made) }
        let outcome = try Program.output(words, seconds: 120)
        var files: [String: [UInt8]] = [:]
        for name in try Program.output(["ls", made]).output.split(separator: "\n") {
            files[String(name)] = Corpus.read(path: made + "/" + name)
        }
        return Verdict(
            status: outcome.status, output: lines(outcome.output, path, numbers: demand == .same),
            errors: lines(outcome.errors, path, numbers: false), files: files)
    }

    /// Lines without what differs between two runs by chance: addresses, names of directories, and, if complaints are
    /// compared, sizes.
    private func lines(_ text: String, _ path: String, numbers: Bool) -> [String] {
        text.replacing(path, with: "FILE").split(separator: "\n").map { line in
            numbers ? String(line) : Self.withoutNumbers(String(line))
        }
    }

    /// `text` with `N` for every number, hexadecimal ones after `0x` too.
    static func withoutNumbers(_ text: String) -> String {
        var result: [UInt8] = []
        var isHexadecimal = false
        for byte in text.utf8 {
            let isDigit = (0x30...0x39).contains(byte)
            if isDigit || isHexadecimal && (0x61...0x66).contains(byte) {
                if result.last != UInt8(ascii: "N") { result.append(UInt8(ascii: "N")) }
                continue
            }
            isHexadecimal = byte == UInt8(ascii: "x") && result.last == UInt8(ascii: "N")
            if !isHexadecimal { result.append(byte) }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
