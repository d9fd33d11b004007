import Foundation
import Glibc
import TestSupport
import Testing

/// Views that are pinned to one app: whoever reaches one is that app, root included.
@Suite(.enabled(if: Machine.canMount, "\(Machine.need)"), .timeLimit(.minutes(10)))
struct AppViewTests {
    private func furnish(_ service: RunningService) throws {
        for folder in ["DCIM", "Android/data/org.camera", "Android/data/org.editor"] {
            try FileManager.default.createDirectory(
                atPath: service.library + "/" + folder, withIntermediateDirectories: true)
        }
        try Data(SamplePhoto.bytes()).write(to: URL(fileURLWithPath: service.library + "/DCIM/photo.jpg"))
        _ = try Program.run(["chmod", "-R", "a+rwX", service.library])
    }

    private func path(_ service: RunningService, _ view: String) -> String { service.root + "/run/views/" + view }

    private func bytes(_ path: String) -> [UInt8]? {
        (try? Data(contentsOf: URL(fileURLWithPath: path))).map { Array($0) }
    }

    @Test func eachViewIsItsApp() throws {
        try withService(prepare: furnish) { service in
            try service.addApps()
            try service.administer("grant org.camera media.read.images")
            try service.administer("grant org.camera media.location")
            try service.administer("grant org.editor media.read.images")
            try service.administer("view add camera --app org.camera")
            try service.administer("view add editor --app org.editor")
            #expect(bytes(path(service, "camera") + "/DCIM/photo.jpg")?.carriesLocation == true)
            #expect(bytes(path(service, "editor") + "/DCIM/photo.jpg")?.carriesLocation == false)
            let seen = try FileManager.default.contentsOfDirectory(atPath: path(service, "editor") + "/Android/data")
            #expect(seen == ["org.editor"])
            // A change counts here too, though the kernel keeps names of an app view.
            try service.administer("grant org.editor media.location")
            #expect(bytes(path(service, "editor") + "/DCIM/photo.jpg")?.carriesLocation == true)
            try service.administer("revoke org.editor media.location")
            #expect(bytes(path(service, "editor") + "/DCIM/photo.jpg")?.carriesLocation == false)
            try service.administer("revoke org.editor media.read.images")
            #expect(waitUntil { access(path(service, "editor") + "/DCIM/photo.jpg", F_OK) != 0 })
        }
    }

    @Test func viewsComeBackAtTheNextStart() throws {
        try withService(prepare: furnish) { service in
            try service.addApps()
            try service.administer("view add camera --app org.camera")
            try service.stop()
            #expect(!FileManager.default.fileExists(atPath: path(service, "camera") + "/DCIM"))
            try service.start()
            #expect(FileManager.default.fileExists(atPath: path(service, "camera") + "/DCIM"))
            try service.administer("view remove camera")
            #expect(access(service.root + "/run/views/camera", F_OK) != 0)
            #expect(!FileManager.default.fileExists(atPath: path(service, "camera") + "/DCIM"))
            #expect(try service.control(["view", "remove", "camera"]).status == 5)
        }
    }

    @Test func revocationEndsWhoeverHoldsAFile() throws {
        try withService(prepare: furnish) { service in
            try service.addApps()
            try service.administer("grant org.camera media.read.images")
            try service.administer("grant org.camera media.location")
            let holder = try Program.start([
                "setpriv", "--reuid", "\(RunningService.camera)", "--regid", "\(RunningService.camera)",
                "--clear-groups", "sh", "-c", "exec 3<'\(service.view)/DCIM/photo.jpg'; exec sleep 300",
            ])
            defer {
                kill(holder, SIGKILL)
                waitpid(holder, nil, 0)
            }
            let holds = waitUntil {
                (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(holder)/fd/3")) != nil
            }
            #expect(holds)
            let outcome = try service.control(["revoke", "org.camera", "media.location", "--terminate"])
            #expect(outcome.status == 0)
            #expect((outcome.output + outcome.errors).contains("\(holder)"))
            var status: Int32 = 0
            #expect(waitUntil { waitpid(holder, &status, WNOHANG) == holder })
        }
    }

    @Test func aCommandRunsBehindItsApp() throws {
        try withService(prepare: furnish) { service in
            try service.addApps()
            try service.administer("grant org.editor media.read.images")
            let look = "ls '\(service.view)/Android/data'; ls '\(service.library)/Android/data'; "
            let outcome = try service.control([
                "run", "--app", "org.editor", "--", "sh", "-c",
                look + "od -An -v -tx1 '\(service.library)/DCIM/photo.jpg'",
            ])
            #expect(outcome.status == 0)
            #expect(outcome.output.hasPrefix("org.editor\norg.editor\n"))
            let bytes = outcome.output.split(whereSeparator: \.isWhitespace).dropFirst(2)
                .compactMap { UInt8($0, radix: 16) }
            #expect(bytes.count == SamplePhoto.bytes().count)
            #expect(!bytes.carriesLocation)
        }
    }
}
