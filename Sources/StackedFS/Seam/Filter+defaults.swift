import SystemPackage

// Every operation passes by default.
extension Filter {
    public func before(_ operation: inout Lookup, _ context: RequestContext) -> Verdict<Entry> { .pass }
    public func after(_ operation: Lookup, _ result: inout Result<Entry, Errno>, _ context: RequestContext) {}
    public func before(_ operation: inout Create, _ context: RequestContext) -> Verdict<Entry> { .pass }
    public func after(_ operation: Create, _ result: inout Result<Entry, Errno>, _ context: RequestContext) {}
    public func before(_ operation: inout Link, _ context: RequestContext) -> Verdict<Entry> { .pass }
    public func after(_ operation: Link, _ result: inout Result<Entry, Errno>, _ context: RequestContext) {}
    public func before(_ operation: inout Remove, _ context: RequestContext) -> Verdict<Removed> { .pass }
    public func after(_ operation: Remove, _ result: inout Result<Removed, Errno>, _ context: RequestContext) {}
    public func before(_ operation: inout Rename, _ context: RequestContext) -> Verdict<Removed> { .pass }
    public func after(_ operation: Rename, _ result: inout Result<Removed, Errno>, _ context: RequestContext) {}
    public func before(_ operation: inout GetAttributes, _ context: RequestContext) -> Verdict<AttributesReply> {
        .pass
    }
    public func after(
        _ operation: GetAttributes, _ result: inout Result<AttributesReply, Errno>, _ context: RequestContext
    ) {}
    public func before(_ operation: inout SetAttributes, _ context: RequestContext) -> Verdict<AttributesReply> {
        .pass
    }
    public func after(
        _ operation: SetAttributes, _ result: inout Result<AttributesReply, Errno>, _ context: RequestContext
    ) {}
    public func before(_ operation: inout ReadLink, _ context: RequestContext) -> Verdict<[UInt8]> { .pass }
    public func after(_ operation: ReadLink, _ result: inout Result<[UInt8], Errno>, _ context: RequestContext) {}
    public func before(_ operation: inout Open, _ context: RequestContext) -> Verdict<Opened> { .pass }
    public func after(_ operation: Open, _ result: inout Result<Opened, Errno>, _ context: RequestContext) {}
    public func before(_ operation: inout OpenDirectory, _ context: RequestContext) -> Verdict<Opened> { .pass }
    public func after(_ operation: OpenDirectory, _ result: inout Result<Opened, Errno>, _ context: RequestContext) {}
    public func before(_ operation: inout ListEntry, _ context: RequestContext) -> Verdict<ListedEntry> { .pass }
    public func after(_ operation: ListEntry, _ result: inout Result<ListedEntry, Errno>, _ context: RequestContext) {}
    public func interest(inEntriesOf directory: Node, _ context: RequestContext) -> EntryInterest { .all }
    public func before(_ operation: inout Access, _ context: RequestContext) -> Verdict<Done> { .pass }
    public func after(_ operation: Access, _ result: inout Result<Done, Errno>, _ context: RequestContext) {}
    public func before(_ operation: inout FileSystemStatistics, _ context: RequestContext) -> Verdict<Statistics> {
        .pass
    }
    public func after(
        _ operation: FileSystemStatistics, _ result: inout Result<Statistics, Errno>, _ context: RequestContext
    ) {}
    public func before(_ operation: inout GetXattr, _ context: RequestContext) -> Verdict<[UInt8]> { .pass }
    public func after(_ operation: GetXattr, _ result: inout Result<[UInt8], Errno>, _ context: RequestContext) {}
    public func before(_ operation: inout ListXattrs, _ context: RequestContext) -> Verdict<[[UInt8]]> { .pass }
    public func after(_ operation: ListXattrs, _ result: inout Result<[[UInt8]], Errno>, _ context: RequestContext) {}
    public func before(_ operation: inout ChangeXattr, _ context: RequestContext) -> Verdict<Done> { .pass }
    public func after(_ operation: ChangeXattr, _ result: inout Result<Done, Errno>, _ context: RequestContext) {}
    public func before(_ operation: inout Read, _ context: RequestContext) -> Verdict<Int> { .pass }
    public func after(_ operation: Read, _ result: inout Result<Int, Errno>, _ context: RequestContext) {}
    public func before(_ operation: inout Write, _ context: RequestContext) -> Verdict<Int> { .pass }
    public func after(_ operation: Write, _ result: inout Result<Int, Errno>, _ context: RequestContext) {}
    public func before(_ operation: inout Synchronize, _ context: RequestContext) -> Verdict<Done> { .pass }
    public func after(_ operation: Synchronize, _ result: inout Result<Done, Errno>, _ context: RequestContext) {}
    public func before(_ operation: inout Close, _ context: RequestContext) -> Verdict<Done> { .pass }
    public func after(_ operation: Close, _ result: inout Result<Done, Errno>, _ context: RequestContext) {}
    public func before(_ operation: inout Seek, _ context: RequestContext) -> Verdict<UInt64> { .pass }
    public func after(_ operation: Seek, _ result: inout Result<UInt64, Errno>, _ context: RequestContext) {}
    public func before(_ operation: inout Allocate, _ context: RequestContext) -> Verdict<Done> { .pass }
    public func after(_ operation: Allocate, _ result: inout Result<Done, Errno>, _ context: RequestContext) {}
    public func before(_ operation: inout CopyRange, _ context: RequestContext) -> Verdict<Int> { .pass }
    public func after(_ operation: CopyRange, _ result: inout Result<Int, Errno>, _ context: RequestContext) {}
    public func before(_ operation: inout Lock, _ context: RequestContext) -> Verdict<LockState> { .pass }
    public func after(_ operation: Lock, _ result: inout Result<LockState, Errno>, _ context: RequestContext) {}
}
