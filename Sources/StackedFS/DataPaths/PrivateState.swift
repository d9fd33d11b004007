import CLinux
import LinuxSystem
import Synchronization
import SystemPackage

/// The bytes that reads of a `redacted-writable` node give: those of a private copy of the file as it is now.
///
/// The node's own writers keep every lease away, so the file cannot be held still; it is copied, planned and served.
/// One copy serves further reads until the file has changed, for at most 100 ms: a writer with a mapping changes no
/// time. So reads see what the service wrote at once, and what such a writer stored a little later. Safe to use from
/// any thread.
public final class PrivateState: Sendable {
    private struct Kept {
        let file: RedactedFile
        let until: UInt64
    }

    private struct State {
        var kept: Kept?
        /// Counts ``invalidate()``.
        var changes: UInt64 = 0
    }

    private static let lifetime: UInt64 = 100_000_000

    private let content: RedactedContent
    private let state = Mutex(State())

    public init(_ content: RedactedContent) { self.content = content }

    /// The file as it is now.
    ///
    /// - Parameters:
    ///   - pin: of the backing file; O_PATH is enough.
    ///   - directory: as for ``RedactedContent/open(_:directory:onStale:)``.
    /// - Throws: EBUSY for a file too large for a private copy, where there are no snapshots; errors of the medium.
    public func current(_ pin: OwnedDescriptor, directory: OwnedDescriptor) throws(Errno) -> RedactedFile {
        let version = try ContentVersion.of(pin)
        let (known, changes) = state.withLock { state -> (RedactedFile?, UInt64) in
            guard let kept = state.kept, kept.file.isCurrent(version), MonotonicClock.now < kept.until else {
                state.kept = nil
                return (nil, state.changes)
            }
            return (kept.file, state.changes)
        }
        if let known { return known }
        let readable = try reopen(pin, flags: O_RDONLY | O_NONBLOCK)
        let file = try content.openPrivately(readable, directory: directory)
        // Of a version that is too young another content may have the same times.
        if file.version == version, version.isSettled() {
            let kept = Kept(file: file, until: MonotonicClock.now &+ PrivateState.lifetime)
            state.withLock { if $0.changes == changes { $0.kept = kept } }
        }
        return file
    }

    /// Reads as ``RedactedFile/read(into:at:)`` does, from the file as it is now.
    public func read(
        _ pin: OwnedDescriptor, directory: OwnedDescriptor, into buffer: UnsafeMutableRawBufferPointer,
        at offset: UInt64
    ) throws(Errno) -> Int {
        try current(pin, directory: directory).read(into: buffer, at: offset)
    }

    /// The service has changed the file: call after every write, truncation and the like.
    public func invalidate() {
        let dropped = state.withLock { state -> Kept? in
            state.changes &+= 1
            defer { state.kept = nil }
            return state.kept
        }
        _ = dropped
    }
}
