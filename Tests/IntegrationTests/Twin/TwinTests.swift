import Foundation
import Glibc
import TestSupport
import Testing

/// Random operations through a view and directly on a twin directory: everything that can be observed is the same.
@Suite(.enabled(if: Machine.canMount, "\(Machine.need)"), .timeLimit(.minutes(10)))
struct TwinTests {
    /// How many operations; more, and longer, with MEDIAVEIL_TWIN_STEPS.
    private static let steps = getenv("MEDIAVEIL_TWIN_STEPS").flatMap { Int(String(cString: $0)) } ?? 1_500
    /// Different ones with MEDIAVEIL_TWIN_SEED.
    private static let seed = getenv("MEDIAVEIL_TWIN_SEED").flatMap { Int(String(cString: $0)) } ?? 0

    private func twin(_ view: String, _ other: String, seed: Int, links: Bool, as uid: UInt32?) throws -> String {
        let outcome = try Program.output(
            [
                "python3", "-c", TwinDriver.program, view, other, "\(Self.seed + seed)", "\(Self.steps)",
                links ? "links" : "no",
            ],
            uid: uid, seconds: max(120, Self.steps / 10))
        return outcome.output + outcome.errors
    }

    private func furnish(_ service: RunningService) throws {
        for folder in [service.library + "/work", service.root + "/twin"] {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            chmod(folder, 0o777)
        }
        chmod(service.root, 0o755)
    }

    @Test("a trusted caller cannot tell the shared view from its library", arguments: [1, 2])
    func trusted(_ seed: Int) throws {
        try withService(prepare: furnish) { service in
            let result = try twin(service.view + "/work", service.root + "/twin", seed: seed, links: true, as: nil)
            #expect(result == "equal True\n")
        }
    }

    @Test("an app that may do everything cannot tell its view from its library", arguments: [3, 4])
    func managing(_ seed: Int) throws {
        try withService(prepare: furnish) { service in
            try service.addApps()
            try service.administer("grant org.editor media.manage")
            try service.administer("view add editor --app org.editor --at \(service.root)/editor")
            let result = try twin(
                service.root + "/editor/work", service.root + "/twin", seed: seed, links: false,
                as: RunningService.editor)
            #expect(result == "equal True\n")
        }
    }
}
