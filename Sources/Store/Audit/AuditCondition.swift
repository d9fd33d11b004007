import Foundation
import GRDB

/// The conditions of a statement and their values. A column with `+` before it is not looked for in an index.
struct Condition {
    private var parts: [String] = []
    private(set) var arguments = StatementArguments()

    var sql: String { parts.isEmpty ? "TRUE" : parts.joined(separator: " AND ") }

    mutating func add(_ sql: String, _ values: any DatabaseValueConvertible...) { add(sql, values) }

    mutating func add(_ sql: String, _ values: [any DatabaseValueConvertible]) {
        parts.append(sql)
        arguments += StatementArguments(values.map { Optional($0) })
    }

    /// All but times and path.
    mutating func add(_ query: AuditQuery, hasIndex: Bool) {
        let plus = hasIndex ? "" : "+"
        if let app = query.app { add("\(plus)app = ?", app) }
        // Of two indexes, the app's is taken.
        if let uid = query.uid { add(query.app == nil ? "\(plus)uid = ?" : "+uid = ?", uid) }
        if let decision = query.decision {
            let isAlone = hasIndex && query.app == nil && query.uid == nil
            // Literally what the partial index says.
            if isAlone, decision != .allow { parts.append("decision <> 'allow'") }
            add(isAlone && decision != .allow ? "decision = ?" : "+decision = ?", decision.rawValue)
        }
        if let operation = query.operation { add("operation = ?", operation) }
    }

    /// A column that is like the pattern, found by an index on it.
    mutating func add(_ pattern: PathPattern, _ beginning: PathPattern.Beginning, _ column: String) {
        switch beginning {
        case .whole(let path): add("\(column) = ?", Data(path))
        case .prefix(let prefix):
            add("\(column) >= ?", Data(prefix))
            if let end = PathPattern.end(ofPrefix: prefix) { add("\(column) < ?", Data(end)) }
            let (sql, values) = pattern.sql("+" + column)
            add(sql, values)
        }
    }

    /// Path or new name, without an index.
    mutating func add(_ pattern: PathPattern) {
        let (path, values) = pattern.sql("+path")
        add("(\(path) OR \(pattern.sql("+target").sql))", values + values)
    }
}

extension PathPattern {
    /// What an index can find.
    enum Beginning {
        case whole([UInt8])
        case prefix([UInt8])
    }

    /// Nil if it says nothing about the first byte.
    var beginning: Beginning? {
        switch self {
        case .exact(let path): return .whole(path)
        // The directory itself has no slash behind it.
        case .under(let path): return path.isEmpty ? nil : .prefix(path)
        case .glob(let glob):
            let literal = PathPattern.literal(glob)
            return literal.isEmpty ? nil : .prefix(literal)
        }
    }

    /// A condition on a column, and its values.
    func sql(_ column: String) -> (sql: String, values: [Data]) {
        switch self {
        case .exact(let path): return ("\(column) = ?", [Data(path)])
        case .under(let path):
            guard !path.isEmpty else { return ("TRUE", []) }
            let (first, behind) = (path + [PathPattern.slash], path + [PathPattern.slash + 1])
            return (
                "(\(column) = ? OR \(column) >= ? AND \(column) < ?)", [Data(path), Data(first), Data(behind)]
            )
        case .glob(let glob): return ("CAST(\(column) AS TEXT) GLOB CAST(? AS TEXT)", [Data(glob)])
        }
    }
}
