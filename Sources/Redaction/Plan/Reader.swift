/// Bounded reading of numbers and short byte sequences from a byte source.
///
/// Small reads are served from a few read-ahead windows, so walking headers costs few calls of the source. Every
/// position and count is checked; nothing read from a file can make it read outside of it, hold more memory than
/// the limit, or call the source more often than the limit. Used from one thread, for one planning run.
final class Reader {
    /// Length of the source in bytes.
    let size: UInt64
    let limits: Redaction.Limits
    /// Calls of the source so far.
    private(set) var reads = 0
    /// Bytes got from the source so far.
    private(set) var bytesRead: UInt64 = 0
    /// Set when the plan itself grows beyond its bound: every later read fails, so that all walkers come to an end.
    var isExhausted = false

    /// The work of the whole run.
    let effort: Effort
    /// A load from memory costs as much as reading what was loaded before.
    private let isInMemory: Bool
    private let source: any ByteSource
    private var windows: [[UInt8]] = []
    /// Where each window lies in the file.
    private var spans: [Range<UInt64>] = []
    private var current = 0
    private var oldest = 0

    private static let windowSize: UInt64 = 16 << 10
    private static let windowCount = 4
    private static let page: UInt64 = 4 << 10

    /// - Parameter effort: of the run that this is a part of; nil for the file itself.
    init(_ source: some ByteSource, limits: Redaction.Limits = .init(), effort: Effort? = nil) {
        self.source = source
        self.size = source.size
        self.limits = limits
        self.effort = effort ?? Effort(fileSize: source.size)
        isInMemory = effort != nil
    }

    /// Exactly `count` bytes from `offset` on.
    func bytes(at offset: UInt64, count: Int) throws(PlanningError) -> [UInt8] {
        guard count > 0 else {
            if count == 0 { return [] }
            throw .malformed("negative length")
        }
        guard offset <= size, UInt64(count) <= size - offset else { throw .malformed("truncated") }
        guard count <= limits.memory / 2 else { throw .limit("more than \(limits.memory / 2) bytes in one piece") }
        if UInt64(count) > Self.windowSize - Self.page {
            if isInMemory { try effort.spend(UInt64(count)) }
            return try load(offset, UInt64(count))
        }
        try effort.spend(UInt64(count))
        let index = try window(holding: offset, count: UInt64(count))
        let start = Int(offset - spans[index].lowerBound)
        return Array(windows[index][start..<start + count])
    }

    func u8(at offset: UInt64) throws(PlanningError) -> UInt8 {
        UInt8(truncatingIfNeeded: try number(at: offset, width: 1, .big))
    }

    func u16(at offset: UInt64, _ order: ByteOrder) throws(PlanningError) -> UInt16 {
        UInt16(truncatingIfNeeded: try number(at: offset, width: 2, order))
    }

    func u24(at offset: UInt64, _ order: ByteOrder) throws(PlanningError) -> UInt32 {
        UInt32(truncatingIfNeeded: try number(at: offset, width: 3, order))
    }

    func u32(at offset: UInt64, _ order: ByteOrder) throws(PlanningError) -> UInt32 {
        UInt32(truncatingIfNeeded: try number(at: offset, width: 4, order))
    }

    func u64(at offset: UInt64, _ order: ByteOrder) throws(PlanningError) -> UInt64 {
        try number(at: offset, width: 8, order)
    }

    /// The range of `count` bytes from `offset` on, if it lies in `outer`; otherwise "truncated".
    func range(at offset: UInt64, count: UInt64, in outer: Range<UInt64>) throws(PlanningError) -> Range<UInt64> {
        let (end, overflow) = offset.addingReportingOverflow(count)
        guard !overflow, offset >= outer.lowerBound, end <= outer.upperBound else { throw .malformed("truncated") }
        return offset..<end
    }

    // MARK: Windows

    /// A big-endian or little-endian unsigned number of 1...8 bytes.
    private func number(at offset: UInt64, width: UInt64, _ order: ByteOrder) throws(PlanningError) -> UInt64 {
        guard offset <= size, width <= size - offset else { throw .malformed("truncated") }
        try effort.spend(width)
        let index = try window(holding: offset, count: width)
        let start = Int(offset - spans[index].lowerBound)
        return windows[index].withUnsafeBufferPointer { bytes in
            var value: UInt64 = 0
            if order == .big {
                for at in start..<start + Int(width) { value = value << 8 | UInt64(bytes[at]) }
            } else {
                for at in (start..<start + Int(width)).reversed() { value = value << 8 | UInt64(bytes[at]) }
            }
            return value
        }
    }

    /// Index of a window with these bytes, which lie in the file and are no more than a window less a page.
    private func window(holding offset: UInt64, count: UInt64) throws(PlanningError) -> Int {
        if current < spans.count, holds(spans[current], offset, count) { return current }
        for index in spans.indices where holds(spans[index], offset, count) {
            current = index
            return index
        }
        // From a page boundary on, so that walking backwards from the end does not read each step anew.
        let start = offset - offset % Self.page
        let bytes = try load(start, min(Self.windowSize, size - start))
        let span = start..<start + UInt64(bytes.count)
        if windows.count < Self.windowCount {
            windows.append(bytes)
            spans.append(span)
            current = windows.count - 1
        } else {
            current = oldest
            windows[current] = bytes
            spans[current] = span
            oldest = (oldest + 1) % Self.windowCount
        }
        return current
    }

    private func holds(_ span: Range<UInt64>, _ offset: UInt64, _ count: UInt64) -> Bool {
        offset >= span.lowerBound && offset <= span.upperBound && count <= span.upperBound - offset
    }

    /// Reads from the source; the range lies in the file and its length in the limits.
    private func load(_ offset: UInt64, _ count: UInt64) throws(PlanningError) -> [UInt8] {
        var failure: PlanningError?
        let bytes = [UInt8](unsafeUninitializedCapacity: Int(count)) { buffer, initialized in
            var done = 0
            while done < Int(count) {
                guard !isExhausted, reads < limits.reads else {
                    failure = .limit(isExhausted ? "too many patches" : "more than \(limits.reads) reads")
                    break
                }
                reads += 1
                let rest = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[done...])
                do {
                    let got = try source.read(at: offset + UInt64(done), into: rest)
                    guard got > 0, got <= rest.count else {
                        failure = .malformed("truncated")
                        break
                    }
                    done += got
                    bytesRead += UInt64(got)
                } catch {
                    failure = .source(error)
                    break
                }
            }
            initialized = done
        }
        if let failure { throw failure }
        return bytes
    }
}
