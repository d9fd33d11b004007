import LinuxSystem
import SystemPackage

/// The filters that are attached to a directory and inherited by what is looked up below it.
public final class FilterSet: Sendable {
    /// In the order in which their prefilters run.
    public let filters: [any Filter]
    let interests: OperationKinds

    public init(_ filters: [any Filter]) {
        self.filters = filters
        interests = filters.reduce(into: []) { $0.formUnion($1.interests) }
    }

    /// No filter: a pure passthrough filesystem.
    public static let none = FilterSet([])
}

/// What a directory does with the filters that it inherits.
public enum FilterAttachment: Sendable {
    /// What is looked up has its parent's filters.
    case keep
    /// What is looked up has no filter.
    case remove
    /// What is looked up has these filters.
    case replace(FilterSet)
}

/// One way through: prefilters, the backing operation, postfilters in reverse order.
enum Pipeline {
    @inline(__always)
    static func run<O: Operation>(
        _ operation: O, _ context: RequestContext, backing: (O) -> Result<O.Reply, Errno>
    ) -> Result<O.Reply, Errno> {
        let set = operation.target.filters
        guard set.interests.contains(O.kind) else { return backing(operation) }
        return filtered(operation, set.filters, context, backing: backing)
    }

    private static func filtered<O: Operation>(
        _ original: O, _ filters: [any Filter], _ context: RequestContext, backing: (O) -> Result<O.Reply, Errno>
    ) -> Result<O.Reply, Errno> {
        var operation = original
        var wantAfter: UInt64 = 0
        var result: Result<O.Reply, Errno>?
        loop: for (index, filter) in filters.enumerated() where filter.interests.contains(O.kind) {
            switch O.pre(filter, &operation, context) {
            case .pass: break
            case .passThenAfter: wantAfter |= 1 << UInt64(index & 63)
            case .answer(let reply):
                result = .success(reply)
                break loop
            case .fail(let code):
                result = .failure(code)
                break loop
            }
        }
        var reply = result ?? backing(operation)
        guard wantAfter != 0 else { return reply }
        for index in filters.indices.reversed() where wantAfter & 1 << UInt64(index & 63) != 0 {
            O.post(filters[index], operation, &reply, context)
        }
        return reply
    }
}

/// What the filters of a directory want to see of a batch of its entries.
struct EntryFilters {
    private var wantAll = false
    private var conditions: [(UnsafeRawBufferPointer, FileKind) -> Bool] = []

    init(_ directory: Node, _ context: RequestContext) {
        guard directory.filters.interests.contains(ListEntry.kind) else { return }
        for filter in directory.filters.filters where filter.interests.contains(ListEntry.kind) {
            switch filter.interest(inEntriesOf: directory, context) {
            case .all: wantAll = true
            case .none: break
            case .some(let condition): conditions.append(condition)
            }
        }
    }

    /// Whether a filter wants to see an entry.
    @inline(__always)
    func concern(_ name: UnsafeRawBufferPointer, _ kind: FileKind) -> Bool {
        if wantAll { return true }
        for condition in conditions where condition(name, kind) { return true }
        return false
    }
}
