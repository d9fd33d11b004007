import Redaction
import Synchronization
import SystemPackage

/// The redaction plans of known versions.
///
/// Threads that want the plan of one version at the same time plan once. Only plans made while nobody could write are
/// kept or shared: whoever asks says so by `isStable`.
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
    ///   - isStable: the caller holds a lease that is older than `version`, and the version is settled.
    ///   - isStill: whether nobody could write until now; asked after planning, before the plan is kept.
    func plan(
        of version: ContentVersion, isStable: Bool, isStill: () -> Bool, make: () throws(Errno) -> RedactionPlan
    ) throws(Errno) -> RedactionPlan {
        // Unstable: another one's plan for the same times may be of other content.
        guard isStable else {
            made.add(1, ordering: .relaxed)
            return try make()
        }
        if let plan = plan(of: version) { return plan }
        return try planning.value(for: version) { () throws(Errno) in
            // Somebody may have finished between the look and the work.
            if let plan = plan(of: version) { return plan }
            made.add(1, ordering: .relaxed)
            let plan = try make()
            if isStill() { plans.insert(plan, cost: plan.memory, for: version) }
            return plan
        }
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
