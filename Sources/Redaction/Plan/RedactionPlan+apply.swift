extension RedactionPlan {
    /// Replaces in `buffer`, which holds the file's bytes from `offset` on, whatever the plan patches there.
    ///
    /// Costs a binary search and the patched bytes. Safe to call from any thread.
    public func apply(to buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) {
        guard !buffer.isEmpty, let end = sum(offset, UInt64(buffer.count)) else { return }
        var index = firstPatch(endingAfter: offset)
        while index < patches.count, patches[index].range.lowerBound < end {
            let patch = patches[index]
            let lower = max(patch.range.lowerBound, offset)
            let upper = min(patch.range.upperBound, end)
            let target = UnsafeMutableRawBufferPointer(rebasing: buffer[Int(lower - offset)..<Int(upper - offset)])
            switch patch.replacement {
            case .fill(let byte):
                _ = target.initializeMemory(as: UInt8.self, repeating: byte)
            case .bytes(let bytes):
                let start = Int(lower - patch.range.lowerBound)
                target.copyBytes(from: bytes[start..<start + target.count])
            }
            index += 1
        }
    }

    /// Whether any patch touches `range`.
    public func touches(_ range: Range<UInt64>) -> Bool {
        let index = firstPatch(endingAfter: range.lowerBound)
        return index < patches.count && patches[index].range.lowerBound < range.upperBound
    }

    /// Index of the first patch whose end lies behind `offset`; `patches.count` if there is none.
    func firstPatch(endingAfter offset: UInt64) -> Int {
        var low = 0
        var high = patches.count
        while low < high {
            let middle = low + (high - low) / 2
            if patches[middle].range.upperBound <= offset { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func sum(_ a: UInt64, _ b: UInt64) -> UInt64? {
        let (value, overflow) = a.addingReportingOverflow(b)
        return overflow ? nil : value
    }

    /// Sorted, cut to the file and freed of overlaps: of two patches for one byte, the one that starts first keeps it.
    ///
    /// In place: there may be many.
    static func normalised(_ patches: consuming [Patch], size: UInt64) -> [Patch] {
        func isLess(_ a: Patch, _ b: Patch) -> Bool {
            (a.range.lowerBound, a.range.upperBound) < (b.range.lowerBound, b.range.upperBound)
        }
        var covered: UInt64 = 0
        if patches.allSatisfy({ patch in
            defer { covered = patch.range.upperBound }
            return patch.range.lowerBound >= covered && patch.range.upperBound <= size && !patch.range.isEmpty
        }) {
            return patches
        }
        patches.sort(by: isLess)
        covered = 0
        var count = 0
        for index in patches.indices {
            let patch = patches[index]
            let lower = max(patch.range.lowerBound, covered)
            let upper = min(patch.range.upperBound, size)
            guard lower < upper else { continue }
            covered = upper
            let isWhole = lower == patch.range.lowerBound && upper == patch.range.upperBound
            patches[count] = isWhole ? patch : patch.cut(to: lower..<upper)
            count += 1
        }
        patches.removeSubrange(count...)
        return patches
    }
}

extension Patch {
    /// This patch for the part `part` of its range.
    func cut(to part: Range<UInt64>) -> Patch {
        guard case .bytes(let bytes) = replacement else {
            return Patch(range: part, replacement: replacement, kind: kind)
        }
        let start = Int(part.lowerBound - range.lowerBound)
        let count = Int(part.upperBound - part.lowerBound)
        return Patch(range: part, replacement: .bytes(Array(bytes[start..<start + count])), kind: kind)
    }
}
