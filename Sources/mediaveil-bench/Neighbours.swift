import CLinux
import Glibc

/// What several processes do to each other: reading in one place, and one view beside another that is kept busy.
enum Neighbours {
    private static let files = 200
    private static let seconds = 2.0
    private static let rounds = 3

    /// What one process tells its parent: how often it opened, read and closed a file, and the median time of that.
    private struct Told {
        var operations: UInt64 = 0
        var nanoseconds: UInt64 = 0
    }

    /// Opens, reads and closes of 1, 2, 4 and 8 processes, against those of one.
    static func scaling(_ places: [Bench.Place]) {
        guard let reference = places.first else { return }
        Workload.makeMany(reference.path + "/bench-near", files)
        defer { Workload.removeMany(reference.path + "/bench-near", files) }
        Bench.report(Bench.row(["open + read 4 KiB + close by", "1 process, a second", "2", "4", "8"]))
        for place in places {
            let rates = [1, 2, 4, 8].map { count in
                Bench.median((0..<rounds).map { _ in rate(count, place.path) })
            }
            let ratios = rates.dropFirst().map { Bench.format($0 / rates[0]) }
            Bench.report(Bench.row([place.name, "\(Int(rates[0]))"] + ratios))
        }
    }

    private static func rate(_ count: Int, _ place: String) -> Double {
        gather((0..<count).map { _ in place }).reduce(0) { $0 + Double($1.operations) } / seconds
    }

    /// The median time of an open in `view`: alone, with 16 busy processes in another view, and with 16 in the backing
    /// directory, which cost the processors alike and the service nothing.
    static func beside(library: String, view: String, busy: String) {
        Workload.makeMany(library + "/bench-near", files)
        defer { Workload.removeMany(library + "/bench-near", files) }
        let crowds: [(String, [String])] = [
            ("alone", []), ("16 busy in another view", Array(repeating: busy, count: 16)),
            ("16 busy in the backing directory", Array(repeating: library, count: 16)),
        ]
        var times = crowds.map { _ in [Double]() }
        for _ in 0..<rounds {
            for (index, crowd) in crowds.enumerated() {
                guard let first = gather([view] + crowd.1).first else { continue }
                times[index].append(Double(first.nanoseconds) / 1e3)
            }
        }
        let cells = zip(crowds, times).map { "\($0.0) \(Bench.format(Bench.median($1))) µs" }
        Bench.report("open + read 4 KiB + close in a view: " + cells.joined(separator: ", "))
    }

    /// Starts one process for each place at once; what each tells, in the order of the places.
    private static func gather(_ places: [String]) -> [Told] {
        let started = places.compactMap { start($0) }
        return started.map { process in
            var told = Told()
            _ = withUnsafeMutableBytes(of: &told) { Glibc.read(process.output, $0.baseAddress, $0.count) }
            close(process.output)
            waitpid(process.pid, nil, 0)
            return told
        }
    }

    private static func start(_ place: String) -> (pid: pid_t, output: Int32)? {
        var ends: [Int32] = [-1, -1]
        guard pipe2(&ends, O_CLOEXEC) == 0 else { return nil }
        defer { close(ends[1]) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
        let words: [String] = ["mediaveil-bench", "--reader", place]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
        arguments.append(nil)
        defer { for argument in arguments { free(argument) } }
        var pid: pid_t = 0
        guard posix_spawn(&pid, "/proc/self/exe", &actions, nil, arguments, Glibc.environ) == 0 else {
            close(ends[0])
            return nil
        }
        return (pid, ends[0])
    }

    /// One of the processes: reads in a place until its time is over and writes a ``Told`` to standard output.
    static func read(in place: String) {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        var times: [Double] = []
        times.reserveCapacity(1 << 20)
        let end = now() + seconds
        var last = now()
        while last < end {
            let name = place + "/bench-near/\(times.count % files).txt"
            let descriptor = mv_openat(mv_AT_FDCWD, name, O_RDONLY | O_CLOEXEC, 0)
            guard descriptor >= 0 else { exit(1) }
            _ = Glibc.read(descriptor, &buffer, buffer.count)
            close(descriptor)
            let time = now()
            times.append(time - last)
            last = time
        }
        var told = Told(operations: UInt64(times.count), nanoseconds: UInt64(Bench.median(times) * 1e9))
        _ = withUnsafeBytes(of: &told) { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
    }
}
