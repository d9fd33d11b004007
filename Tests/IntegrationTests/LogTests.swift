import Foundation
import Glibc
import TestSupport
import Testing

/// What the service tells in its log, and what it keeps to itself.
@Suite(.timeLimit(.minutes(10)), .enabled(if: Machine.canMount, Comment(rawValue: Machine.need)))
struct LogTests {
    private func furnish(_ service: RunningService) throws {
        for folder in ["Secretfolder", "Android/data/org.camera"] {
            try FileManager.default.createDirectory(
                atPath: service.library + "/" + folder, withIntermediateDirectories: true)
        }
        try Data(SamplePhoto.bytes()).write(to: URL(fileURLWithPath: service.library + "/Secretfolder/secretphoto.jpg"))
        _ = try Program.run(["chmod", "-R", "a+rwX", service.library])
    }

    /// Reads, writes, probes, refusals, grants and refused requests.
    private func act(_ service: RunningService) throws {
        try service.addApps()
        try service.administer("grant org.editor media.read.images --under Secretfolder")
        try service.administer("view add kiosk --app org.editor")
        _ = try service.shell(
            RunningService.editor,
            "cat Secretfolder/secretphoto.jpg; echo x > Secretfolder/secretphoto.jpg; cat Android/data/org.camera/secret"
        )
        _ = try service.control(["grant", "org.editor", "media.manage"], uid: RunningService.stranger)
    }

    private func lines(_ service: RunningService) -> [Substring] { service.logText.split(separator: "\n") }

    @Test func changesAndRefusedRequestsAreToldWithoutNamesOfFiles() throws {
        try withService(prepare: furnish) { service throws in
            try act(service)
            let text = service.logText
            #expect(!text.lowercased().contains("secret"), "\(text)")
            let wanted = [
                "info mediaveild: ready (version=", "a view is mounted (view=shared)",
                "a view is mounted (app=org.editor view=kiosk)",
                "the policy has changed (app=org.editor operation=grant decision=allow uid=0)",
                "notice mediaveild: a request was refused (operation=org.mediaveil.Control.Grant decision=deny "
                    + "uid=\(RunningService.stranger))",
            ]
            for part in wanted { #expect(text.contains(part), "\(part) in \(text)") }
            try service.stop()
            #expect(service.logText.contains("info mediaveild: stopped"))
        }
    }

    @Test func whoAsksForDetailsSeesWhatWasHiddenAndDenied() throws {
        try withService(configuration: "[logging]\nlevel = \"debug\"", prepare: furnish) { service throws in
            try act(service)
            func has(_ parts: String...) -> Bool {
                lines(service).contains { line in parts.allSatisfy { line.contains($0) } }
            }
            #expect(has(" debug ", "access (app=org.editor view=shared operation=", "decision=hide", "path=Android/"))
            #expect(has(" debug ", "decision=deny", "path=Secretfolder/secretphoto.jpg"))
            #expect(has("the policy has changed", "operation=grant", "Secretfolder"))
            #expect(!has("decision=redact"), "what is done is told at trace")
        }
    }

    @Test func theLevelFollowsAReload() throws {
        try withService(prepare: furnish) { service throws in
            try service.addApps()
            let path = service.root + "/mediaveil.toml"
            try service.write(
                path, try String(contentsOfFile: path, encoding: .utf8) + "\n[logging]\nlevel = \"trace\"\n")
            kill(service.child, SIGHUP)
            #expect(waitUntil { service.logText.contains("logging.level is trace, was info") })
            try service.administer("grant org.editor media.read.images")
            _ = try service.shell(RunningService.editor, "cat Secretfolder/secretphoto.jpg")
            #expect(
                waitUntil {
                    lines(service).contains { $0.contains(" trace ") && $0.contains("decision=redact") }
                })
        }
    }
}
