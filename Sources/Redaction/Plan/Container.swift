/// One container format: how it is told from its content, and where location hides in it.
protocol Container: SendableMetatype {
    /// For ``RedactionPlan/container``: "JPEG", "MP4".
    static var name: String { get }

    /// Whether the content of `range` is this format. `head` is its beginning, at most 64 bytes; more can be read.
    static func matches(_ head: [UInt8], _ walk: Walk, _ range: Range<UInt64>) -> Bool

    /// Patches all location in `range`. Blanks on its own what it does not understand, in the smallest unit that is
    /// certain; what it throws means that nothing about the range is certain, and all of it is blanked.
    static func plan(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError)
}

/// Media of any kind: a whole file, a thumbnail, a motion photo's video, an attachment.
enum NestedMedia {
    /// What it costs to ask all formats, in bytes of ``Effort``.
    private static let askingCost: UInt64 = 4 << 10

    /// Tells the type of the media at `range` from its content and plans it. Content that is no known medium stays.
    /// A container that looks into media inside itself passes `walk.nested()`.
    ///
    /// - Returns: whether a container was found.
    @discardableResult
    static func plan(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) -> Bool {
        guard let container = try container(walk, range) else { return false }
        walk.name(container.name)
        try walk.unit(range, container.name) { () throws(PlanningError) in
            try container.plan(walk, range)
        }
        return true
    }

    /// The container whose content begins `range`, `nil` if none is known.
    static func container(_ walk: Walk, _ range: Range<UInt64>) throws(PlanningError) -> (any Container.Type)? {
        guard range.lowerBound < range.upperBound, range.upperBound <= walk.reader.size else { return nil }
        // Every format looks at it: millions of tiny pieces must not be asked about.
        try walk.reader.effort.spend(askingCost)
        let count = Int(min(64, range.upperBound - range.lowerBound))
        let head = try walk.reader.bytes(at: range.lowerBound, count: count)
        return Containers.all.first { $0.matches(head, walk, range) }
    }
}
