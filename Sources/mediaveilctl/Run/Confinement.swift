import CLinux
import Control
import Glibc
import LinuxSystem
import SystemPackage

/// Gives a command mounts of its own in which an app's view lies where the library is.
///
/// The steps are those of unshare(1) and mount(8), done here because each must succeed before the next one: a command
/// is never started with the real library in reach.
struct Confinement {
    private let preparation: PrepareRunRequest.Reply

    init(_ preparation: PrepareRunRequest.Reply) { self.preparation = preparation }

    /// Runs a command and waits for it; its exit status.
    func run(as identity: Identity?, _ words: [[UInt8]]) throws(Failure) -> Int32 {
        let directory = Self.currentDirectory()
        try step("make mounts of its own") { unshare(CLONE_NEWNS | CLONE_NEWPID) }
        // Otherwise what is mounted here would appear for everybody.
        try step("make its mounts private") {
            mount("none", "/", nil, UInt(MS_REC | MS_PRIVATE), nil)
        }
        try coverLibrary()
        for path in preparation.hides { try hide(FilePath(path), isOptional: true) }
        return try Supervisor.run {
            // A view over the place where we are is seen only by walking there again.
            Self.enter(directory)
            return Launch(identity: identity, words: words)
        }
    }

    // MARK: Covering

    private func coverLibrary() throws(Failure) {
        guard let library = Self.realPath(FilePath(preparation.library)) else {
            throw Failure("find the library", Escaping.line(preparation.library), Errno(rawValue: mv_errno()))
        }
        // Opened before anything is covered: a view may be mounted below a place that will be.
        let view = try Self.opened(FilePath(preparation.path), below: mv_AT_FDCWD, Escaping.line(preparation.path))
        var covers: [(place: FilePath, part: FilePath)] = [(library, "")]
        // A place that no path leads to, because something else is mounted over it, needs no cover.
        covers += try Self.exposures(of: library)
            .filter { $0.place != library && Self.realPath($0.place) != nil }.map { ($0.place, $0.part) }
        for place in preparation.places.map({ Self.realPath(FilePath($0)) ?? FilePath($0) })
        where !covers.contains(where: { place.part(below: $0.place) != nil }) {
            covers.append((place, ""))
        }
        for (place, part) in covers {
            if part.isEmpty {
                try bind(view, over: place)
            } else if let part = try? Self.opened(part, below: view.raw, Escaping.path(part.bytes)) {
                try bind(part, over: place)
            } else {
                // The app does not see this part at all.
                try hide(place, isOptional: false)
            }
        }
    }

    private func bind(_ source: OwnedDescriptor, over place: FilePath) throws(Failure) {
        let shown = Escaping.path(place.bytes)
        let path = Array("/proc/self/fd/\(source.raw)".utf8)
        try step("put the view over \(shown)") {
            LocalPath(bytes: path).withCString { from in
                Self.path(place).withCString { mount(from, $0, nil, UInt(MS_BIND), nil) }
            }
        }
        // Believe it only when it is seen: a place may have been moved meanwhile.
        do throws(Errno) {
            let wanted = try FileAttributes.of(source.raw)
            let found = try Self.path(place).attributes(followingLinks: true)
            guard wanted.device == found.device, wanted.inode == found.inode else { throw .staleNFSFileHandle }
        } catch {
            throw Failure(.internal, "the view does not lie over \(shown): \(error)")
        }
    }

    /// Puts nothing over a directory or file.
    private func hide(_ path: FilePath, isOptional: Bool) throws(Failure) {
        let place = Self.path(path)
        let kind: FileKind
        do throws(Errno) { kind = try place.attributes(followingLinks: true).kind } catch {
            if isOptional && error == .noSuchFileOrDirectory { return }
            throw Failure("hide", place.shown, error)
        }
        let flags = UInt(MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC)
        try step("hide \(place.shown)") {
            place.withCString { target in
                kind == .directory
                    ? mount("none", target, "tmpfs", flags, "size=4k,mode=0555")
                    : mount("/dev/null", target, nil, UInt(MS_BIND), nil)
            }
        }
    }

    // MARK: Looking

    private static func path(_ path: FilePath) -> LocalPath { LocalPath(bytes: path.bytes) }

    private static func opened(_ path: FilePath, below: Int32, _ shown: String) throws(Failure) -> OwnedDescriptor {
        do throws(Errno) {
            let flags = mv_O_PATH | O_CLOEXEC | O_NOFOLLOW
            return OwnedDescriptor(try retrying { self.path(path).withCString { mv_openat(below, $0, flags, 0) } })
        } catch {
            throw Failure("open the view at", shown, error)
        }
    }

    /// Every place but the library's own that leads into it.
    private static func exposures(of library: FilePath) throws(Failure) -> [Exposure] {
        do throws(Errno) {
            let mounts = try MountEntry.seen()
            let map = LibraryMap(library: library, mounts: mounts, resolve: realPath)
            return map.exposures(in: mounts, resolve: realPath).outermost
        } catch {
            throw Failure("read", "/proc/self/mountinfo", error)
        }
    }

    /// The path without symbolic links, as mounts are listed.
    private static func realPath(_ path: FilePath) -> FilePath? {
        guard let pointer = self.path(path).withCString({ realpath($0, nil) }) else { return nil }
        defer { free(pointer) }
        return FilePath(platformString: pointer)
    }

    private static func currentDirectory() -> FilePath {
        guard let pointer = getcwd(nil, 0) else { return "/" }
        defer { free(pointer) }
        return FilePath(platformString: pointer)
    }

    private static func enter(_ directory: FilePath) {
        if path(directory).withCString({ chdir($0) }) != 0 { chdir("/") }
    }
}

/// Runs one system call of several.
func step(_ what: String, _ call: () -> Int32) throws(Failure) {
    do throws(Errno) { _ = try retrying(call) } catch {
        throw Failure(
            error == .notPermitted || error == .permissionDenied ? .notPermitted : .internal,
            "cannot \(what): \(error)",
            remedy: error == .notPermitted || error == .permissionDenied
                ? "root needs CAP_SYS_ADMIN for this; a container may have taken it away" : nil)
    }
}
