import LinuxSystem
import Synchronization
import SystemPackage

/// Who asks, and through which view: what a filter decides on.
public struct RequestContext: Sendable {
    /// The caller's filesystem uid and gid.
    public let uid: UInt32
    public let gid: UInt32
    /// The caller's thread id, 0 where the kernel cannot name it (another pid namespace).
    public let pid: Int32
    /// The view that the request came through.
    public let view: ViewIdentity
    /// The caller's process, for filters that tell apps by it; nil where none does.
    public let process: CallerProcess?
    /// For filters that must know what a name leads to before it is removed, replaced or created.
    public let names: any NameResolver

    public init(uid: UInt32, gid: UInt32, pid: Int32, view: ViewIdentity, names: any NameResolver) {
        self.uid = uid
        self.gid = gid
        self.pid = pid
        self.view = view
        process = view.tellsProcesses.load(ordering: .relaxed) ? CallerProcess(thread: pid) : nil
        self.names = names
    }
}

/// Looks into the backing directory, past the filters.
public protocol NameResolver: AnyObject, Sendable {
    /// What the backing directory has under a name.
    ///
    /// - Throws: ENOENT when there is nothing.
    func entry(_ parent: Node, _ name: [UInt8]) throws(Errno) -> Entry
}

/// One mounted filesystem that presents the library.
public final class ViewIdentity: Sendable {
    /// The view's name: "shared", or that of an app view.
    public let name: String
    /// The app that an app view is pinned to; nil in the shared view, where the caller's uid tells the app.
    public let app: String?

    public init(name: String, app: String? = nil) {
        self.name = name
        self.app = app
    }

    /// Filters ask what the caller's process is: it is then kept for the length of a request.
    public let tellsProcesses = Atomic<Bool>(false)

    /// What ``remembered(serial:_:)`` keeps: the serial, and the value + 1.
    private let memory = Atomic(WordPair(first: 0, second: 0))

    /// What a filter remembers about the view's app; computed again when `serial`, of the policy that it was made with,
    /// has changed. Serials are not 0.
    public func remembered(serial: UInt64, _ compute: () -> UInt32?) -> UInt32? {
        let known = memory.load(ordering: .relaxed)
        if known.first == UInt(serial) { return known.second == 0 ? nil : UInt32(truncatingIfNeeded: known.second - 1) }
        let value = compute()
        let second = value.map { UInt($0) + 1 } ?? 0
        memory.store(WordPair(first: UInt(serial), second: second), ordering: .relaxed)
        return value
    }

    /// Whether every caller gets the same answers, so that the kernel may keep them.
    public var answersAreUniform: Bool { app != nil }
}
