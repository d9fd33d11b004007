/// What a query asks for; what is nil does not matter.
public struct AuditQuery: Sendable {
    public enum Order: Sendable, Hashable {
        case oldestFirst, newestFirst
    }

    public var app: String?
    public var uid: UInt32?
    /// Microseconds since 1970; both ends are included.
    public var since: Int64?
    public var until: Int64?
    public var operation: String?
    public var decision: AuditEvent.Decision?
    /// Also finds rows whose new name is like this.
    public var path: PathPattern?
    /// Only so many of the newest rows, whatever the order.
    public var limit: Int?
    public var order = Order.oldestFirst

    public init() {}
}

/// Which paths of the library are meant.
public enum PathPattern: Sendable, Hashable {
    /// This path alone.
    case exact([UInt8])
    /// This directory and what is below it.
    case under([UInt8])
    /// `*` any bytes, `/` too, `?` one character, `[…]` one of a set; over the whole path.
    case glob([UInt8])

    /// A glob if the text has one of `*?[`, a directory with all below it if it ends in `/`, else one path.
    public init(_ text: String) {
        if text.utf8.contains(where: PathPattern.wildcards.contains) {
            self = .glob(Array(text.utf8))
        } else if text.utf8.last == PathPattern.slash {
            self = .under(Array(text.utf8.dropLast()))
        } else {
            self = .exact(Array(text.utf8))
        }
    }

    static let slash = UInt8(ascii: "/")
    static let wildcards = [UInt8(ascii: "*"), UInt8(ascii: "?"), UInt8(ascii: "[")]

    /// The bytes before the first wildcard: an index finds what begins with them.
    static func literal(_ glob: [UInt8]) -> [UInt8] { Array(glob.prefix { !wildcards.contains($0) }) }

    /// The first string of bytes behind all that begin with `prefix`; nil if there is none.
    static func end(ofPrefix prefix: [UInt8]) -> [UInt8]? {
        var end = prefix
        while let last = end.popLast() {
            if last < UInt8.max { return end + [last + 1] }
        }
        return nil
    }
}
