import Synchronization

/// What a ``RedactedContent`` counts besides its parts.
final class RedactedCounters: Sendable {
    let snapshotHits = Atomic<Int>(0)
}

/// What the data paths of redacted files have done since the service started, and hold now; for `status`.
public struct RedactedStatistics: Sendable, Hashable, Codable {
    /// Runs of the planner for the router; a snapshot or a private copy has one of its own.
    public var plansMade = 0
    public var planHits = 0
    public var plansKept = 0
    public var planBytes = 0
    public var snapshotsMade = 0
    /// Snapshots that could not be made; the router served instead.
    public var snapshotsFailed = 0
    public var snapshotHits = 0
    public var snapshotsKept = 0
    /// Bytes of the files of which a snapshot is kept.
    public var snapshotBytes = 0
    /// Leases of the whole process.
    public var leasesHeld = 0
    public var leasesTaken = 0
    public var leasesRefused = 0
    /// Leases that a writer broke.
    public var leasesBroken = 0
    public var privateCopiesMade = 0
    public var privateCopyBytes = 0

    public init() {}
}

extension RedactedContent {
    /// The counters as they are now; each is right by itself.
    public var statistics: RedactedStatistics {
        var result = RedactedStatistics()
        result.plansMade = plans.made.load(ordering: .relaxed)
        result.planHits = plans.hits.load(ordering: .relaxed)
        (result.plansKept, result.planBytes) = plans.usage
        result.snapshotsMade = maker.made.load(ordering: .relaxed)
        result.snapshotsFailed = maker.failed.load(ordering: .relaxed)
        result.snapshotHits = counters.snapshotHits.load(ordering: .relaxed)
        (result.snapshotsKept, result.snapshotBytes) = snapshots.usage
        let keeper = LeaseKeeper.shared
        result.leasesHeld = keeper.count
        result.leasesTaken = keeper.taken.load(ordering: .relaxed)
        result.leasesRefused = keeper.refused.load(ordering: .relaxed)
        result.leasesBroken = keeper.broken.load(ordering: .relaxed)
        result.privateCopiesMade = copies.made.load(ordering: .relaxed)
        result.privateCopyBytes = copies.bytes
        return result
    }
}
