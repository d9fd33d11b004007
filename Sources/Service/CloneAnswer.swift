import Glibc
import Synchronization

/// Keeps for a minute whether the library's filesystem can clone: to try it takes two files, and monitors ask often.
final class CloneAnswer: Sendable {
    private static let seconds: time_t = 60
    private let latest = Mutex<(answer: Bool, until: time_t)?>(nil)

    func answer(_ attempt: () -> Bool) -> Bool {
        latest.withLock { latest in
            var now = timespec()
            clock_gettime(CLOCK_MONOTONIC, &now)
            if let latest, now.tv_sec < latest.until { return latest.answer }
            let answer = attempt()
            latest = (answer, now.tv_sec + CloneAnswer.seconds)
            return answer
        }
    }
}
