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
    /// For filters that must know what a name leads to before it is removed, replaced or created.
    public let names: any NameResolver

    public init(uid: UInt32, gid: UInt32, pid: Int32, view: ViewIdentity, names: any NameResolver) {
        self.uid = uid
        self.gid = gid
        self.pid = pid
        self.view = view
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

    /// Whether every caller gets the same answers, so that the kernel may keep them.
    public var answersAreUniform: Bool { app != nil }
}
