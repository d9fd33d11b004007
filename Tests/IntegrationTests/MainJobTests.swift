import Foundation
import Glibc
import TestSupport
import Testing

private let camera = RunningService.camera
private let editor = RunningService.editor
private let stranger = RunningService.stranger

/// The main job, with the real service, three uids and real files.
@Suite(.enabled(if: Machine.canMount, "\(Machine.need)"), .timeLimit(.minutes(10)))
struct MainJobTests {
    /// A library with one photo, and app folders of two apps.
    private func furnish(_ service: RunningService) throws {
        for folder in ["DCIM", "Android/data/org.camera", "Android/data/org.editor"] {
            try FileManager.default.createDirectory(
                atPath: service.library + "/" + folder, withIntermediateDirectories: true)
        }
        try Data(SamplePhoto.bytes()).write(to: URL(fileURLWithPath: service.library + "/DCIM/photo.jpg"))
        try service.write(service.library + "/Android/data/org.editor/drafts", "secret")
        try service.write(service.library + "/DCIM/notes.txt", "no photo")
        _ = try Program.run(["chmod", "-R", "a+rwX", service.library])
    }

    @Test func everyCallerGetsTheVariantOfItsRights() throws {
        try withService(prepare: furnish) { service in
            try service.addApps()
            try service.administer("grant org.camera media.read.images")
            try service.administer("grant org.camera media.location")
            try service.administer("grant org.editor media.read.images")
            let original = SamplePhoto.bytes()
            #expect(try service.bytes(camera, "DCIM/photo.jpg") == original)
            for uid in [editor, stranger] {
                let seen = try #require(try service.bytes(uid, "DCIM/photo.jpg"))
                #expect(seen.count == original.count)
                #expect(!seen.carriesLocation)
                #expect(seen.contains(Array("Veil".utf8)))
            }
            #expect(try service.bytes(0, "DCIM/photo.jpg") == original)
            let backing = try Data(contentsOf: URL(fileURLWithPath: service.library + "/DCIM/photo.jpg"))
            #expect(Array(backing) == original)
        }
    }

    @Test func aGrantAndItsEndCountForTheNextOpen() throws {
        try withService(prepare: furnish) { service in
            try service.addApps()
            try service.administer("grant org.editor media.read.images")
            for _ in 0..<5 {
                #expect(try service.bytes(editor, "DCIM/photo.jpg")?.carriesLocation == false)
                try service.administer("grant org.editor media.location")
                #expect(try service.bytes(editor, "DCIM/photo.jpg")?.carriesLocation == true)
                try service.administer("revoke org.editor media.location")
            }
            try service.administer("revoke org.editor media.read.images")
            let gone = try service.shell(editor, "cat DCIM/photo.jpg")
            #expect(gone.status != 0)
            #expect(gone.errors.contains("No such file"))
        }
    }

    @Test func foldersOfOtherAppsAreAbsent() throws {
        try withService(prepare: furnish) { service in
            try service.addApps()
            #expect(try service.shell(camera, "ls Android/data").output == "org.camera\n")
            #expect(try service.shell(editor, "ls Android/data").output == "org.editor\n")
            #expect(try service.shell(stranger, "ls Android/data").output == "")
            for name in ["org.editor", "org.nobody"] {
                #expect(try service.shell(camera, "cat Android/data/\(name)/drafts").errors.contains("No such file"))
                #expect(try service.shell(camera, "mkdir Android/data/\(name)").errors.contains("Permission denied"))
            }
            #expect(try service.shell(editor, "cat Android/data/org.editor/drafts").output == "secret")
        }
    }

    @Test func whatAnAppCreatesIsItsOwn() throws {
        try withService(prepare: furnish) { service in
            try service.addApps()
            try service.administer("grant org.camera media.write.images")
            try service.administer("grant org.editor media.read.images")
            let photo = service.root + "/new.jpg"
            try Data(SamplePhoto.bytes(comment: "new")).write(to: URL(fileURLWithPath: photo))
            #expect(try service.shell(camera, "cp '\(photo)' DCIM/new.jpg").status == 0)
            #expect(try service.bytes(camera, "DCIM/new.jpg")?.carriesLocation == true)
            #expect(try service.bytes(camera, "DCIM/photo.jpg")?.carriesLocation == false)
            #expect(try service.bytes(editor, "DCIM/new.jpg")?.carriesLocation == false)
            var status = stat()
            #expect(stat(service.library + "/DCIM/new.jpg", &status) == 0)
            #expect(status.st_uid == camera)
            #expect(try service.shell(camera, "mv DCIM/new.jpg DCIM/named.jpg").status == 0)
            #expect(try service.bytes(camera, "DCIM/named.jpg")?.carriesLocation == true)
        }
    }

    @Test func nobodyWritesInPlaceIntoWhatHeMayNotSee() throws {
        try withService(prepare: furnish) { service in
            try service.addApps()
            try service.administer("grant org.editor media.write.images")
            let append = try service.shell(editor, "printf x >> DCIM/photo.jpg")
            #expect(append.errors.contains("Permission denied"))
            #expect(try service.shell(editor, "truncate -s 100 DCIM/photo.jpg").errors.contains("Permission denied"))
            #expect(try service.shell(editor, "printf own > DCIM/photo.jpg").status == 0)
            #expect(try service.shell(editor, "cat DCIM/photo.jpg").output == "own")
            #expect(try service.shell(editor, "rm DCIM/photo.jpg").status == 0)
            #expect(try service.shell(stranger, "printf x > DCIM/x.jpg").errors.contains("Permission denied"))
        }
    }

    @Test func theAuditKnowsWhoSawWhat() throws {
        try withService(prepare: furnish) { service in
            try service.addApps()
            try service.administer("grant org.editor media.read.images")
            _ = try service.bytes(editor, "DCIM/photo.jpg")
            _ = try service.shell(camera, "ls Android/data/org.editor")
            let redacted = try service.administer("--json audit query --app org.editor --decision redact")
            #expect(redacted.contains("\"path\":\"DCIM/photo.jpg\""))
            let hidden = try service.administer("--json audit query --uid \(camera) --decision hide")
            #expect(hidden.contains("\"path\":\"Android/data/org.editor\""))
            try service.administer("audit verify")
        }
    }

    @Test func aCrashLosesNoGrantAndIsNoted() throws {
        try withService(prepare: furnish) { service in
            try service.addApps()
            try service.administer("grant org.editor media.read.images")
            try service.crash()
            try service.start()
            #expect(try service.administer("grants").contains("media.read.images"))
            #expect(try service.bytes(editor, "DCIM/photo.jpg")?.carriesLocation == false)
            try service.administer("audit verify")
            #expect(try service.administer("--json audit query --operation crash").contains("crash"))
        }
    }

    @Test func itStopsThoughFilesAreHeldOpen() throws {
        try withService(prepare: furnish) { service in
            let holder = try Program.start(["sh", "-c", "exec 3<'\(service.view)/DCIM/photo.jpg'; exec sleep 60"])
            defer {
                kill(holder, SIGKILL)
                waitpid(holder, nil, 0)
            }
            usleep(200_000)
            #expect(try service.stop() == 0)
        }
    }
}
