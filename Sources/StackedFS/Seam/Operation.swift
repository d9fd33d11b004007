import SystemPackage

/// A typed operation with its inputs: what travels through the filters to the backing filesystem.
public protocol Operation: Sendable {
    associatedtype Reply: Sendable
    static var kind: OperationKinds { get }
    /// The node that decides which filters see the operation: the directory of a name, else the node itself.
    var target: Node { get }

    // Static dispatch from an operation's type to a filter's methods for it.
    static func pre(_ filter: any Filter, _ operation: inout Self, _ context: RequestContext) -> Verdict<Reply>
    static func post(
        _ filter: any Filter, _ operation: Self, _ result: inout Result<Reply, Errno>, _ context: RequestContext)
}

/// A set of kinds of operations.
public struct OperationKinds: OptionSet, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    public static let lookup = OperationKinds(rawValue: 1 << 0)
    public static let create = OperationKinds(rawValue: 1 << 1)
    public static let link = OperationKinds(rawValue: 1 << 2)
    public static let remove = OperationKinds(rawValue: 1 << 3)
    public static let rename = OperationKinds(rawValue: 1 << 4)
    public static let getAttributes = OperationKinds(rawValue: 1 << 5)
    public static let setAttributes = OperationKinds(rawValue: 1 << 6)
    public static let readLink = OperationKinds(rawValue: 1 << 7)
    public static let open = OperationKinds(rawValue: 1 << 8)
    public static let openDirectory = OperationKinds(rawValue: 1 << 9)
    public static let listEntry = OperationKinds(rawValue: 1 << 10)
    public static let access = OperationKinds(rawValue: 1 << 11)
    public static let fileSystemStatistics = OperationKinds(rawValue: 1 << 12)
    public static let getXattr = OperationKinds(rawValue: 1 << 13)
    public static let listXattrs = OperationKinds(rawValue: 1 << 14)
    public static let changeXattr = OperationKinds(rawValue: 1 << 15)
    public static let read = OperationKinds(rawValue: 1 << 16)
    public static let write = OperationKinds(rawValue: 1 << 17)
    public static let synchronize = OperationKinds(rawValue: 1 << 18)
    public static let close = OperationKinds(rawValue: 1 << 19)
    public static let seek = OperationKinds(rawValue: 1 << 20)
    public static let allocate = OperationKinds(rawValue: 1 << 21)
    public static let copyRange = OperationKinds(rawValue: 1 << 22)
    public static let lock = OperationKinds(rawValue: 1 << 23)
    public static let all = OperationKinds(rawValue: .max)
}

extension Lookup: Operation {
    public static var kind: OperationKinds { .lookup }
    public static func pre(_ f: any Filter, _ o: inout Lookup, _ c: RequestContext) -> Verdict<Entry> {
        f.before(&o, c)
    }
    public static func post(_ f: any Filter, _ o: Lookup, _ r: inout Result<Entry, Errno>, _ c: RequestContext) {
        f.after(o, &r, c)
    }
}

extension Create: Operation {
    public static var kind: OperationKinds { .create }
    public static func pre(_ f: any Filter, _ o: inout Create, _ c: RequestContext) -> Verdict<Entry> {
        f.before(&o, c)
    }
    public static func post(_ f: any Filter, _ o: Create, _ r: inout Result<Entry, Errno>, _ c: RequestContext) {
        f.after(o, &r, c)
    }
}

extension Link: Operation {
    public static var kind: OperationKinds { .link }
    public static func pre(_ f: any Filter, _ o: inout Link, _ c: RequestContext) -> Verdict<Entry> { f.before(&o, c) }
    public static func post(_ f: any Filter, _ o: Link, _ r: inout Result<Entry, Errno>, _ c: RequestContext) {
        f.after(o, &r, c)
    }
}

extension Remove: Operation {
    public static var kind: OperationKinds { .remove }
    public static func pre(_ f: any Filter, _ o: inout Remove, _ c: RequestContext) -> Verdict<Removed> {
        f.before(&o, c)
    }
    public static func post(_ f: any Filter, _ o: Remove, _ r: inout Result<Removed, Errno>, _ c: RequestContext) {
        f.after(o, &r, c)
    }
}

