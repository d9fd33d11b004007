import CLinux
import LinuxSystem
import NIOCore
import NIOPosix

/// The address of a Unix socket in the filesystem.
enum SocketPath {
    /// Bytes that fit into sockaddr_un, with the final NUL left out.
    static let longest = 107

    /// Calls `body` with the socket address of `path`; `nil` for a path that does not fit.
    static func withAddress<T>(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> T) -> T? {
        let bytes = Array(path.utf8)
        guard !bytes.isEmpty, bytes.count <= longest, !bytes.contains(0) else { return nil }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    /// A connected socket, or the errno of why there is none.
    static func connect(_ path: String) -> Result<Int32, ConnectFailure> {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return .failure(ConnectFailure(code: mv_errno())) }
        let code = withAddress(path) { address, length in
            while CLinux.connect(descriptor, __CONST_SOCKADDR_ARG(__sockaddr__: address), length) != 0 {
                let code = mv_errno()
                if code != EINTR { return code }
            }
            return 0
        }
        guard code == 0 else {
            close(descriptor)
            return .failure(ConnectFailure(code: code ?? ENAMETOOLONG))
        }
        return .success(descriptor)
    }

    struct ConnectFailure: Error {
        let code: Int32
    }

    /// Listens at `path` for all users.
    ///
    /// - Throws: ``ControlServer/StartError``.
    static func listen(_ bootstrap: ServerBootstrap, at path: String) throws -> any Channel {
        do {
            let listener = try bootstrap.bind(unixDomainSocketPath: path).wait()
            // Anybody may connect; the peer's credentials decide. Until here the umask allowed less.
            guard chmod(path, 0o666) == 0 else {
                try? listener.close().wait()
                throw ControlServer.StartError(
                    description: "cannot open \(path) to all users: \(reason(mv_errno()))")
            }
            return listener
        } catch let error as IOError {
            throw ControlServer.StartError(description: "cannot listen at \(path): \(reason(error.errnoCode))")
        }
    }

    /// Removes a socket that a service left behind when it was killed.
    ///
    /// - Throws: ``ControlServer/StartError`` if somebody listens there, or if it is no socket.
    static func removeStale(_ path: String) throws(ControlServer.StartError) {
        guard withAddress(path, { _, _ in true }) != nil else {
            throw .init(
                description: "the socket's path must have 1 to \(longest) bytes, “\(path)” has \(path.utf8.count)")
        }
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard FileKind(mode: status.st_mode) == .socket else {
            throw .init(description: "\(path) exists and is no socket; move it away or configure another socket")
        }
        if case .success(let descriptor) = connect(path) {
            close(descriptor)
            throw .init(description: "another service listens at \(path); stop it or configure another socket")
        }
        guard unlink(path) == 0 else {
            throw .init(description: "cannot replace the old socket \(path): \(reason(mv_errno()))")
        }
    }

    /// An errno in words.
    static func reason(_ code: Int32) -> String {
        strerror(code).map { String(cString: $0) } ?? "error \(code)"
    }
}
