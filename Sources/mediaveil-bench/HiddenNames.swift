import CLinux
import Glibc

/// What hiding costs, and whether a hidden name takes another time than an absent one.
enum HiddenNames {
    private static let folders = 200
    private static let files = 2_000

    /// - Parameters:
    ///   - library: the backing directory, in which app folders of apps that are not registered are made.
    ///   - view: where they are hidden.
    static func measure(library: String, view: String) {
        for path in ["Android", "Android/data"] { mkdir(library + "/" + path, 0o755) }
        let plain = "/bench-plain"
        Workload.makeMany(library + plain, files)
        for index in 0..<folders { mkdir(library + "/Android/data/bench.hidden\(index)", 0o755) }
        defer {
            for index in 0..<folders { rmdir(library + "/Android/data/bench.hidden\(index)") }
            Workload.removeMany(library + plain, files)
        }
        lookups(view + "/Android/data/")
        listings(library, view, plain)
    }

    private static func lookups(_ directory: String) {
        var hidden: [Double] = []
        var absent: [Double] = []
        var status = stat()
        for round in 0..<20_000 {
            let name = directory + (round % 2 == 0 ? "bench.hidden" : "bench.absent") + "\(round / 2 % folders)"
            let start = now()
            let found = stat(name, &status) == 0
            let seconds = now() - start
            guard !found else { return Bench.report("\(name) is not hidden") }
            if round % 2 == 0 { hidden.append(seconds) } else { absent.append(seconds) }
        }
        func quantiles(_ values: [Double]) -> String {
            let sorted = values.sorted()
            return [0.1, 0.5, 0.9, 0.99].map { Bench.format(sorted[Int(Double(sorted.count) * $0)] * 1e6) }
                .joined(separator: ", ")
        }
        Bench.report(
            "lookup, µs at 10, 50, 90 and 99 %: hidden names \(quantiles(hidden)); absent names \(quantiles(absent))")
    }

    /// A directory with as many hidden entries more than another takes the time of what is shown.
    private static func listings(_ library: String, _ view: String, _ plain: String) {
        let mixed = "/Android/data"
        func time(_ path: String) -> Double {
            let start = now()
            guard let directory = opendir(path) else { return .nan }
            while readdir(directory) != nil {}
            closedir(directory)
            return now() - start
        }
        var ratios: [Double] = []
        for _ in 0..<15 {
            let before = time(view + plain) / time(library + plain)
            let with = (time(view + plain) + time(view + mixed)) / (time(library + plain) + time(library + mixed))
            ratios.append(with / before)
        }
        Bench.report(
            "listing of \(files) files and \(folders) hidden folders, against files alone, as ratios to the backing "
                + "directory: \(Bench.format(Bench.median(ratios)))")
    }
}
