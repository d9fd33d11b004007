import Foundation
import TestSupport
import Testing

/// app, grant, revoke, grants and check with arguments that cannot be meant.
@Suite(.enabled(if: Machine.canMount, "\(Machine.need)"), .timeLimit(.minutes(10)))
struct PolicyNonsenseTests {
    @Test func apps() throws {
        try Nonsense.expectRefusals(of: [
            Nonsense("app add ''", 2, "app name \"\"", "1 to 128 letters"),
            Nonsense("app add \"$long\"", 2, "app name", "xxx…", "5000 bytes", "1 to 128 letters"),
            Nonsense("app add \"$lines\"", 2, #"a\x1b[31m\nb"#, "letters, digits"),
            Nonsense("app add \"$raw\"", 2, #"a\xff\xfeb"#, "letters, digits"),
            Nonsense("app add ../x", 2, "../x", "letters, digits"), Nonsense("app add é", 2, "é", "letters, digits"),
            Nonsense("app add -- -1", 2, "\"-1\"", "begins with a letter"),
            Nonsense("app add org.camera", 6, "org.camera", "registered already"),
            Nonsense("app add new --uid 61101", 6, "uid 61101", "belongs to the app org.camera"),
            Nonsense("app add new --uid -1", 2, "--uid", "0 to 4294967294"),
            Nonsense("app add new --uid ''", 2, "--uid", "0 to 4294967294"),
            Nonsense("app add new --uid 99999999999999999999", 2, "--uid", "0 to 4294967294"),
            Nonsense("app add new --uid 4294967295", 2, "--uid", "stands for “none”"),
            Nonsense("app add new --uid 1e3", 2, "--uid", "getent passwd"),
            Nonsense("app add new --uid \"$lines\"", 2, "--uid", #"a\x1b[31m\nb"#),
            Nonsense("app add new --uid \"$raw\"", 2, "--uid", #"a\xff\xfeb"#),
            Nonsense("app add new --uid \"$long\"", 2, "--uid", "5000 bytes"),
            Nonsense("app add new --unit ''", 2, "unit \"\"", "photos.service"),
            Nonsense("app add new --unit ../x.service", 2, "../x.service", "photos.service"),
            Nonsense("app add new --unit \"$raw\"", 2, #"a\xff"#, "photos.service"),
            Nonsense("app add new --unit \"$long.service\"", 2, "unit", "photos.service"),
            Nonsense("app add new --executable ''", 2, "executable \"\"", "absolute path"),
            Nonsense("app add new --executable bin/x", 2, "bin/x", "absolute path"),
            Nonsense("app add new --executable /bin/../x", 2, "/bin/../x", "without"),
            Nonsense("app add new --executable \"/$long\"", 2, "executable", "absolute path"),
            Nonsense("app show ''", 5, "no app “”"),
            Nonsense("app show \"$long\"", 5, "no app", "5000 bytes", "app list"),
            Nonsense("app show org.camra", 5, "org.camra", "did you mean “org.camera”?"),
            Nonsense("app show \"$lines\"", 5, #"a\x1b[31m\nb"#, "app list"),
            Nonsense("app remove \"$raw\"", 5, #"a\xff\xfeb"#, "app list"),
            Nonsense("app remove nobody", 5, "nobody", "app list"),
            Nonsense("app list extra", 2, "extra"), Nonsense("app list --uid 5", 2, "--uid"),
        ])
    }

    @Test func grants() throws {
        try Nonsense.expectRefusals(of: [
            Nonsense("grant nobody media.location", 5, "nobody", "app list"),
            Nonsense("grant org.camera ''", 2, "<permission>", "media.read.images"),
            Nonsense("grant org.camera \"$raw\"", 2, "<permission>", #"a\xff\xfeb"#),
            Nonsense("grant org.camera \"$long\"", 2, "<permission>", "5000 bytes"),
            Nonsense("grant org.camera media.locatoin", 2, "did you mean media.location?"),
            Nonsense("grant org.camera media.location --for -1h", 2, "--for", "“-”", "2h"),
            Nonsense("grant org.camera media.location --for ''", 2, "--for", "it is empty", "2h"),
            Nonsense("grant org.camera media.location --for 0s", 2, "--for", "no time at all"),
            Nonsense("grant org.camera media.location --for 1y", 2, "--for", "“y” is no unit"),
            Nonsense("grant org.camera media.location --for 999999999999w", 2, "--for", "100 years"),
            Nonsense("grant org.camera media.location --for \"$long\"", 2, "--for", "5000 bytes"),
            Nonsense("grant org.camera media.location --for \"$lines\"", 2, "--for", #"a\x1b[31m\nb"#),
            Nonsense("grant org.camera media.location --for \"$raw\"", 2, "--for", #"a\xff\xfeb"#),
            Nonsense("grant org.camera media.location --under ''", 2, "--under", "it is empty"),
            Nonsense("grant org.camera media.location --under nowhere", 5, "no directory “nowhere”", "what exists"),
            Nonsense(
                "grant org.camera media.location --under DCIM/a.txt", 2, "DCIM/a.txt is not a directory",
                "that it is in"),
            Nonsense("grant org.camera media.location --under ../lower", 2, "“..”", "without it"),
            Nonsense(
                "grant org.camera media.location --under /etc", 2, "/etc", "neither in the library",
                "ROOT/lower/library"),
            Nonsense("grant org.camera media.location --under \"$raw\"", 2, "UTF-8", "a directory above"),
            Nonsense("grant org.camera media.location --under \"$lines\"", 5, #"a\x1b[31m\nb"#, "what exists"),
            Nonsense("grant org.camera media.location --under \"$long\"", 5, "5000 bytes", "what exists"),
            Nonsense(
                "revoke org.camera media.location", 5, "no grant “media.location of org.camera”", "grants org.camera"),
            Nonsense("revoke org.editor media.read.audio", 5, "under DCIM"),
            Nonsense("revoke org.editor media.read.audio --under work", 5, "under work", "under DCIM"),
            Nonsense("revoke nobody media.location", 5, "nobody", "app list"),
            Nonsense("revoke org.camera media.bogus", 2, "<permission>"),
            Nonsense("revoke org.camera media.location --under ''", 2, "--under", "it is empty"),
            Nonsense("revoke org.camera media.location --under /etc", 2, "neither in the library"),
            Nonsense("grants nobody", 5, "nobody", "app list"), Nonsense("grants \"$raw\"", 5, #"a\xff\xfeb"#),
            Nonsense("grants org.camera extra", 2, "extra"),
        ]) { try $0.administer("grant org.editor media.read.audio --under DCIM") }
    }

    @Test func checks() throws {
        try Nonsense.expectRefusals(of: [
            Nonsense("check nobody DCIM", 5, "nobody", "app list"), Nonsense("check '' DCIM", 5, "no app “”"),
            Nonsense("check org.camera ''", 2, "<path>", "it is empty", "."),
            Nonsense("check org.camera ../x", 2, "path", "“..”", "without it"),
            Nonsense("check org.camera /etc/passwd", 2, "/etc/passwd", "neither in the library", "ROOT/lower/library"),
            Nonsense("check org.camera DCIM extra", 2, "extra"),
        ])
    }

    @Test func whatIsNotThereIsSaidNotToBe() throws {
        try withService { service in
            try service.addApps()
            try service.administer("grant org.camera media.read.images")
            func check(_ path: String, uid: UInt32? = nil) throws -> String {
                try service.control(["check", "org.camera", path, "--json"], uid: uid).output
            }
            #expect(try check("none.jpg").contains("\"exists\":false"))
            #expect(try check("none.mp4").contains("\"exists\":false"))
            #expect(try check("no/such/none.jpg").contains("\"visible\":true"))
            let plain = try service.control(["check", "org.camera", "none.mp4"])
            #expect(plain.status == 1 && plain.output.hasSuffix("\tnothing is there\n"))
            #expect(try check(".").contains("\"exists\":true"))
        }
    }

    /// An app that asks about itself learns nothing that it could not see: not by what is said to be there, not below a
    /// hidden file, and not through a symbolic link.
    @Test func anAppThatAsksAboutItselfLearnsNothing() throws {
        try withService { service in
            try service.addApps()
            try service.administer("grant org.camera media.read.images")
            let made = try Program.run([
                "sh", "-c",
                """
                cd '\(service.library)' && mkdir -p Android/data/org.camera Android/data/org.editor Android/data/org.other/in
                echo s > hidden.mp4; echo s > Android/data/org.editor/a.jpg
                ln -s ../org.editor Android/data/org.camera/way; ln -s ../org.absent Android/data/org.camera/wrong
                ln -s /etc Android/data/org.camera/out
                """,
            ])
            #expect(made == 0)
            func answer(_ path: String) throws -> String {
                let outcome = try service.control(
                    ["check", "org.camera", path, "--json"], uid: RunningService.camera)
                return "\(outcome.status) " + outcome.output.replacingOccurrences(of: path, with: "")
            }
            let own = "Android/data/org.camera"
            for (hidden, absent) in [
                ("hidden.mp4", "absent.mp4"), ("hidden.mp4/x.jpg", "absent.mp4/x.jpg"),
                ("Android/data/org.other/in", "Android/data/org.other/no"), ("\(own)/way/a.jpg", "\(own)/wrong/a.jpg"),
                ("\(own)/out/passwd", "\(own)/out/no-such"),
            ] {
                #expect(try answer(hidden) == answer(absent), "\(hidden)")
            }
        }
    }

    /// A trusted uid stays trusted, and this is said.
    @Test func whatAnAppDoesNotChangeIsSaid() throws {
        try withService { service in
            let outcome = try service.administer("app add root.app --uid 0")
            #expect(outcome.contains("uid 0 stays trusted") && !outcome.contains("no longer unknown"))
        }
    }
}
