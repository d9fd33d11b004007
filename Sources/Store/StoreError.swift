/// Why a database or the state directory cannot be used, with the way out.
public struct StoreError: Error, CustomStringConvertible, Sendable {
    public enum Kind: Sendable, Hashable {
        case inUse, newer, damaged, unreadable
    }
    public let kind: Kind
    public let description: String

    public init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}
