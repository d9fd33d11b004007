import CLinux
import Foundation
import LinuxSystem
import Redaction
import Synchronization

/// Plans many files, several at once.
enum ParallelScan {
    private struct State {
        var next = 0
        var done: [(index: Int, result: Result<RedactionPlan, Failure>)] = []
    }

    /// Plans every file and calls `report` on the calling thread: how many are done, which one, and its plan. The order
    /// is that of `files`, so that two runs say the same.
    static func run(
        _ files: [LocalPath], _ report: (_ done: Int, _ path: LocalPath, Result<RedactionPlan, Failure>) -> Void
    ) {
        let shared = Shared()
        let news = DispatchSemaphore(value: 0)
        let room = DispatchSemaphore(value: 256)
        let count = min(max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))), 16, max(1, files.count))
        let threads = (0..<count).map { number in
            SystemThread(name: "scan-\(number)", stack: 8 << 20) {
                while true {
                    // No thread runs far ahead of what has been reported: memory stays bounded.
                    room.wait()
                    let index = shared.state.withLock { state in
                        defer { state.next += 1 }
                        return state.next
                    }
                    guard index < files.count else {
                        room.signal()
                        return
                    }
                    let result = plan(files[index])
                    shared.state.withLock { $0.done.append((index, result)) }
                    news.signal()
                }
            }
        }
        var waiting: [Int: Result<RedactionPlan, Failure>] = [:]
        var reported = 0
        while reported < files.count {
            news.wait()
            for (index, result) in shared.takeDone() { waiting[index] = result }
            while let result = waiting.removeValue(forKey: reported) {
                reported += 1
                report(reported, files[reported - 1], result)
                room.signal()
            }
        }
        for thread in threads { thread.join() }
    }

    private final class Shared: Sendable {
        let state = Mutex(State())

        func takeDone() -> [(index: Int, result: Result<RedactionPlan, Failure>)] {
            state.withLock { state in
                defer { state.done = [] }
                return state.done
            }
        }
    }

    private static func plan(_ path: LocalPath) -> Result<RedactionPlan, Failure> {
        do {
            return .success(try Redaction.plan(for: LocalFile.open(path)))
        } catch let failure as Failure {
            return .failure(failure)
        } catch {
            return .failure(Failure(.internal, "cannot plan \(path.shown): \(error)"))
        }
    }
}
