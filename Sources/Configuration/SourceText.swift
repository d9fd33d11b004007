import Foundation

/// A configuration file's text, to find the line of a key.
struct SourceText {
    let file: String
    let text: String

    func error(_ section: String, _ key: String?, _ reason: String) -> ConfigurationError {
        ConfigurationError(
            file: file, line: line(section, key), key: key.map { "\(section).\($0)" } ?? section, reason: reason)
    }

    /// Where the key is set; where the section begins without a key. 1 for the first line; nil if it cannot be told.
    func line(_ section: String, _ key: String?) -> Int? {
        var current = ""
        for (index, raw) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let line = raw.trimmingCharacters(in: .whitespaces)
            if line.hasPrefix("[") {
                current = line.dropFirst().prefix { $0 != "]" }.trimmingCharacters(in: .whitespaces)
                if key == nil, current == section { return index + 1 }
                continue
            }
            let name = line.prefix { $0 != "=" }.trimmingCharacters(in: .whitespaces.union(["\""]))
            if let key {
                if (current == section && name == key) || (current.isEmpty && name == "\(section).\(key)") {
                    return index + 1
                }
            } else if current.isEmpty, name == section || name.hasPrefix(section + ".") {
                return index + 1
            }
        }
        return nil
    }
}

/// Which file and line set each key, to name them when keys contradict each other.
struct Origins {
    /// The configuration file itself, to blame for what is missing.
    let file: String
    private var places: [String: (file: String, line: Int?)] = [:]

    init(file: String) { self.file = file }

    /// A later file's key wins, and is then the one to blame.
    mutating func note(_ key: String, file: String, line: Int?) { places[key] = (file, line) }

    func error(_ key: String, _ reason: String) -> ConfigurationError {
        let place = places[key] ?? (file, nil)
        return ConfigurationError(file: place.file, line: place.line, key: key, reason: reason)
    }
}
