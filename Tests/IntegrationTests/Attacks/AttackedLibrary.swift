import Foundation
import Glibc
import TestSupport

/// A library with one photo that carries a location, by the filesystem below: private copies and the router on ext4,
/// snapshots on XFS. The camera sees the location; the editor reads images without.
enum AttackedLibrary: String, CaseIterable, Sendable {
    case ext4, xfs

    func with(_ body: (RunningService) throws -> Void) throws {
        switch self {
        case .ext4: try withService(prepare: AttackedLibrary.furnish, body)
        case .xfs:
            try LoopFilesystem.xfs.with { mount in
                let service = try RunningService(mount)
                try AttackedLibrary.furnish(service)
                try service.start()
                defer { _ = try? service.stop() }
                try body(service)
            }
        }
    }

    private static func furnish(_ service: RunningService) throws {
        for folder in ["DCIM", "Free", "Android/data/org.editor"] {
            try FileManager.default.createDirectory(
                atPath: service.library + "/" + folder, withIntermediateDirectories: true)
        }
        let photo = service.library + "/DCIM/photo.jpg"
        try Data(SamplePhoto.bytes()).write(to: URL(fileURLWithPath: photo))
        _ = try Program.run(["chmod", "-R", "a+rwX", service.library])
        let script = "import os,sys; os.setxattr(sys.argv[1], 'user.place', b'48.85,2.29')"
        _ = try Program.run(["python3", "-c", script, photo])
    }

    static func prepareApps(_ service: RunningService) throws {
        try service.addApps()
        for permission in ["media.read.images", "media.location"] {
            try service.administer("grant org.camera \(permission)")
        }
        try service.administer("grant org.editor media.read.images")
        try service.administer("view add editor --app org.editor --at \(service.root)/editor")
    }

    /// ``SamplePhoto/needle`` in hexadecimal.
    static var needle: String { SamplePhoto.needle.map { String(format: "%02x", $0) }.joined() }

    /// Where the editor looks: the shared view and its own.
    static func views(_ service: RunningService) -> [String] { [service.view, service.root + "/editor"] }
}
