import CLinux
import Glibc

/// Measures places against each other: `mediaveil-bench [--only WORDS] NAME=DIRECTORY…`, where WORDS are in the names
/// of the workloads that are wanted; or redacted files: `mediaveil-bench --redacted LIBRARY VIEW`; or hidden names:
/// `mediaveil-bench --hidden LIBRARY VIEW`; or the policy: `mediaveil-bench --policy`; or the control socket:
/// `mediaveil-bench --control SOCKET`; or the planning of redaction:
/// `mediaveil-bench --plans MEDIA SCRATCH`; or many processes: `mediaveil-bench --scaling NAME=DIRECTORY…` and
/// `mediaveil-bench --beside LIBRARY VIEW BUSY-VIEW`.
///
/// Every workload runs in all places in turn, several rounds in one run, and the medians are compared: the machine's
/// noise meets all of them alike. The first place is the reference; a ratio above 1 is faster than it.
@main
enum Bench {
    static func main() {
        let words = CommandLine.arguments
        if words.count == 4, words[1] == "--redacted" {
            return RedactedOpens.measure(library: words[2], view: words[3])
        }
        if words.count == 4, words[1] == "--hidden" {
            return HiddenNames.measure(library: words[2], view: words[3])
        }
        if words.count == 3, words[1] == "--control" { return ControlRequests.measure(socket: words[2]) }
        if words.count == 2, words[1] == "--policy" { return PolicyDecisions.measure() }
        if words.count == 4, words[1] == "--plans" {
            return RedactionPlans.measure(directory: words[2], scratch: words[3])
        }
        if words.count == 3, words[1] == "--reader" { return Neighbours.read(in: words[2]) }
        if words.count > 2, words[1] == "--scaling" {
            return Neighbours.scaling(words.dropFirst(2).compactMap(Place.init))
        }
        if words.count == 5, words[1] == "--beside" {
            return Neighbours.beside(library: words[2], view: words[3], busy: words[4])
        }
        let isChosen = words.count > 2 && words[1] == "--only"
        let workloads = isChosen ? Workload.all.filter { contains($0.name, words[2]) } : Workload.all
        let places = words.dropFirst(isChosen ? 3 : 1).compactMap(Place.init)
        guard let reference = places.first, !workloads.isEmpty else {
            report("usage: mediaveil-bench [--only WORDS] NAME=DIRECTORY NAME=DIRECTORY…")
            exit(2)
        }
        report(row(["workload", "\(reference.name)"] + places.dropFirst().map { "\($0.name)" }))
        for workload in workloads { measure(workload, places) }
    }

    private static func contains(_ text: String, _ part: String) -> Bool {
        text.indices.contains { text[$0...].hasPrefix(part) }
    }

    private static func measure(_ workload: Workload, _ places: [Place]) {
        guard let reference = places.first else { return }
        workload.prepare(reference.path)
        var times = places.map { _ in [Double]() }
        for round in 0..<(workload.rounds + 1) {
            for (index, place) in places.enumerated() {
                let seconds = workload.measure(place.path)
                if round > 0 { times[index].append(seconds) }
            }
        }
        workload.clean(reference.path)
        let medians = times.map(median)
        let first = medians[0]
        let unit = first / Double(workload.operations) * 1e6
        let ratios = medians.dropFirst().map { format(first / $0) }
        report(row([workload.name, format(unit) + " µs"] + ratios))
    }

    struct Place {
        let name: String
        let path: String

        init?(_ argument: String) {
            guard let split = argument.firstIndex(of: "=") else { return nil }
            name = String(argument[..<split])
            path = String(argument[argument.index(after: split)...])
        }
    }

    static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        return sorted.isEmpty ? .nan : sorted[sorted.count / 2]
    }

    static func format(_ value: Double) -> String {
        let scaled = (value * (value < 10 ? 100 : 1)).rounded() / (value < 10 ? 100 : 1)
        return "\(scaled)"
    }

    static func row(_ cells: [String]) -> String {
        cells.enumerated().map { index, cell in
            let width = index == 0 ? 34 : 16
            return cell + String(repeating: " ", count: max(1, width - cell.count))
        }.joined()
    }

    static func report(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        _ = write(STDOUT_FILENO, bytes, bytes.count)
    }
}

/// Seconds on the monotonic clock.
func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
