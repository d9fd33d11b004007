import Foundation
import Glibc
import TestSupport
import Testing

/// Random grants over a tree: what `check` says is what the filesystem does.
@Suite(.enabled(if: Machine.canMount, "\(Machine.need)"), .timeLimit(.minutes(10)))
struct PolicyAgreementTests {
    private struct Answer: Decodable, Equatable, CustomStringConvertible {
        var visible: Bool
        var read: Bool
        var write: Bool
        var variant: String?
        var description: String { "visible \(visible), read \(read), write \(write), \(variant ?? "no variant")" }
    }

    private static let folders = [
        "DCIM", "DCIM/Camera", "Pictures", "Pictures/Family", "Music", "Android/data/org.camera",
        "Android/data/org.editor/files", "Android/data/org.gone", "Android/media/org.camera",
        "Android/media/org.editor",
    ]
    private static let files = ["photo.jpg", "clip.mp4", "song.mp3", "note.txt"]

    private func furnish(_ service: RunningService) throws {
        for folder in PolicyAgreementTests.folders {
            let path = service.library + "/" + folder
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            // The content is a photo whatever the name says: its variant shows who may know the location.
            for file in PolicyAgreementTests.files {
                try Data(SamplePhoto.bytes()).write(to: URL(fileURLWithPath: path + "/" + file))
            }
        }
        _ = try Program.run(["chmod", "-R", "a+rwX", service.library])
    }

    /// What the app can do with a file, found out by doing it.
    private static let tryAll = """
        import json
        view, needle = sys.argv[1], bytes.fromhex(sys.argv[2])

        def can(action):
            try:
                action()
                return True
            except OSError:
                return False

        for name in sys.argv[3:]:
            path = view + "/" + name
            answer = {"visible": can(lambda: os.lstat(path)), "read": can(lambda: opened(path, os.O_RDONLY))}
            # Changing attributes needs the right to write, whatever the file carries.
            answer["write"] = can(lambda: os.utime(path))
            if answer["read"]:
                answer["variant"] = "original" if needle in open(path, "rb").read() else "redacted"
            print(json.dumps(answer))
        """

    @Test("check agrees with the filesystem", arguments: [1, 2, 3]) func agreement(_ seed: UInt64) throws {
        try withService(prepare: furnish) { service in
            try service.addApps()
            try service.administer("view add editor --app org.editor --at \(service.root)/editor")
            var random = SplitMix64(seed: seed)
            let permissions = [
                "media.read.images", "media.read.video", "media.read.audio", "media.read.files", "media.write.images",
                "media.write.video", "media.write.audio", "media.write.files", "media.location", "media.manage",
                "media.hidden",
            ]
            let paths = PolicyAgreementTests.folders.flatMap { folder in
                PolicyAgreementTests.files.map { folder + "/" + $0 }
            }
            let needle = SamplePhoto.needle.map { String(format: "%02x", $0) }.joined()
            for _ in 0..<3 {
                for _ in 0..<3 {
                    let scope =
                        Bool.random(using: &random)
                        ? " --under " + PolicyAgreementTests.folders[Int.random(in: 0..<6, using: &random)] : ""
                    let permission = permissions[Int.random(in: permissions.indices, using: &random)]
                    try service.administer("grant org.editor \(permission)\(scope)")
                }
                Thread.sleep(forTimeInterval: 1.2)
                let said = try paths.map { path in
                    try JSONDecoder().decode(
                        Answer.self,
                        from: Data(try service.control(["check", "org.editor", path, "--json"]).output.utf8))
                }
                for view in [service.view, service.root + "/editor"] {
                    let lines = try Attacker.run(
                        PolicyAgreementTests.tryAll, [view, needle] + paths, as: RunningService.editor)
                    let done = try lines.map { try JSONDecoder().decode(Answer.self, from: Data($0.utf8)) }
                    for (path, (said, done)) in zip(paths, zip(said, done)) {
                        var expected = said
                        if !said.read { expected.variant = nil }
                        #expect(expected == done, "\(path) in \(view)")
                    }
                }
            }
        }
    }
}
