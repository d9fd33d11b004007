import LinuxSystem
import SystemPackage

/// What a prefilter answers to an operation.
public enum Verdict<Reply: Sendable>: Sendable {
    /// Go on; this filter does not want to see the result.
    case pass
    /// Go on, and call this filter's postfilter with the result.
    case passThenAfter
    /// This is the reply: neither later filters nor the backing filesystem see the operation.
    case answer(Reply)
    /// The operation fails.
    case fail(Errno)
}

/// Which entries of a directory a filter wants to see one by one, as ``ListEntry``.
public enum EntryInterest {
    case all
    case none
    /// Those of which this is true. Asked for every entry of every listing: to be cheap.
    case some((_ name: UnsafeRawBufferPointer, _ kind: FileKind) -> Bool)
}

/// One concern that sees an operation before it reaches the backing filesystem and its result after.
///
/// `before` may change the operation's inputs, which are immutable afterwards; `after` may change outputs and remap
/// the error. Postfilters run in the reverse order of the prefilters. Every method has a default that passes, so a
/// filter names only what it cares about; ``interests`` keeps it from being asked about the rest.
///
/// Called from many worker threads at once: no blocking, no waiting, no lock that all requests share.
public protocol Filter: AnyObject, Sendable {
    /// The kinds of operations this filter wants to see.
    var interests: OperationKinds { get }

    func before(_ operation: inout Lookup, _ context: RequestContext) -> Verdict<Entry>
    func after(_ operation: Lookup, _ result: inout Result<Entry, Errno>, _ context: RequestContext)
    func before(_ operation: inout Create, _ context: RequestContext) -> Verdict<Entry>
    func after(_ operation: Create, _ result: inout Result<Entry, Errno>, _ context: RequestContext)
    func before(_ operation: inout Link, _ context: RequestContext) -> Verdict<Entry>
    func after(_ operation: Link, _ result: inout Result<Entry, Errno>, _ context: RequestContext)
    func before(_ operation: inout Remove, _ context: RequestContext) -> Verdict<Removed>
    func after(_ operation: Remove, _ result: inout Result<Removed, Errno>, _ context: RequestContext)
    func before(_ operation: inout Rename, _ context: RequestContext) -> Verdict<Removed>
    func after(_ operation: Rename, _ result: inout Result<Removed, Errno>, _ context: RequestContext)
    func before(_ operation: inout GetAttributes, _ context: RequestContext) -> Verdict<AttributesReply>
    func after(_ operation: GetAttributes, _ result: inout Result<AttributesReply, Errno>, _ context: RequestContext)
    func before(_ operation: inout SetAttributes, _ context: RequestContext) -> Verdict<AttributesReply>
    func after(_ operation: SetAttributes, _ result: inout Result<AttributesReply, Errno>, _ context: RequestContext)
    func before(_ operation: inout ReadLink, _ context: RequestContext) -> Verdict<[UInt8]>
    func after(_ operation: ReadLink, _ result: inout Result<[UInt8], Errno>, _ context: RequestContext)
    func before(_ operation: inout Open, _ context: RequestContext) -> Verdict<Opened>
    func after(_ operation: Open, _ result: inout Result<Opened, Errno>, _ context: RequestContext)
    func before(_ operation: inout OpenDirectory, _ context: RequestContext) -> Verdict<Opened>
    func after(_ operation: OpenDirectory, _ result: inout Result<Opened, Errno>, _ context: RequestContext)
    func before(_ operation: inout ListEntry, _ context: RequestContext) -> Verdict<ListedEntry>
    func after(_ operation: ListEntry, _ result: inout Result<ListedEntry, Errno>, _ context: RequestContext)
    /// Asked once for a batch of entries: what a filter has nothing to say of never becomes an operation.
    func interest(inEntriesOf directory: Node, _ context: RequestContext) -> EntryInterest
    func before(_ operation: inout Access, _ context: RequestContext) -> Verdict<Done>
    func after(_ operation: Access, _ result: inout Result<Done, Errno>, _ context: RequestContext)
    func before(_ operation: inout FileSystemStatistics, _ context: RequestContext) -> Verdict<Statistics>
    func after(_ operation: FileSystemStatistics, _ result: inout Result<Statistics, Errno>, _ context: RequestContext)
    func before(_ operation: inout GetXattr, _ context: RequestContext) -> Verdict<[UInt8]>
    func after(_ operation: GetXattr, _ result: inout Result<[UInt8], Errno>, _ context: RequestContext)
    func before(_ operation: inout ListXattrs, _ context: RequestContext) -> Verdict<[[UInt8]]>
    func after(_ operation: ListXattrs, _ result: inout Result<[[UInt8]], Errno>, _ context: RequestContext)
    func before(_ operation: inout ChangeXattr, _ context: RequestContext) -> Verdict<Done>
    func after(_ operation: ChangeXattr, _ result: inout Result<Done, Errno>, _ context: RequestContext)
    func before(_ operation: inout Read, _ context: RequestContext) -> Verdict<Int>
    func after(_ operation: Read, _ result: inout Result<Int, Errno>, _ context: RequestContext)
    func before(_ operation: inout Write, _ context: RequestContext) -> Verdict<Int>
    func after(_ operation: Write, _ result: inout Result<Int, Errno>, _ context: RequestContext)
    func before(_ operation: inout Synchronize, _ context: RequestContext) -> Verdict<Done>
    func after(_ operation: Synchronize, _ result: inout Result<Done, Errno>, _ context: RequestContext)
    func before(_ operation: inout Close, _ context: RequestContext) -> Verdict<Done>
    func after(_ operation: Close, _ result: inout Result<Done, Errno>, _ context: RequestContext)
    func before(_ operation: inout Seek, _ context: RequestContext) -> Verdict<UInt64>
    func after(_ operation: Seek, _ result: inout Result<UInt64, Errno>, _ context: RequestContext)
    func before(_ operation: inout Allocate, _ context: RequestContext) -> Verdict<Done>
    func after(_ operation: Allocate, _ result: inout Result<Done, Errno>, _ context: RequestContext)
    func before(_ operation: inout CopyRange, _ context: RequestContext) -> Verdict<Int>
    func after(_ operation: CopyRange, _ result: inout Result<Int, Errno>, _ context: RequestContext)
    func before(_ operation: inout Lock, _ context: RequestContext) -> Verdict<LockState>
    func after(_ operation: Lock, _ result: inout Result<LockState, Errno>, _ context: RequestContext)
}
