import Foundation
import Glibc
import TestSupport
import Testing

/// Whether `doctor` sees each way round the views: real modes, mounts and configuration files, in mounts of the service's own.
@Suite(.enabled(if: Machine.canMount, "\(Machine.need)"), .timeLimit(.minutes(10)))
struct DoctorTests {
    struct Check: Decodable {
        let name: String
        let state: String
        let finding: String
        let why: String
        let remedy: String?
    }

    /// Starts the service where `setup` has been run with mounts that nobody else sees; its checks by name.
    ///
    /// - Parameter setup: a script, run as root in the test's directory, with the library in `$library`.
    private func examine(
        _ setup: String, uids: [UInt32] = [RunningService.camera],
        after: (RunningService) throws -> Void = { _ in }
    ) throws -> (status: Int32, checks: [String: Check], root: String) {
        try withTemporaryDirectory { root throws in
            let service = try RunningService(root)
            let script = "set -e; library='\(service.library)'; cd '\(root)'; \(setup)\nexec \"$@\""
            try service.start(limits: ["unshare", "-m", "--propagation", "private", "sh", "-c", script, "sh"])
            defer { _ = try? service.stop() }
            for (index, uid) in uids.enumerated() { try service.administer("app add app\(index) --uid \(uid)") }
            try after(service)
            let outcome = try service.control(["doctor", "--json"])
            let checks = try outcome.output.split(separator: "\n").map {
                try JSONDecoder().decode(Check.self, from: Data($0.utf8))
            }
            for check in checks {
                #expect(!check.finding.isEmpty && !check.why.isEmpty)
                #expect(check.state == "ok" || check.remedy?.isEmpty == false, "\(check)")
            }
            return (outcome.status, Dictionary(uniqueKeysWithValues: checks.map { ($0.name, $0) }), root)
        }
    }

    private static let openness = [
        "library-parent", "library-mounts", "library-namespaces", "library-device", "exports", "samba", "containers",
    ]

    @Test func aClosedLibraryHasNoWayRound() throws {
        let (_, checks, root) = try examine("")
        for name in DoctorTests.openness where name != "library-namespaces" {
            #expect(checks[name]?.state == "ok", "\(String(describing: checks[name]))")
        }
        #expect(checks["library-parent"]?.finding == "\(root)/lower keeps other users out")
    }

    /// Modes and owners above the library: who gets in, and what closes it.
    @Test(arguments: [
        ("chmod 0755 lower", "failed", "app0", "chmod 0700"),
        ("chmod 0711 lower", "failed", "every user", "chmod 0700"),
        ("chown 61101 lower", "failed", "app0", "chown root:"),
        ("chown 61103 lower", "warning", "61103", "chown root:"),
        ("chmod 0750 lower; chgrp users lower", "ok", "", ""),
        ("setfacl -m u:61101:x lower", "failed", "app0", "setfacl -b"),
        ("setfacl -m u:61103:x lower", "warning", "61103", "setfacl -b"),
        ("chmod 0755 lower; chmod 0700 \"$library\"", "ok", "", ""),
        ("chmod 0755 lower; chmod 0700 .", "ok", "", ""),
    ])
    func whoGetsToTheLibraryIsTold(_ setup: String, _ state: String, _ who: String, _ command: String) throws {
        let (status, checks, root) = try examine(setup)
        let check = try #require(checks["library-parent"])
        #expect(check.state == state, "\(check)")
        #expect(who.isEmpty || check.finding.contains(who), "\(check)")
        #expect(status == (state == "failed" ? 1 : 0))
        guard state != "ok" else { return }
        #expect(check.finding.contains("\(root)/lower"), "\(check)")
        let remedy = try #require(check.remedy)
        #expect(remedy.contains(command) && remedy.contains("\(root)/lower"), "\(remedy)")
    }

    /// The remedy is a command that mends it.
    @Test func whatDoctorSaysMendsIt() throws {
        var mended: Check?
        let (_, checks, _) = try examine("chown 61101 lower; setfacl -m u:61102:x lower") { service in
            let outcome = try service.control(["doctor", "--json"])
            let check = try outcome.output.split(separator: "\n")
                .map { try JSONDecoder().decode(Check.self, from: Data($0.utf8)) }.first { $0.name == "library-parent" }
            mended = check
            let remedy = try #require(check?.remedy)
            #expect(remedy.hasPrefix("run: "))
            #expect(try Program.run(["sh", "-c", String(remedy.dropFirst(5))]) == 0)
        }
        #expect(mended?.state == "failed")
        #expect(checks["library-parent"]?.state == "ok")
    }

    @Test func whoIsTrustedMayReachTheLibrary() throws {
        let setup = "printf '[callers]\\ntrusted_uids = [0, 61101]\\n' >> mediaveil.toml; chown 61101 lower"
        #expect(try examine(setup).checks["library-parent"]?.state == "ok")
    }

