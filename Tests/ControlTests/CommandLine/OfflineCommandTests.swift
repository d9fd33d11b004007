import Foundation
import TestSupport
import Testing

/// inspect, redact and scan as processes, on files of their own.
@Suite(.timeLimit(.minutes(10)))
struct OfflineCommandTests {
    /// A JPEG whose Exif has a GPS IFD with one latitude, made by hand: SOI, APP1, EOI.
    static let photo: [UInt8] = {
        func short(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 0xFF)] }
        func long(_ value: UInt32) -> [UInt8] { short(UInt16(value >> 16)) + short(UInt16(value & 0xFFFF)) }
        let header: [UInt8] = Array("MM".utf8) + short(42) + long(8)
        let ifd0 = short(1) + short(0x8825) + short(4) + long(1) + long(26) + long(0)
        let gps =
            short(2) + short(1) + short(2) + long(2) + Array("N\0\0\0".utf8) + short(2) + short(5) + long(3) + long(56)
            + long(0)
        let latitude = long(48) + long(1) + long(12) + long(1) + long(30) + long(1)
        let exif = Array("Exif\0\0".utf8) + header + ifd0 + gps + latitude
        return [0xFF, 0xD8, 0xFF, 0xE1] + short(UInt16(exif.count + 2)) + exif + [0xFF, 0xD9]
    }()

    private func withFiles<T>(_ body: (String) throws -> T) throws -> T {
        try withTemporaryDirectory { directory in
            try Data(Self.photo).write(to: URL(fileURLWithPath: directory + "/photo.jpg"))
            try Data("hello".utf8).write(to: URL(fileURLWithPath: directory + "/note.txt"))
            return try body(directory)
        }
    }

    @Test func inspectTellsWhereLocationIs() throws {
        try withFiles { directory in
            let found = try CommandRun.mediaveilctl("inspect", directory + "/photo.jpg")
            #expect(found.status == 1 && found.output.contains("JPEG") && found.output.contains("GPS"), "\(found)")
            let none = try CommandRun.mediaveilctl("inspect", directory + "/note.txt")
            #expect(none.status == 0 && none.output.contains("no location"))
            let json = try CommandRun.mediaveilctl(
                "inspect", "--json", directory + "/photo.jpg", directory + "/note.txt")
            #expect(json.status == 1 && json.lines.count == 2)
            #expect(json.lines[0].contains(#""location":true"#) && json.lines[1].contains(#""location":false"#))
            #expect(try CommandRun.mediaveilctl("inspect", directory + "/absent").status == 5)
            #expect(try CommandRun.mediaveilctl("inspect", directory).status == 2)
            #expect(try CommandRun.mediaveilctl("inspect", "/dev/null").status == 2)
            // One bad file does not keep the others from being shown.
            let mixed = try CommandRun.mediaveilctl("inspect", directory + "/absent", directory + "/note.txt")
            #expect(mixed.status == 5 && mixed.output.contains("note.txt") && mixed.errors.contains("absent"))
        }
    }

    @Test func redactWritesACopyWithoutLocation() throws {
        try withFiles { directory in
            let photo = directory + "/photo.jpg"
            chmod(photo, 0o640)
            let result = try CommandRun.mediaveilctl("redact", photo, "--output", directory + "/out.jpg")
            #expect(result.status == 0, "\(result)")
            #expect(try CommandRun.mediaveilctl("inspect", directory + "/out.jpg").status == 0)
            let copy = try Data(contentsOf: URL(fileURLWithPath: directory + "/out.jpg"))
            #expect(copy.count == Self.photo.count && copy != Data(Self.photo))
            #expect(try Data(contentsOf: URL(fileURLWithPath: photo)) == Data(Self.photo))
            let mode = try FileManager.default.attributesOfItem(atPath: directory + "/out.jpg")[.posixPermissions]
            #expect(mode as? Int == 0o640)
        }
    }

    @Test func redactCopiesWhatHasNoLocation() throws {
        try withFiles { directory in
            let large = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            try Data(large).write(to: URL(fileURLWithPath: directory + "/large.bin"))
            for name in ["note.txt", "large.bin"] {
                let result = try CommandRun.mediaveilctl(
                    "redact", "\(directory)/\(name)", "-o", "\(directory)/\(name).out")
                #expect(result.status == 0 && result.output.contains("identical"), "\(result)")
                #expect(
                    FileManager.default.contentsEqual(
                        atPath: "\(directory)/\(name)", andPath: "\(directory)/\(name).out"))
            }
        }
    }

    @Test func redactNeverReplacesAFile() throws {
        try withFiles { directory in
            let photo = directory + "/photo.jpg"
            try FileManager.default.createSymbolicLink(
                atPath: directory + "/link.jpg", withDestinationPath: directory + "/new.jpg")
            for existing in ["note.txt", "photo.jpg", "link.jpg", "."] {
                let result = try CommandRun.mediaveilctl("redact", photo, "--output", "\(directory)/\(existing)")
                #expect(result.status == 6, "\(existing): \(result)")
            }
            #expect(try String(contentsOfFile: directory + "/note.txt", encoding: .utf8) == "hello")
            #expect(try Data(contentsOf: URL(fileURLWithPath: photo)) == Data(Self.photo))
            #expect(!FileManager.default.fileExists(atPath: directory + "/new.jpg"))
            #expect(try CommandRun.mediaveilctl("redact", directory + "/absent", "-o", directory + "/x").status == 5)
            #expect(!FileManager.default.fileExists(atPath: directory + "/x"))
            #expect(try CommandRun.mediaveilctl("redact", photo, "-o", directory + "/no/x").status == 5)
            // A full disk leaves nothing half done.
            #expect(try CommandRun.mediaveilctl("redact", photo, "-o", "/dev/full").status == 6)
        }
    }

    @Test func scanFindsTheFilesWithLocation() throws {
        try withFiles { directory in
            let below = directory + "/a b/c"
            try FileManager.default.createDirectory(atPath: below, withIntermediateDirectories: true)
            for number in 0..<40 {
                try Data(Self.photo).write(to: URL(fileURLWithPath: "\(below)/\(number)\n.jpg"))
            }
            try FileManager.default.createSymbolicLink(atPath: below + "/loop", withDestinationPath: directory)
            let fifo = mkfifo(below + "/fifo", 0o600)
            #expect(fifo == 0)
            let plain = try CommandRun.mediaveilctl("scan", directory)
            #expect(plain.status == 0 && plain.lines.count == 41 && plain.errors.isEmpty, "\(plain)")
            #expect(plain.lines[1].contains(#"/a b/c/0\n.jpg"# + "\tJPEG\t"))
            let json = try CommandRun.mediaveilctl("--json", "scan", directory)
            #expect(json.lines.count == 41)
            let object = try JSONSerialization.jsonObject(with: Data(json.lines[0].utf8)) as? [String: Any]
            #expect((object?["kinds"] as? [String])?.isEmpty == false && object?["container"] as? String == "JPEG")
            #expect(try CommandRun.mediaveilctl("scan", directory + "/photo.jpg").lines.count == 1)
            #expect(try CommandRun.mediaveilctl("scan", directory + "/absent").status == 5)
            #expect(try CommandRun.mediaveilctl("scan", "/dev/null").status == 2)
            #expect(try CommandRun.mediaveilctl("scan", "--quiet", directory).output.isEmpty)
        }
    }

    @Test func scanSumsUpOnATerminal() throws {
        try withFiles { directory in
            let result = try CommandRun.onTerminal(columns: 80, "scan", directory, environment: ["NO_COLOR": "1"])
            #expect(result.output.contains("1 of 2 files carry location"), "\(result)")
        }
    }

    @Test func namesThatAreNotUTF8AreFoundAgain() throws {
        try withFiles { directory in
            let name = Array(directory.utf8) + [0x2F, 0xFF, 0xFE, 0x2E, 0x6A]
            let copied = try CommandRun.mediaveilctl(
                [Array("redact".utf8), Array((directory + "/photo.jpg").utf8), Array("-o".utf8), name])
            #expect(copied.status == 0 && copied.output.contains(#"\xff\xfe.j"#), "\(copied)")
            let json = try CommandRun.mediaveilctl([Array("inspect".utf8), Array("--json".utf8), name])
            #expect(json.output.contains("\"path_base64\":\"\(Data(name).base64EncodedString())\""))
        }
    }
}
