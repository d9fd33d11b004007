import ArgumentParser
import Control
import Redaction

struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Show where files carry location, and what would stand in its place.",
        discussion: """
            Works on files directly, without the service, and changes nothing. Exits with 1 if a file carries location \
            or cannot be understood.

            Example: mediaveilctl inspect photo.jpg
            """)

    @Argument(help: "The files.", completion: .file(), transform: LocalPath.parse)
    var files: [LocalPath]
    @OptionGroup var globals: Globals

    func run() throws {
        let output = globals.output()
        var worst: Failure?
        var carriesLocation = false
        for (index, path) in files.enumerated() {
            do {
                let plan = try Redaction.plan(for: LocalFile.open(path))
                carriesLocation = carriesLocation || !plan.isEmpty
                if output.asJSON {
                    output.json(InspectedFile(path, plan))
                } else {
                    if index > 0 { output.line("") }
                    show(path, plan, output)
                }
            } catch let failure as Failure {
                output.flush()
                if files.count == 1 { throw failure }
                _ = Failure.report(failure, asJSON: output.asJSON)
                worst = worst ?? failure
            }
        }
        output.flush()
        if let worst { throw Answer(status: worst.status) }
        if carriesLocation { throw Answer(status: .no) }
    }

    private func show(_ path: LocalPath, _ plan: RedactionPlan, _ output: Output) {
        let container = plan.container == "none" ? "no known medium" : plan.container
        let judgement =
            plan.isEmpty
            ? output.style.green("no location")
            : output.style.yellow(
                "\(Words.count(Int64(plan.patches.count), "place")) with location, "
                    + Words.size(Int64(clamping: plan.patchedBytes)))
        output.line("\(path.shown): \(container), \(Words.size(Int64(clamping: plan.size))), \(judgement)")
        output.items(plan.patches.map(InspectedPatch.init)) { patches in
            var table = Table([
                .init(heading: "FROM", isNumber: true), .init(heading: "TO", isNumber: true),
                .init(heading: "BYTES", isNumber: true), .init(heading: "WHAT", isFlexible: true),
                .init(heading: "REPLACED BY", isFlexible: true),
            ])
            for patch in patches {
                table.add([
                    "\(patch.start)", "\(patch.end)", "\(patch.end - patch.start)", patch.kind, patch.replacement,
                ])
            }
            return table
        }
        for reason in plan.reasons { output.line(output.style.yellow("! ") + Escaping.line(reason)) }
    }
}

extension RedactionPlan {
    var patchedBytes: UInt64 { patches.reduce(0) { $0 + UInt64($1.range.count) } }
}

/// A file's plan as `--json` shows it.
struct InspectedFile: Encodable {
    let path: String
    let pathBase64: String?
    let container: String
    let size: UInt64
    let location: Bool
    let patches: [InspectedPatch]
    let reasons: [String]

    init(_ path: LocalPath, _ plan: RedactionPlan) {
        self.path = path.faithful.text
        pathBase64 = path.faithful.base64
        container = plan.container
        size = plan.size
        location = !plan.isEmpty
        patches = plan.patches.map(InspectedPatch.init)
        reasons = plan.reasons
    }
}

struct InspectedPatch: Encodable {
    /// The first byte that is replaced, and the first behind it that is not.
    let start: UInt64
    let end: UInt64
    let kind: String
    let replacement: String

    init(_ patch: Patch) {
        start = patch.range.lowerBound
        end = patch.range.upperBound
        kind = patch.kind
        switch patch.replacement {
        case .fill(0): replacement = "zeros"
        case .fill(0x20): replacement = "spaces"
        case .fill(let byte): replacement = "bytes \(byte)"
        case .bytes(let bytes):
            let text = String(validating: bytes, as: UTF8.self) ?? ""
            let isText = !text.isEmpty && text.unicodeScalars.allSatisfy { (0x20..<0x7F).contains($0.value) }
            let shown = bytes.prefix(16).map { byte in
                (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }.joined(separator: " ")
            replacement = isText ? "“\(text.prefix(48))”" : bytes.count > 16 ? "\(shown) …" : shown
        }
    }
}
