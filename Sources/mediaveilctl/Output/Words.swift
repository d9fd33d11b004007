import Control

/// Values as people write them.
enum Words {
    /// Bytes: "812 B", "4.2 MB" (powers of 1000).
    static func size(_ bytes: Int64) -> String {
        guard bytes >= 1000 else { return "\(bytes) B" }
        var value = Double(bytes)
        var unit = 0
        let units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"]
        while value >= 999.95, unit < units.count - 1 {
            value /= 1000
            unit += 1
        }
        let tenths = Int64((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10) \(units[unit])"
    }

    /// A time to the second, in UTC: "2026-11-26 22:53:00".
    static func time(_ time: Timestamp) -> String {
        String(time.description.prefix(19).map { $0 == "T" ? " " : $0 })
    }

    /// A time to the microsecond, in UTC.
    static func exactTime(_ time: Timestamp) -> String {
        String(time.description.dropLast().map { $0 == "T" ? " " : $0 })
    }

    static func count(_ number: Int64, _ one: String, _ many: String? = nil) -> String {
        number == 1 ? "1 \(one)" : "\(number) \(many ?? one + "s")"
    }

    static func yes(_ value: Bool) -> String { value ? "yes" : "no" }

    /// The two members of a message that stand for a path.
    static func path(_ text: String?, _ base64: String?) -> String? {
        guard let text else { return nil }
        guard let path = try? FaithfulPath(text: text, base64: base64) else { return Escaping.line(text) }
        return Escaping.path(path.bytes)
    }
}
