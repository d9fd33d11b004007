import CLinux
import SystemPackage

/// A file descriptor that is closed with its last reference.
///
/// Shared by reference: whoever uses it while somebody else drops it keeps it open until he is done, so a
/// descriptor number can never be reused under a running system call.
public final class OwnedDescriptor: Sendable {
    /// The descriptor's number, valid as long as this object lives.
    public let raw: Int32

    /// Takes ownership of an open descriptor.
    public init(_ raw: Int32) { self.raw = raw }

    deinit { close(raw) }
}

/// Turns the -1 of a system call into its errno.
@inline(__always)
public func checked(_ result: Int32) throws(Errno) -> Int32 {
    if result < 0 { throw Errno(rawValue: mv_errno()) }
    return result
}

/// As ``checked(_:)``, and calls again when a signal interrupted the call.
@inline(__always)
public func retrying(_ call: () -> Int32) throws(Errno) -> Int32 {
    while true {
        let result = call()
        if result >= 0 { return result }
        let code = mv_errno()
        if code != EINTR { throw Errno(rawValue: code) }
    }
}

/// As ``retrying(_:)`` for calls that return a length.
@inline(__always)
public func retryingLength(_ call: () -> Int) throws(Errno) -> Int {
    while true {
        let result = call()
        if result >= 0 { return result }
        let code = mv_errno()
        if code != EINTR { throw Errno(rawValue: code) }
    }
}
