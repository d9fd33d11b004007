import SystemPackage
import Testing

@testable import Service

/// Which directories the configuration files of servers and containers name.
@Suite struct SharedPathTests {
    private func lines(_ paths: [SharedPath]) -> [String] { paths.map { "\($0.line) \($0.path)" } }

    @Test func exportsAreReadAsTheServerReadsThem() {
        let text = """
            # /commented *(rw)
            /srv/media\t*(ro)
            "/srv/with blank" 192.0.2.0/24(rw)
              /srv/octal\\040blank *(ro)  # why
            /srv/long \\
              host(ro)
            /srv/after *(ro)
            nonsense
            /srv/alone#comment
            """
        #expect(
            lines(ExportsFile.paths(text, file: "/etc/exports")) == [
                "2 /srv/media", "3 /srv/with blank", "4 /srv/octal blank", "5 /srv/long", "7 /srv/after",
                "9 /srv/alone",
            ])
        #expect(ExportsFile.paths(text, file: "/etc/exports").first?.place == "/etc/exports:2")
    }

    @Test func sharesOfSambaAreFound() {
        let text = """
            [global]
              include = /etc/samba/more.conf
              Usershare Path = /var/shares
            [media]
              ; path = /commented
              # path = /commented
              PaTh = /srv/media
            [quoted]
              directory = "/srv/with blank"
            [users]
              path = /srv/%U/photos
            [top]
              path = /%S
            [homes]
              browseable = no
            [long]
              path = \\
                /srv/long
            """
        let content = SambaFile.content(text, file: "smb.conf")
        #expect(
            lines(content.shares) == [
                "7 /srv/media", "9 /srv/with blank", "11 /srv", "13 /", "14 /home", "17 /srv/long",
            ])
        #expect(content.shares.filter(\.isPrefix).map(\.path) == ["/srv", "/"])
        #expect(content.includes == ["/etc/samba/more.conf"] && content.usershares == ["/var/shares"])
        let usershare = "#VERSION 2\npath=/srv/media/DCIM\ncomment=\nusershare_acl=S-1-1-0:R\n"
        #expect(lines(SambaFile.content(usershare, file: "x").shares) == ["2 /srv/media/DCIM"])
    }

    @Test func volumesOfContainersAreFound() {
        let docker = """
            {"Binds":["/srv/media:/media:ro","named:/data"],"Mounts":[{"Type":"bind","Source":"/srv/b","Target":"/b"}]}
            """
        #expect(ContainerFile.paths(json: docker, file: "x").map(\.path) == ["/srv/media", "/srv/b"])
        let runtime =
            #"{"mounts":[{"destination":"/proc","source":"proc"},{"destination":"/m","source":"/srv/media"}]}"#
        #expect(ContainerFile.paths(json: runtime, file: "x").map(\.path) == ["/srv/media"])
        for nonsense in ["", "[]", "{", #"{"Binds":null,"mounts":{}}"#, #"{"Binds":[1],"Mounts":["x"]}"#] {
            #expect(ContainerFile.paths(json: nonsense, file: "x").isEmpty)
        }
        let lxc = """
            lxc.uts.name = box
            lxc.mount.entry = /srv/media media none bind,create=dir 0 0
            lxc.mount.entry=proc proc proc nodev 0 0
            lxc.mount.entry = /srv/with\\040blank media none bind 0 0
            """
        #expect(lines(ContainerFile.paths(lxc: lxc, file: "x")) == ["2 /srv/media", "4 /srv/with blank"])
    }

    @Test(arguments: [
        ("/srv/media", "/srv/media"), ("/srv/a b", "'/srv/a b'"), ("/srv/it's", #"'/srv/it'\''s'"#),
        ("/srv/$x", "'/srv/$x'"),
    ])
    func aPathInACommandIsOneWord(_ path: String, _ word: String) {
        #expect(ShellWord(.init(path)).description == word)
    }
}
