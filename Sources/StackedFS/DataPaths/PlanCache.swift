import Redaction
import Synchronization
import SystemPackage

/// The redaction plans of known versions.
///
/// Threads that want the plan of one version at the same time plan once. Only plans made while nobody could write are
/// kept or shared: whoever asks for one has a lease.
public final class PlanCache: Sendable {
    private let plans: BoundedCache<RedactionPlan>
    private let planning = SharedWork<ContentVersion, RedactionPlan>()
    let made = Atomic<Int>(0)
    let hits = Atomic<Int>(0)

    init(count: Int, bytes: Int) {
        plans = BoundedCache(count: count, bytes: bytes, shards: 16)
    }

    /// The kept plan of exactly this version.
    public func plan(of version: ContentVersion) -> RedactionPlan? {
        let plan = plans.value(for: version)
        if plan != nil { hits.add(1, ordering: .relaxed) }
        return plan
    }

    /// The plan of this version, kept or made now.
    ///
    /// - Parameters:
    ///   - version: settled, and read from the file after `lease` was taken.
    ///   - lease: looked at again after planning, before the plan is kept.
    func plan(
        of version: ContentVersion, under lease: Lease, make: () throws(Errno) -> RedactionPlan
    ) throws(Errno) -> RedactionPlan {
        if let plan = plan(of: version) { return plan }
        return try planning.value(for: version) { () throws(Errno) in
            // Somebody may have finished between the look and the work.
            if let plan = plan(of: version) { return plan }
            let plan = try unkept(make)
            if lease.isWhole { plans.insert(plan, cost: plan.memory, for: version) }
            return plan
        }
    }

    /// A plan for this one time: another's plan for the same times may be of other content.
    func unkept(_ make: () throws(Errno) -> RedactionPlan) throws(Errno) -> RedactionPlan {
        made.add(1, ordering: .relaxed)
        return try make()
    }

    func remove(_ file: FileKey) { plans.remove(file) }

    var usage: (count: Int, bytes: Int) { plans.usage }
}

extension RedactionPlan {
    /// Roughly the bytes of memory that keeping the plan costs.
    var memory: Int {
        var total = 256
        for patch in patches {
            total += MemoryLayout<Patch>.stride
            if case .bytes(let bytes) = patch.replacement { total += bytes.count + 32 }
            // Up to 15 bytes stand in the string itself.
            if patch.kind.utf8.count > 15 { total += patch.kind.utf8.count + 32 }
        }
        for reason in reasons { total += reason.utf8.count + 48 }
        return total
    }
}
