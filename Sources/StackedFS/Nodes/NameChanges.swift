import Synchronization
import SystemPackage

/// Renames and links that filters judge, one at a time.
///
/// What a filter decided about a name must still be what the name means when the backing filesystem acts on it: an app
/// that may move one of two files must not exchange them in between.
enum NameChanges {
    private static let turn = Mutex(())

    static func inTurn<Reply>(
        _ filters: FilterSet, _ kind: OperationKinds, _ body: () throws(Errno) -> Reply
    ) throws(Errno) -> Reply {
        guard filters.interests.contains(kind) else { return try body() }
        return try turn.withLock { _ throws(Errno) in try body() }
    }
}
