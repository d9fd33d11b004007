import CFuse
import CLinux
import Glibc
import StackedFS

/// One worker's own buffers, and the way of one request through it.
final class Worker {
    private var buffer = fuse_buf()

    /// Receives and answers one request of `session`, if one is there.
    ///
    /// - Returns: false when the kernel has unmounted the session.
    func serveOne(_ session: ViewSession) -> Bool {
        guard let fuse = session.fuse else { return false }
        let length = fuse_session_receive_buf(fuse, &buffer)
        if length == -EAGAIN || length == -EINTR || length == -ENOENT { return true }
        if length <= 0 { return false }
        if !RawOperations.serve(buffer.mem, Int(length), session) {
            let wasReady = session.isReady
            fuse_session_process_buf(fuse, &buffer)
            if !wasReady && session.isReady { session.becameReady() }
        }
        return true
    }

    func close() { free(buffer.mem) }
}