    /// A library directly in a directory that others need is given one of its own.
    @Test func aDirectoryThatOthersNeedIsNotClosed() throws {
        let setup = """
            mkdir -p /srv; mount -t tmpfs -o mode=755 none /srv; mkdir "/srv/all media"; mount --bind "$library" "/srv/all media"
            sed -i 's|^path = .*|path = "/srv/all media"|' mediaveil.toml
            """
        let check = try #require(try examine(setup).checks["library-parent"])
        #expect(check.state == "failed", "\(check)")
        #expect(check.remedy?.contains("install -d -m 0700 /srv/mediaveil") == true, "\(check)")
        #expect(check.remedy?.contains("'/srv/all media'") == true && check.remedy?.contains("chmod") == false)
    }

    @Test(arguments: [
        ("mkdir bound; mount --bind \"$library\" bound", "bound shows the library", "umount %/bound"),
        (
            "mkdir \"$library/DCIM\" bound; mount --bind \"$library/DCIM\" bound", "DCIM of the library",
            "umount %/bound"
        ),
        ("mkdir above; mount --bind lower above; chmod 0700 lower", "", ""),
        ("mkdir above closed; chmod 0700 closed; mkdir closed/x; mount --bind \"$library\" closed/x", "", ""),
        (
            "mkdir 'with blank'; mount --bind \"$library\" 'with blank'", "with blank shows the library",
            "umount '%/with blank'"
        ),
        (
            "mkdir up work over; mount -t tmpfs none work; mkdir work/u work/w;"
                + " mount -t overlay -o lowerdir=\"$library\",upperdir=work/u,workdir=work/w none over",
            "over shows the library through a filesystem stacked on it", "umount %/over"
        ),
        (
            "mkdir \"$library/work\" \"$library/up\" over;"
                + " mount -t overlay -o lowerdir=/usr/share/doc,upperdir=\"$library/up\",workdir=\"$library/work\" none over",
            "over shows up of the library", "umount %/over"
        ),
        (
            "mkdir over; mount -t overlay -o \"lowerdir=$library/..:/usr/share/doc\" none over; chmod 0755 lower",
            "over/library",
            "umount %/over"
        ),
        // Covered again, it leads nowhere.
        ("mkdir bound; mount --bind \"$library\" bound; mount -t tmpfs none bound", "", ""),
    ])
    func mountsThatLeadIntoTheLibraryAreFound(_ setup: String, _ finding: String, _ command: String) throws {
        let (status, checks, root) = try examine(setup)
        let check = try #require(checks["library-mounts"])
        #expect(check.state == (finding.isEmpty ? "ok" : "failed"), "\(check)")
        guard !finding.isEmpty else { return }
        #expect(status == 1)
        #expect(check.finding.contains(finding) && check.finding.contains("app0"), "\(check)")
        #expect(check.remedy == "run: " + command.replacingOccurrences(of: "%", with: root), "\(check)")
    }

    /// Where only users are that are no apps it is a warning.
    @Test func withoutAnAppThatReachesItItIsAWarning() throws {
        let (status, checks, _) = try examine("mkdir bound; mount --bind \"$library\" bound", uids: [])
        #expect(checks["library-mounts"]?.state == "warning" && status == 0)
        #expect(checks["library-mounts"]?.finding.contains("every user") == true)
    }

    @Test(.enabled(if: LoopFilesystem.isAvailable, "\(LoopFilesystem.need)"))
    func aFilesystemThatIsMountedTwiceIsFound() throws {
        let setup = """
            truncate -s 64M image; mkfs.ext4 -q image; mkdir again; mount -o loop image "$library"
            mount "$(findmnt -no SOURCE "$library")" again
            """
        let check = try #require(try examine(setup).checks["library-mounts"])
        #expect(check.state == "failed" && check.finding.contains("again shows the library"), "\(check)")
    }

    @Test(.enabled(if: LoopFilesystem.isAvailable, "\(LoopFilesystem.need)"))
    func aDeviceThatAnAppCanReadIsFound() throws {
        let setup = """
            truncate -s 64M image; mkfs.ext4 -q image; mount -o loop image "$library"
            mount -t tmpfs -o dev none state; real=$(findmnt -no SOURCE "$library")
            """
        // In a /dev of the service's own the device belongs to the app.
        let own = """
            mkdir dev; mount -t tmpfs -o dev none dev; cp -a /dev/loop* /dev/null /dev/zero /dev/urandom /dev/fuse dev 2>/dev/null || true
            chown 61101 "dev/${real#/dev/}"; mount --bind dev /dev
            """
        let check = try #require(try examine(setup + "\n" + own).checks["library-device"])
        #expect(check.state == "failed" && check.finding.contains("app0"), "\(check)")
    }

