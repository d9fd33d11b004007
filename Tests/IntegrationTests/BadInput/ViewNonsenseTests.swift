import Foundation
import TestSupport
import Testing

/// view and run with arguments that cannot be meant: no view covers what the service, another view or anybody else needs.
@Suite(.enabled(if: Machine.canMount, "\(Machine.need)"), .timeLimit(.minutes(10)))
struct ViewNonsenseTests {
    @Test func views() throws {
        try Nonsense.expectRefusals(of: [
            Nonsense("view add '' --app org.camera", 2, "name: “”", "letters, digits"),
            Nonsense("view add \"$long\" --app org.camera", 2, "name", "5000 bytes", "letters, digits"),
            Nonsense("view add \"$lines\" --app org.camera", 2, #"a\x1b[31m\nb"#, "letters, digits"),
            Nonsense("view add \"$raw\" --app org.camera", 2, #"a\xff\xfeb"#, "letters, digits"),
            Nonsense("view add ../x --app org.camera", 2, "../x", "letters, digits"),
            Nonsense("view add shared --app org.camera", 6, "shared", "another name"),
            Nonsense("view add taken --app org.camera", 6, "view taken", "there already"),
            Nonsense("view add new --app nobody", 5, "nobody", "app list"),
            Nonsense("view add new --app ''", 5, "no app “”"),
            Nonsense("view add new --app org.camera --at ''", 2, "--at", "it is empty"),
            Nonsense(
                "view add new --app org.camera --at no/such", 2, "ROOT/lower/library/work/no/such", "cover each other"),
            Nonsense("view add new --app org.camera --at ../../..", 2, "ROOT", "cover each other", "elsewhere"),
            Nonsense("view add new --app org.camera --at /", 2, "cover each other", "elsewhere"),
            Nonsense("view add new --app org.camera --at ROOT/", 2, "cover each other"),
            Nonsense("view add new --app org.camera --at ROOT/../x", 2, "“..”", "without it"),
            Nonsense("view add new --app org.camera --at ROOT/lower", 2, "library", "cover each other"),
            Nonsense("view add new --app org.camera --at ROOT/lower/library/", 2, "library", "cover each other"),
            Nonsense("view add new --app org.camera --at ROOT/way/x", 2, "library", "cover each other"),
            Nonsense("view add new --app org.camera --at ROOT/state", 2, "state directory", "cover each other"),
            Nonsense("view add new --app org.camera --at ROOT/run", 2, "ROOT/run", "cover each other", "elsewhere"),
            Nonsense("view add new --app org.camera --at ROOT/run/views", 2, "ROOT/run/views"),
            Nonsense("view add new --app org.camera --at ROOT/run/views/taken/x", 2, "view taken", "cover each other"),
            Nonsense("view add new --app org.camera --at ROOT/view", 2, "view shared", "cover each other"),
            Nonsense("view add new --app org.camera --at ROOT/full", 6, "ROOT/full is not empty", "empty directory"),
            Nonsense(
                "view add new --app org.camera --at ROOT/full/file", 2, "ROOT/full/file is not a directory",
                "empty directory"),
            Nonsense("view add new --app org.camera --at ROOT/no/such", 5, "no directory “ROOT/no”", "make it first"),
            Nonsense("view add new --app org.camera --at /etc", 6, "/etc is not empty", "empty directory"),
            Nonsense("view add new --app org.camera --at \"/$long\"", 2, "at", "absolute path"),
            Nonsense("view add new --app org.camera --at \"ROOT/$raw\"", 2, "--at", #"a\xff\xfeb"#, "UTF-8"),
            Nonsense("view remove ''", 5, "no view “”"),
            Nonsense("view remove \"$long\"", 5, "5000 bytes", "view list"),
            Nonsense("view remove \"$lines\"", 5, #"a\x1b[31m\nb"#, "view list"),
            Nonsense("view remove shared", 5, "view list"),
            Nonsense("view remove takn", 5, "did you mean “taken”?"), Nonsense("view list extra", 2, "extra"),
            Nonsense("run --app nobody -- true", 5, "nobody", "app list"),
            Nonsense("run --app org.camera true", 2, "no command", "behind --"),
            Nonsense("run --app org.camera --", 2, "no command", "ls"),
            Nonsense("run --app org.camera --user '' -- true", 5, "no user “”", "getent passwd"),
            Nonsense("run --app org.camera --user \"$raw\" -- true", 5, #"a\xff\xfeb"#, "getent passwd"),
            Nonsense("run --app org.camera --user \"$long\" -- true", 5, "5000 bytes", "getent passwd"),
            Nonsense("run --app org.camera --user 4294967295 -- true", 5, "4294967295", "getent passwd"),
        ]) { service in
            try service.administer("view add taken --app org.camera")
            let made = "mkdir full && echo x > full/file && ln -s lower/library way"
            #expect(try Program.run(["sh", "-c", "cd '\(service.root)' && \(made)"]) == 0)
        }
    }

    /// A relative path is one of the directory where the command was run.
    @Test func aRelativePlaceIsOneOfTheCommands() throws {
        try withService { service in
            try service.addApps()
            let program = "\(Machine.program("mediaveilctl")) --socket '\(service.socket)'"
            #expect(try Program.run(["mkdir", service.root + "/here"]) == 0)
            let outcome = try Nonsense.run(
                program, "view add v --app org.camera --at ./there/../mine/", in: service.root + "/here")
            #expect(outcome.status == 0, "\(outcome)")
            #expect(try service.administer("view list").contains("\(service.root)/here/mine\t"))
        }
    }
}