extension Rename: Operation {
    public static var kind: OperationKinds { .rename }
    public static func pre(_ f: any Filter, _ o: inout Rename, _ c: RequestContext) -> Verdict<Removed> {
        f.before(&o, c)
    }
    public static func post(_ f: any Filter, _ o: Rename, _ r: inout Result<Removed, Errno>, _ c: RequestContext) {
        f.after(o, &r, c)
    }
}

extension GetAttributes: Operation {
    public static var kind: OperationKinds { .getAttributes }
    public static func pre(_ f: any Filter, _ o: inout GetAttributes, _ c: RequestContext) -> Verdict<AttributesReply> {
        f.before(&o, c)
    }
    public static func post(
        _ f: any Filter, _ o: GetAttributes, _ r: inout Result<AttributesReply, Errno>, _ c: RequestContext
    ) {
        f.after(o, &r, c)
    }
}

extension SetAttributes: Operation {
    public static var kind: OperationKinds { .setAttributes }
    public static func pre(_ f: any Filter, _ o: inout SetAttributes, _ c: RequestContext) -> Verdict<AttributesReply> {
        f.before(&o, c)
    }
    public static func post(
        _ f: any Filter, _ o: SetAttributes, _ r: inout Result<AttributesReply, Errno>, _ c: RequestContext
    ) {
        f.after(o, &r, c)
    }
}

extension ReadLink: Operation {
    public static var kind: OperationKinds { .readLink }
    public static func pre(_ f: any Filter, _ o: inout ReadLink, _ c: RequestContext) -> Verdict<[UInt8]> {
        f.before(&o, c)
    }
    public static func post(_ f: any Filter, _ o: ReadLink, _ r: inout Result<[UInt8], Errno>, _ c: RequestContext) {
        f.after(o, &r, c)
    }
}

extension Open: Operation {
    public static var kind: OperationKinds { .open }
    public static func pre(_ f: any Filter, _ o: inout Open, _ c: RequestContext) -> Verdict<Opened> { f.before(&o, c) }
    public static func post(_ f: any Filter, _ o: Open, _ r: inout Result<Opened, Errno>, _ c: RequestContext) {
        f.after(o, &r, c)
    }
}

extension OpenDirectory: Operation {
    public static var kind: OperationKinds { .openDirectory }
    public static func pre(_ f: any Filter, _ o: inout OpenDirectory, _ c: RequestContext) -> Verdict<Opened> {
        f.before(&o, c)
    }
    public static func post(_ f: any Filter, _ o: OpenDirectory, _ r: inout Result<Opened, Errno>, _ c: RequestContext)
    {
        f.after(o, &r, c)
    }
}

extension ListEntry: Operation {
    public static var kind: OperationKinds { .listEntry }
    public static func pre(_ f: any Filter, _ o: inout ListEntry, _ c: RequestContext) -> Verdict<ListedEntry> {
        f.before(&o, c)
    }
    public static func post(_ f: any Filter, _ o: ListEntry, _ r: inout Result<ListedEntry, Errno>, _ c: RequestContext)
    {
        f.after(o, &r, c)
    }
}

extension Access: Operation {
    public static var kind: OperationKinds { .access }
    public static func pre(_ f: any Filter, _ o: inout Access, _ c: RequestContext) -> Verdict<Done> { f.before(&o, c) }
    public static func post(_ f: any Filter, _ o: Access, _ r: inout Result<Done, Errno>, _ c: RequestContext) {
        f.after(o, &r, c)
    }
}

extension FileSystemStatistics: Operation {
    public static var kind: OperationKinds { .fileSystemStatistics }
    public static func pre(_ f: any Filter, _ o: inout FileSystemStatistics, _ c: RequestContext) -> Verdict<Statistics>
    { f.before(&o, c) }
    public static func post(
        _ f: any Filter, _ o: FileSystemStatistics, _ r: inout Result<Statistics, Errno>, _ c: RequestContext
    ) {
        f.after(o, &r, c)
    }
}

extension GetXattr: Operation {
    public static var kind: OperationKinds { .getXattr }
    public static func pre(_ f: any Filter, _ o: inout GetXattr, _ c: RequestContext) -> Verdict<[UInt8]> {
        f.before(&o, c)
    }
    public static func post(_ f: any Filter, _ o: GetXattr, _ r: inout Result<[UInt8], Errno>, _ c: RequestContext) {
        f.after(o, &r, c)
    }
}

