/// Text keys that name a place or a position, compared without case, separators and namespace.
enum LocationKeys {
    static let names: Set<String> = []

    /// `key` in lower case, letters and digits only.
    static func folded(_ key: String) -> String {
        String(
            decoding: key.lowercased().utf8.filter { (97...122).contains($0) || (48...57).contains($0) || $0 >= 128 },
            as: UTF8.self)
    }
}
