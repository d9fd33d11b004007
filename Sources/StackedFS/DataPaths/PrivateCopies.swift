import CLinux
import LinuxSystem
import Redaction
import Synchronization
import SystemPackage

/// Copies of files that somebody is writing, for which no lease can be had: copied into memory, planned from the
/// copy, patched there. Whatever the writer does, what is served was planned.
final class PrivateCopies: Sendable {
    /// A copy and its part of the memory that copies may take together.
    final class Copy: Sendable {
        let version: ContentVersion
        let plan: RedactionPlan
        let descriptor: OwnedDescriptor
        private let room: Room

        fileprivate init(version: ContentVersion, plan: RedactionPlan, descriptor: OwnedDescriptor, room: Room) {
            self.version = version
            self.plan = plan
            self.descriptor = descriptor
            self.room = room
        }
    }

    /// Memory that is given back with the last reference.
    fileprivate final class Room: Sendable {
        private let owner: PrivateCopies
        private let bytes: Int

        init(_ bytes: Int, of owner: PrivateCopies) throws(Errno) {
            let isFree = owner.used.withLock { used in
                guard bytes <= owner.total - used else { return false }
                used += bytes
                return true
            }
            guard isFree else { throw .resourceBusy }
            self.owner = owner
            self.bytes = bytes
        }

        deinit { owner.used.withLock { $0 -= bytes } }
    }

    private static let attempts = 4
    private static let chunk = 256 << 10

    private let planner: RedactedContent.Planner
    private let limit: Int
    private let total: Int
    private let used = Mutex<Int>(0)
    let made = Atomic<Int>(0)

    /// - Parameters:
    ///   - limit: bytes of the largest file that is copied.
    ///   - total: bytes of all copies together.
    init(limit: Int, total: Int, planner: @escaping RedactedContent.Planner) {
        self.limit = limit
        self.total = total
        self.planner = planner
    }

    /// Bytes of all copies now.
    var bytes: Int { used.withLock { $0 } }

    /// A copy of the file as it is now.
    ///
    /// Made again while the file changes under it; after a few times a copy of several states is served as it is,
    /// because it too is planned as a whole.
    ///
    /// - Throws: EBUSY for a file that is too large, or when all copies together are.
    func make(of source: OwnedDescriptor) throws(Errno) -> Copy {
        var attempt = 1
        while true {
            let before = try ContentVersion.of(source)
            guard let size = Int(exactly: before.size), size <= limit else { throw .resourceBusy }
            let room = try Room(size, of: self)
            let target = OwnedDescriptor(try retrying { mv_memory_file("redacted copy") })
            let copied = try copy(source, size: before.size, into: target)
            var version = try ContentVersion.of(source)
            if version != before {
                attempt += 1
                if attempt <= PrivateCopies.attempts { continue }
                version.changed = .never
            }
            version.size = copied
            let plan = try RedactedContent.plan(target, size: copied, planner)
            try PlanWriter.write(plan, into: target, from: target)
            made.add(1, ordering: .relaxed)
            return Copy(version: version, plan: plan, descriptor: target, room: room)
        }
    }

    private func copy(_ source: OwnedDescriptor, size: UInt64, into target: OwnedDescriptor) throws(Errno) -> UInt64 {
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: Int(min(UInt64(PrivateCopies.chunk), max(size, 1))), alignment: 4_096)
        defer { buffer.deallocate() }
        var offset: UInt64 = 0
        while offset < size {
            let count = try source.readFully(into: buffer, at: offset, end: size)
            if count == 0 { break }
            try target.writeFully(UnsafeRawBufferPointer(rebasing: buffer[..<count]), at: offset)
            offset += UInt64(count)
        }
        return offset
    }
}
