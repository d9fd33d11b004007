import ArgumentParser
import Control
import Policy

/// A command that asks the service.
protocol ServiceCommand: ParsableCommand {
    var globals: Globals { get }
    /// Seconds without any word from the service after which the command gives up.
    static var patience: Int32 { get }
    func run(_ client: ControlClient, _ output: Output) throws
}

extension ServiceCommand {
    static var patience: Int32 { 60 }

    func run() throws {
        let client = try globals.connect(patience: Self.patience)
        let output = globals.output()
        do {
            try run(client, output)
        } catch let error as ControlError {
            output.flush()
            throw Suggestions.added(to: error, client)
        }
        output.flush()
    }

    /// Prints what a change means: sentences, or the reply as an object.
    func show(_ reply: some Encodable, _ changes: [String], _ output: Output) {
        if output.asJSON { return output.json(reply) }
        for change in changes { output.line(Escaping.line(change)) }
    }
}

/// Names that a user may have meant.
enum Suggestions {
    /// `error` with what its name may have been meant to be.
    static func added(to error: ControlError, _ client: ControlClient) -> Failure {
        let failure = Failure(error)
        guard case .notFound(let kind, let name, _) = error else { return failure }
        let names: [String]
        switch kind {
        case "app": names = (try? client.call(ListAppsRequest()).apps.map(\.name)) ?? []
        case "view": names = (try? client.call(ListViewsRequest()).views.map(\.name)) ?? []
        default: return failure
        }
        guard let meant = closest(to: name, in: names) else { return failure }
        return Failure(failure.status, failure.reason, remedy: "did you mean “\(Escaping.line(meant))”?")
    }

    /// The name that is least different from `name`, if it is not too different to be meant.
    static func closest(to name: String, in names: [String]) -> String? {
        let wanted = Array(name.lowercased())
        let distances = names.map { ($0, distance(wanted, Array($0.lowercased()))) }
        let limit = max(1, wanted.count / 3)
        return distances.filter { $0.1 <= limit }.min { ($0.1, $0.0) < ($1.1, $1.0) }?.0
    }

    /// How many letters have to be put in, left out, replaced or swapped with their neighbour.
    static func distance(_ a: [Character], _ b: [Character]) -> Int {
        var rows = [Array(0...b.count)]
        for i in 0..<a.count {
            var row = [i + 1]
            for j in 0..<b.count {
                var best = min(rows[i][j] + (a[i] == b[j] ? 0 : 1), rows[i][j + 1] + 1, row[j] + 1)
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, rows[i - 1][j - 1] + 1) }
                row.append(best)
            }
            rows.append(row)
        }
        return rows[a.count][b.count]
    }
}
