import ArgumentParser
import Control
import LinuxSystem
import Redaction

struct RedactCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "redact", abstract: "Write a copy of a file that carries no location.",
        discussion: """
            Works on the file directly, without the service; the file itself is never changed. Without location in it \
            the copy is identical. A file that is there already is not replaced (exit status 6).

            Example: mediaveilctl redact photo.jpg --output public.jpg
            """)

    @Argument(help: "The file.", completion: .file(), transform: LocalPath.parse)
    var file: LocalPath
    @Option(
        name: .shortAndLong, help: ArgumentHelp("The copy.", valueName: "file"), completion: .file(),
        transform: LocalPath.parse)
    var output: LocalPath
    @OptionGroup var globals: Globals

    func run() throws {
        let source = try LocalFile.open(file)
        let before = try source.attributes()
        let plan = try Redaction.plan(for: source)
        let copy = try NewFile(output)
        try Self.write(source, plan, to: copy)
        let after = try source.attributes()
        // A plan is for one version of a file: bytes of another one could be the location.
        guard after.size == before.size, after.modified == before.modified, after.changed == before.changed else {
            throw Failure(
                .conflict, "\(file.shown) was changed while it was read", remedy: "try again when nobody writes it")
        }
        try copy.commit(mode: before.mode)
        report(plan)
    }

    private static func write(_ source: LocalFile, _ plan: RedactionPlan, to copy: NewFile) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        var offset: UInt64 = 0
        while offset < plan.size {
            let wanted = Int(min(UInt64(buffer.count), plan.size - offset))
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted])
            let count = try source.read(at: offset, into: part)
            guard count > 0 else { break }
            let bytes = UnsafeMutableRawBufferPointer(rebasing: part[..<count])
            plan.apply(to: bytes, at: offset)
            try copy.write(UnsafeRawBufferPointer(bytes))
            offset += UInt64(count)
        }
    }

    private func report(_ plan: RedactionPlan) {
        struct Done: Encodable {
            let path: String
            let pathBase64: String?
            let output: String
            let outputBase64: String?
            let container: String
            let patches: Int
            let patchedBytes: UInt64
            let reasons: [String]
        }
        let printer = globals.output()
        if printer.asJSON {
            printer.json(
                Done(
                    path: file.faithful.text, pathBase64: file.faithful.base64, output: output.faithful.text,
                    outputBase64: output.faithful.base64, container: plan.container, patches: plan.patches.count,
                    patchedBytes: plan.patchedBytes, reasons: plan.reasons))
        } else {
            let places = Words.count(Int64(plan.patches.count), "place")
            printer.line(
                plan.isEmpty
                    ? "\(output.shown): identical, there was no location"
                    : "\(output.shown): \(places) replaced, \(Words.size(Int64(clamping: plan.patchedBytes)))")
            for reason in plan.reasons { printer.line(printer.style.yellow("! ") + Escaping.line(reason)) }
        }
        printer.flush()
    }
}