extension ListXattrs: Operation {
    public static var kind: OperationKinds { .listXattrs }
    public static func pre(_ f: any Filter, _ o: inout ListXattrs, _ c: RequestContext) -> Verdict<[[UInt8]]> {
        f.before(&o, c)
    }
    public static func post(_ f: any Filter, _ o: ListXattrs, _ r: inout Result<[[UInt8]], Errno>, _ c: RequestContext)
    {
        f.after(o, &r, c)
    }
}

extension ChangeXattr: Operation {
    public static var kind: OperationKinds { .changeXattr }
    public static func pre(_ f: any Filter, _ o: inout ChangeXattr, _ c: RequestContext) -> Verdict<Done> {
        f.before(&o, c)
    }
    public static func post(_ f: any Filter, _ o: ChangeXattr, _ r: inout Result<Done, Errno>, _ c: RequestContext) {
        f.after(o, &r, c)
    }
}

extension Read: Operation {
    public static var kind: OperationKinds { .read }
    public static func pre(_ f: any Filter, _ o: inout Read, _ c: RequestContext) -> Verdict<Int> { f.before(&o, c) }
    public static func post(_ f: any Filter, _ o: Read, _ r: inout Result<Int, Errno>, _ c: RequestContext) {
        f.after(o, &r, c)
    }
}

extension Write: Operation {
    public static var kind: OperationKinds { .write }
    public static func pre(_ f: any Filter, _ o: inout Write, _ c: RequestContext) -> Verdict<Int> { f.before(&o, c) }
    public static func post(_ f: any Filter, _ o: Write, _ r: inout Result<Int, Errno>, _ c: RequestContext) {
        f.after(o, &r, c)
    }
}

extension Synchronize: Operation {
    public static var kind: OperationKinds { .synchronize }
    public static func pre(_ f: any Filter, _ o: inout Synchronize, _ c: RequestContext) -> Verdict<Done> {
        f.before(&o, c)
    }
    public static func post(_ f: any Filter, _ o: Synchronize, _ r: inout Result<Done, Errno>, _ c: RequestContext) {
        f.after(o, &r, c)
    }
}

extension Close: Operation {
    public static var kind: OperationKinds { .close }
    public static func pre(_ f: any Filter, _ o: inout Close, _ c: RequestContext) -> Verdict<Done> { f.before(&o, c) }
    public static func post(_ f: any Filter, _ o: Close, _ r: inout Result<Done, Errno>, _ c: RequestContext) {
        f.after(o, &r, c)
    }
}

extension Seek: Operation {
    public static var kind: OperationKinds { .seek }
    public static func pre(_ f: any Filter, _ o: inout Seek, _ c: RequestContext) -> Verdict<UInt64> { f.before(&o, c) }
    public static func post(_ f: any Filter, _ o: Seek, _ r: inout Result<UInt64, Errno>, _ c: RequestContext) {
        f.after(o, &r, c)
    }
}

extension Allocate: Operation {
    public static var kind: OperationKinds { .allocate }
    public static func pre(_ f: any Filter, _ o: inout Allocate, _ c: RequestContext) -> Verdict<Done> {
        f.before(&o, c)
    }
    public static func post(_ f: any Filter, _ o: Allocate, _ r: inout Result<Done, Errno>, _ c: RequestContext) {
        f.after(o, &r, c)
    }
}

extension CopyRange: Operation {
    public static var kind: OperationKinds { .copyRange }
    public static func pre(_ f: any Filter, _ o: inout CopyRange, _ c: RequestContext) -> Verdict<Int> {
        f.before(&o, c)
    }
    public static func post(_ f: any Filter, _ o: CopyRange, _ r: inout Result<Int, Errno>, _ c: RequestContext) {
        f.after(o, &r, c)
    }
}

extension Lock: Operation {
    public static var kind: OperationKinds { .lock }
    public static func pre(_ f: any Filter, _ o: inout Lock, _ c: RequestContext) -> Verdict<LockState> {
        f.before(&o, c)
    }
    public static func post(_ f: any Filter, _ o: Lock, _ r: inout Result<LockState, Errno>, _ c: RequestContext) {
        f.after(o, &r, c)
    }
}
