import Foundation

/// The directory that holds the databases, locked for one service.
///
/// The lock is the kernel's (flock(2) on the file `lock`): it ends with the process, however that ends.
public final class StateDirectory: Sendable {
    public let path: String
    private let descriptor: Int32

    /// Makes the directory (0700) if it is missing, and locks it.
    ///
    /// - Throws: ``StoreError`` of kind `inUse` when another service has it.
    public init(path: String) throws {
        self.path = path
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw StoreError(.unreadable, "cannot make the state directory \(path): \(error.localizedDescription)")
        }
        descriptor = open(path + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw StoreError(
                .unreadable, "cannot write in the state directory \(path): \(String(cString: strerror(errno)))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw StoreError(
                .inUse, "another mediaveild uses the state directory \(path); stop it or configure another directory")
        }
    }

    deinit { close(descriptor) }
}
