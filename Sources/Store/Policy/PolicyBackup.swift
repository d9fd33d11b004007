import Dispatch
import Foundation
import GRDB
import Synchronization

/// Keeps a whole copy of policy.db beside it, from which an administrator can restore: after every change, on a thread of
/// its own and from a connection of its own, so that no change waits for it.
final class PolicyBackup: Sendable {
    /// What the copy's name has behind the database's.
    static let ending = ".backup"

    private let path: String
    private let queue = DispatchQueue(label: "policy-backup")
    private let due = Due()

    private final class Due: Sendable {
        /// A copy is asked for and not begun.
        let isDue = Atomic<Bool>(false)
    }

    init(_ path: String) { self.path = path }

    deinit { queue.sync {} }

    func keep() {
        guard !due.isDue.exchange(true, ordering: .acquiringAndReleasing) else { return }
        queue.async { [path, due] in
            due.isDue.store(false, ordering: .releasing)
            // Where it fails the last copy stays.
            try? PolicyBackup.copy(path)
        }
    }

    /// Returns when no copy is due.
    func finish() { queue.sync {} }

    private static func copy(_ path: String) throws {
        let temporary = path + ending + ".new"
        try? FileManager.default.removeItem(atPath: temporary)
        // Its locks are held for moments by changes, and by the last connection that is closed.
        var patient = Configuration()
        patient.busyMode = .timeout(10)
        let source = try DatabaseQueue(path: path, configuration: patient)
        try source.writeWithoutTransaction { try $0.execute(sql: "VACUUM INTO ?", arguments: [temporary]) }
        guard rename(temporary, path + ending) == 0 else {
            throw StoreError(.unreadable, "cannot keep a backup of \(path): \(String(cString: strerror(errno)))")
        }
    }
}