    /// What only other processes see: a container, a unit.
    @Test func mountsOfOtherProcessesAreFound() throws {
        var child: pid_t = 0
        defer {
            if child > 0 {
                kill(child, SIGKILL)
                waitpid(child, nil, 0)
            }
        }
        let (status, checks, root) = try examine("mkdir box") { service in
            let script = "mount --bind '\(service.library)' box && exec setpriv --reuid 61101 --clear-groups sleep 600"
            child = try Program.start([
                "unshare", "-m", "--propagation", "private", "sh", "-c", "cd '\(service.root)' && \(script)",
            ])
            #expect(waitUntil { (try? String(contentsOfFile: "/proc/\(child)/comm", encoding: .utf8)) == "sleep\n" })
        }
        let check = try #require(checks["library-namespaces"])
        #expect(check.state == "failed" && status == 1, "\(check)")
        #expect(
            check.finding.contains("sleep (pid \(child))") && check.finding.contains("\(root)/box shows the library"))
        #expect(check.finding.contains("the app app0 (uid 61101) can enter it"), "\(check)")
        #expect(check.remedy?.contains("\(root)/run/views/VIEW") == true)
    }

    /// What `mediaveilctl run` hides is no way.
    @Test func aCommandBehindItsViewIsNoWay() throws {
        try withService { service in
            try service.addApps()
            let child = try Program.start([
                Machine.program("mediaveilctl"), "--socket", service.socket, "run", "--app", "org.camera", "--",
                "sleep", "617",
            ])
            defer {
                kill(child, SIGTERM)
                waitpid(child, nil, 0)
            }
            let runs = waitUntil { (try? Program.run(["pgrep", "-f", "^sleep 617"])) == 0 }
            #expect(runs)
            let lines = try service.control(["doctor", "--json"]).output.split(separator: "\n")
            let check = lines.first { $0.contains("\"library-namespaces\"") }
            #expect(check?.contains(service.root) == false, "\(check ?? "")")
        }
    }

    /// /etc and /var/lib as the service sees them, with files of the test's own in them.
    private static let configurable = """
        mkdir etc var layers; mount -t tmpfs none layers; mkdir layers/eu layers/ew layers/vu layers/vw
        mount -t overlay -o lowerdir=/etc,upperdir=layers/eu,workdir=layers/ew none /etc
        mount -t overlay -o lowerdir=/var/lib,upperdir=layers/vu,workdir=layers/vw none /var/lib
        """

    @Test(arguments: [
        ("exports", "echo \"$library *(ro)\" > /etc/exports", "/etc/exports:1", "which is the library"),
        (
            "exports", "mkdir -p /etc/exports.d; echo \"\\\"$library\\\" *(ro)\" > /etc/exports.d/x.exports",
            "x.exports:1", "is"
        ),
        ("exports", "mkdir -p /etc/exports.d; echo \"$library *(ro)\" > /etc/exports.d/x.bak", "", ""),
        (
            "exports", "mkdir \"$library/a b\"; echo \"$library/a\\\\040b *(ro)\" > /etc/exports", "/etc/exports:1",
            "a part"
        ),
        ("exports", "echo '/ *(ro)' > /etc/exports", "/etc/exports:1", "in which the library lies"),
        (
            "exports", "mkdir -p /var/lib/nfs; echo \"$library\t*(ro,sync)\" > /var/lib/nfs/etab", "etab:1",
            "which is the library"
        ),
        ("exports", "echo '/usr *(ro)' > /etc/exports", "", ""),
        ("exports", "ln -s \"$library\" link; echo \"$PWD/link *(ro)\" > /etc/exports", "link", "which is the library"),
        (
            "samba", "mkdir -p /etc/samba; printf '[media]\\n path = %s\\n' \"$library\" > /etc/samba/smb.conf",
            "/etc/samba/smb.conf:2", "which is the library"
        ),
        (
            "samba",
            "mkdir -p /etc/samba; printf '[global]\\ninclude = /etc/samba/more\\n' > /etc/samba/smb.conf;"
                + " printf '[u]\\npath = %s/%%U\\n' \"$library\" > /etc/samba/more",
            "/etc/samba/more:2", "which is the library"
        ),
        (
            "samba", "mkdir -p /var/lib/samba/usershares; echo \"path=$library\" > /var/lib/samba/usershares/photos",
            "usershares/photos:1", "which is the library"
        ),
        ("samba", "mkdir -p /etc/samba; printf '[etc]\\npath = /etc\\n' > /etc/samba/smb.conf", "", ""),
        (
            "containers",
            "mkdir -p /var/lib/docker/containers/c; printf '{\"Binds\":[\"%s:/media\"]}' \"$library\""
                + " > /var/lib/docker/containers/c/hostconfig.json", "containers/c/hostconfig.json",
            "which is the library"
        ),
        (
            "containers",
            "mkdir -p /var/lib/lxc/box; echo \"lxc.mount.entry = $library media none bind 0 0\" > /var/lib/lxc/box/config",
            "/var/lib/lxc/box/config:1", "which is the library"
        ),
    ])
    func whatServersGiveAwayIsFound(_ name: String, _ setup: String, _ place: String, _ relation: String) throws {
        let (_, checks, _) = try examine(DoctorTests.configurable + "\n" + setup)
        let check = try #require(checks[name])
        #expect(check.state == (place.isEmpty ? "ok" : "warning"), "\(check)")
        for part in [place, relation] where !part.isEmpty { #expect(check.finding.contains(part), "\(check)") }
    }
}
