import ArgumentParser
import Control
import Redaction

struct ScanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scan", abstract: "Find the files that carry location, and say of which kind.",
        discussion: """
            Works on files directly, without the service, and changes nothing. Symbolic links are not followed.

            Example: mediaveilctl scan /srv/media
            Example: mediaveilctl scan /srv/media --json | jq -r .path
            """)

    @Argument(
        help: "A directory or file; otherwise the current directory.", completion: .file(), transform: LocalPath.parse)
    var path: LocalPath?
    @OptionGroup var globals: Globals

    func run() throws {
        let output = globals.output()
        let start = path ?? LocalPath(bytes: [UInt8(ascii: ".")])
        let tree = try FileTree.files(below: start)
        var progress = ProgressBar("files", isShown: !output.isQuiet)
        var summary = ScanSummary()
        var failures = tree.failures
        ParallelScan.run(tree.files) { done, path, result in
            progress.show(Int64(done), of: Int64(tree.files.count))
            switch result {
            case .success(let plan):
                summary.add(plan)
                guard !plan.isEmpty else { return }
                progress.clear()
                Self.show(path, plan, output)
            case .failure(let failure): failures.append(failure)
            }
        }
        progress.clear()
        if !output.asJSON { summary.show(output) }
        output.flush()
        for failure in failures { _ = Failure.report(failure, asJSON: output.asJSON) }
        if let worst = failures.first { throw Answer(status: worst.status) }
    }

    private static func show(_ path: LocalPath, _ plan: RedactionPlan, _ output: Output) {
        struct Found: Encodable {
            let path: String
            let pathBase64: String?
            let container: String
            let size: UInt64
            let kinds: [String]
            let patches: Int
            let reasons: [String]
        }
        let kinds = ScanSummary.kinds(plan)
        if output.asJSON {
            output.json(
                Found(
                    path: path.faithful.text, pathBase64: path.faithful.base64, container: plan.container,
                    size: plan.size, kinds: kinds, patches: plan.patches.count, reasons: plan.reasons))
        } else if output.isTerminal {
            output.line("\(path.shown): \(plan.container), \(kinds.map(Escaping.line).joined(separator: ", "))")
            output.flush()
        } else {
            output.line("\(path.shown)\t\(plan.container)\t\(kinds.map(Escaping.line).joined(separator: ","))")
        }
    }
}

/// How many files carry location, by kind.
struct ScanSummary {
    private var files = 0
    private var located = 0
    private var unclear = 0
    private var byKind: [String: Int] = [:]

    static func kinds(_ plan: RedactionPlan) -> [String] { Set(plan.patches.map(\.kind)).sorted() }

    mutating func add(_ plan: RedactionPlan) {
        files += 1
        if !plan.isEmpty { located += 1 }
        if !plan.reasons.isEmpty { unclear += 1 }
        for kind in Self.kinds(plan) { byKind[kind, default: 0] += 1 }
    }

    func show(_ output: Output) {
        // In a pipe every line is a file.
        guard output.isTerminal else { return }
        output.line("")
        output.line("\(located) of \(Words.count(Int64(files), "file")) carry location")
        if unclear > 0 { output.line("\(unclear) could not be understood in part, and would be blanked there") }
        guard !byKind.isEmpty else { return }
        var table = Table([.init(heading: "FILES", isNumber: true), .init(heading: "KIND", isFlexible: true)])
        for (kind, count) in byKind.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
            table.add(["\(count)", kind])
        }
        for line in table.lines(width: Terminal.width, output.style) { output.line(line) }
    }
}
