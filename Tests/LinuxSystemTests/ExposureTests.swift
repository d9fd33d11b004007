import SystemPackage
import Testing

@testable import LinuxSystem

/// Which places lead into the library, told from mount tables.
struct ExposureTests {
    private func exposures(_ library: String, _ mounts: [(String, String, String)]) -> [String: String] {
        exposures(library, mounts.map { MountEntry(device: $0.0, root: FilePath($0.1), mountpoint: FilePath($0.2)) })
    }

    private func exposures(_ library: String, _ mounts: [MountEntry]) -> [String: String] {
        let all = LibraryMap(library: FilePath(library), mounts: mounts).exposures(in: mounts).outermost
        return Dictionary(uniqueKeysWithValues: all.map { ($0.place.string, $0.part.string) })
    }

    @Test func aLibraryOnTheRootIsExposedOnceOnly() {
        #expect(exposures("/srv/media", [("8:1", "/", "/"), ("0:5", "/", "/proc")]) == ["/srv/media": ""])
    }

    @Test func bindMountsOfWhatIsAboveAndBelowAreFound() {
        let found = exposures(
            "/srv/media",
            [
                ("8:1", "/", "/"), ("8:1", "/srv", "/export"), ("8:1", "/srv/media", "/again"),
                ("8:1", "/srv/media/DCIM", "/pictures"), ("8:1", "/srv/mediathek", "/other"), ("8:2", "/srv", "/disk"),
            ])
        #expect(found == ["/srv/media": "", "/export/media": "", "/again": "", "/pictures": "DCIM"])
    }

    @Test func aDiskThatIsMountedTwiceIsFound() {
        let found = exposures("/srv/media", [("8:1", "/", "/"), ("8:2", "/", "/srv"), ("8:2", "/", "/mnt")])
        #expect(found == ["/srv/media": "", "/mnt/media": ""])
    }

    @Test func theLastMountAtAPlaceIsTheOneThatIsSeen() {
        let found = exposures(
            "/srv/media",
            [("8:1", "/", "/"), ("8:2", "/", "/srv/media"), ("8:3", "/", "/srv/media"), ("8:3", "/", "/x")])
        #expect(found == ["/srv/media": "", "/x": ""])
    }

    @Test func filesystemsInsideTheLibraryAreFoundElsewhere() {
        let found = exposures(
            "/srv/media",
            [("8:1", "/", "/"), ("8:2", "/", "/srv/media/usb"), ("8:2", "/", "/mnt/usb"), ("8:2", "/a", "/mnt/a")])
        #expect(found == ["/srv/media": "", "/mnt/usb": "usb", "/mnt/a": "usb/a"])
    }

    @Test func anOverlayOverTheLibraryIsFound() throws {
        let lines = [
            "1 0 8:1 / / rw - ext4 /dev/sda1 rw",
            #"2 1 0:40 / /over rw - overlay overlay rw,lowerdir=/a\134:b:/srv/media,upperdir=/up,workdir=/work"#,
            "3 1 0:41 / /upper rw - overlay overlay rw,lowerdir+=/other,upperdir=/srv/media/DCIM",
            "4 1 0:42 / /above rw - overlay overlay rw,lowerdir=/srv:/other",
            "5 1 0:43 / /bound rw - fuse.bindfs /srv/media rw", "6 1 0:44 / /remote rw - fuse.sshfs box:/srv/media rw",
        ]
        let found = exposures("/srv/media", MountEntry.all(Array(lines.joined(separator: "\n").utf8)))
        #expect(
            found == [
                "/srv/media": "", "/over": "", "/upper": "DCIM", "/above/media": "", "/bound": "",
            ])
    }

    @Test func theLayersOfALibraryOnAnOverlayAreFound() {
        let overlay = MountEntry(
            device: "0:40", root: "/", mountpoint: "/srv", type: "overlay",
            options: [Array("lowerdir=/low:/lower".utf8), Array("upperdir=/up".utf8)])
        let found = exposures("/srv/media", [MountEntry(device: "8:1", root: "/", mountpoint: "/"), overlay])
        #expect(found == ["/srv/media": "", "/low/media": "", "/lower/media": "", "/up/media": ""])
    }

    /// As text, a mark that combines with what is before it would make one character with the slash.
    @Test func namesAreComparedByTheirBytes() {
        let marked = "/srv/media/\u{301}x"
        #expect(exposures("/srv/media", [("8:1", "/", "/"), ("8:1", marked, "/mnt")])["/mnt"] == "\u{301}x")
        let composed = exposures("/srv/e\u{301}", [("8:1", "/", "/"), ("8:1", "/srv/\u{E9}", "/mnt")])
        #expect(composed.keys.sorted() == ["/srv/e\u{301}"])
    }

    @Test func aPathsRelationToTheLibraryIsTold() {
        let mounts = [
            MountEntry(device: "8:1", root: "/", mountpoint: "/"),
            MountEntry(device: "8:2", root: "/", mountpoint: "/srv"),
            MountEntry(device: "8:2", root: "/media/DCIM", mountpoint: "/mnt"),
        ]
        let map = LibraryMap(library: "/srv/media", mounts: mounts)
        #expect(map.relation(of: "/srv/media") == .same)
        #expect(map.relation(of: "/srv/media/DCIM/a") == .inside)
        #expect(map.relation(of: "/mnt") == .inside)
        #expect(map.relation(of: "/srv") == .above)
        #expect(map.relation(of: "/") == .above)
        #expect(map.relation(of: "/srv/mediathek") == nil)
        #expect(map.relation(of: "/home") == nil)
    }

    @Test func linesOfMountinfoAreRead() throws {
        let line =
            #"36 35 98:0 /a\040b /mnt/c\134d\011 rw,noatime master:1 shared:2 - ext3 /dev/my\040disk rw,x=a\054b"#
        let entry = try #require(MountEntry(line: Array(line.utf8)))
        #expect(entry.device == "98:0" && entry.root == "/a b" && entry.mountpoint == FilePath("/mnt/c\\d\t"))
        #expect(entry.type == "ext3" && entry.source == Array("/dev/my disk".utf8))
        #expect(entry.options == [Array("rw".utf8), Array("x=a,b".utf8)])
        #expect(MountEntry(line: Array("nonsense".utf8)) == nil)
        #expect(MountEntry(line: Array(#"1 2 3:4 / /x\9 rw"#.utf8)) == nil)
        // Names are bytes.
        let bytes: [UInt8] = Array("1 0 8:1 / /".utf8) + [0xFF] + Array(" rw - ext4 /dev/sda rw".utf8)
        #expect(MountEntry(line: bytes)?.mountpoint.bytes == [UInt8(ascii: "/"), 0xFF])
    }

    @Test func ourOwnMountsAreSeen() throws {
        let mounts = try MountEntry.seen()
        #expect(mounts.contains { $0.mountpoint == "/" })
        #expect(mounts.contains { $0.mountpoint == "/proc" && $0.type == "proc" })
    }
}
