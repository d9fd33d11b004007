/// Where something lies, as policy sees it: small enough to be kept with every node.
public struct Place: Sendable, Hashable {
    /// The relation of a place to the app folders.
    public enum Folder: UInt8, Sendable, Hashable {
        /// Outside all app folders.
        case none = 0
        /// A directory whose entries are app folders, such as `Android/data`.
        case privateContainer
        case sharedContainer
        /// In a private folder of one app.
        case `private`
        /// In a shared folder of one app.
        case shared
    }

    /// Bits 0–31: node of the scope trie. Bits 32–59: app index + 1, 0 for an app that is not registered. Bits 60–63: folder.
    public let rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }

    init(scope: UInt32, folder: Folder, app: UInt32) {
        rawValue = UInt64(scope) | UInt64(app & 0xfff_ffff) << 32 | UInt64(folder.rawValue) << 60
    }

    var scope: UInt32 { UInt32(truncatingIfNeeded: rawValue) }
    /// Index + 1 of the app whose folder this is; 0 if no registered app's.
    var app: UInt32 { UInt32(truncatingIfNeeded: rawValue >> 32) & 0xfff_ffff }
    public var folder: Folder { Folder(rawValue: UInt8(rawValue >> 60)) ?? .none }
}
