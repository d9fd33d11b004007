/// Location in free text: keys that name a place, and coordinates that stand in a text.
enum LocationText {
    /// Whether a text key (PNG keyword, Vorbis comment, Matroska tag, JSON member) names a location.
    static func isLocationKey(_ key: String) -> Bool { LocationKeys.contains(key) }

    /// The parts of `text` (ASCII or UTF-8) that are coordinates.
    ///
    /// ISO 6709 (`+48.1374+011.5755/`), a decimal pair (`48.1374, 11.5755`), degrees with a hemisphere
    /// (`48°8'14.6"N`, `N 48.1374`), a number under a key that says latitude or longitude, a `geo:` URI (RFC 5870)
    /// and NMEA 0183 sentences of a position, or its fields. Precise enough to leave other numbers alone: pairs need four decimals.
    static func coordinates(in text: [UInt8]) -> [Range<Int>] {
        var found: [Range<Int>] = []
        var scanner = Scanner(text: text)
        while let start = scanner.next() {
            if let end = scanner.match(at: start) {
                found.append(start..<end)
                scanner.index = end
            } else {
                scanner.index = start + 1
            }
        }
        return found
    }

    /// The parts of `text` that are heights in the telemetry of a drone or a dashcam: `rel_alt: 1.3 abs_alt: 100.2`,
    /// `H 6.00m`, `BAROMETER:91.2`.
    static func heights(in text: [UInt8]) -> [Range<Int>] {
        var found: [Range<Int>] = []
        var scanner = Scanner(text: text)
        while scanner.index < text.count {
            let start = scanner.index
            scanner.index = scanner.height(at: start) ?? start + 1
            if scanner.index > start + 1 { found.append(start..<scanner.index) }
        }
        return found
    }

    private struct Scanner {
        // Looked up at every word of every text.
        private static let keysOfBoth: Set<String> = [
            "gps", "latlon", "latlong", "gpsposition", "gpscoordinates", "coordinates", "home",
        ]
        private static let keysOfOne: Set<String> = [
            "lat", "latitude", "lon", "lng", "long", "longitude", "gpslatitude", "gpslongitude",
        ]
        private static let filter = NameFilter(names: keysOfBoth.union(keysOfOne))
        private static let sentences: [StaticString] = ["GGA", "RMC", "GLL", "GNS", "FNX"]
        private static let keysOfHeight: Set<String> = [
            "alt", "altitude", "absalt", "relalt", "height", "elevation", "ele", "barometer", "h",
        ]

        let text: [UInt8]
        var index = 0

        /// Where the next byte stands that a coordinate may begin with, and that is in no word.
        func next() -> Int? {
            text.withUnsafeBufferPointer { text in
                var index = index
                while index < text.count {
                    switch text[index] {
                    case 0x24: return index
                    // Digits and signs; letters of hemispheres, sentences and keys.
                    case 48...57, 0x2B, 0x2D, 0x4E, 0x53, 0x45, 0x57, 0x42, 0x50, 0x43, 0x47, 0x48, 0x4C, 0x63, 0x67,
                        0x68, 0x6C:
                        guard index > 0, isWord(text[index - 1]) || text[index - 1] == 0x2E else { return index }
                        index += 1
                    default: index += 1
                    }
                }
                return nil
            }
        }

        /// The end of a coordinate that begins at `start`, where ``next()`` says that one may.
        func match(at start: Int) -> Int? {
            let c = text[start]
            if c == 0x24 { return sentence(start) }
            if c == 0x2B || c == 0x2D { return iso6709(start) ?? pair(start) ?? degrees(start) }
            if isDigit(c) {
                guard let first = number(start), isFollowed(first.end) else { return nil }
                return xmpCoordinate(start) ?? pair(start) ?? degrees(start) ?? fields(start)
            }
            return uri(start) ?? keyed(start) ?? hemisphereFirst(start) ?? sentence(start - 1)
        }

        /// Whether what stands behind a coordinate's first number does so here: a separator, or a sign of degrees.
        private func isFollowed(_ index: Int) -> Bool {
            switch at(index) {
            case 0x20, 0x09, 0x2C, 0x2F, 0x3B, 0x64, 0xB0, 0xC2: true
            default: false
            }
        }

        private func isDigit(_ c: UInt8) -> Bool { (48...57).contains(c) }
        private func isLetter(_ c: UInt8) -> Bool { (65...90).contains(c) || (97...122).contains(c) }
        private func isWord(_ c: UInt8) -> Bool { isDigit(c) || isLetter(c) || c == 0x5F }
        private func at(_ index: Int) -> UInt8 { index >= 0 && index < text.count ? text[index] : 0 }

        /// A number with an optional sign: its end, whole digits and decimals.
        private func number(_ start: Int, signed: Bool = true) -> (end: Int, whole: Int, decimals: Int, value: Double)?
        {
            var i = start
            var isNegative = false
            if signed, at(i) == 0x2B || at(i) == 0x2D {
                isNegative = at(i) == 0x2D
                i += 1
            }
            let first = i
            var value = 0.0
            while isDigit(at(i)), i - first < 12 {
                value = value * 10 + Double(at(i) - 48)
                i += 1
            }
            let whole = i - first
            guard whole > 0 else { return nil }
            var decimals = 0
            if at(i) == 0x2E, isDigit(at(i + 1)) {
                i += 1
                var scale = 0.1
                while isDigit(at(i)), decimals < 20 {
                    value += Double(at(i) - 48) * scale
                    scale /= 10
                    decimals += 1
                    i += 1
                }
            }
            return (i, whole, decimals, isNegative ? -value : value)
        }

        private func iso6709(_ start: Int) -> Int? {
            guard let latitude = number(start), [2, 4, 6].contains(latitude.whole),
                at(latitude.end) == 0x2B || at(latitude.end) == 0x2D,
                let longitude = number(latitude.end), [3, 5, 7].contains(longitude.whole)
            else { return nil }
            var end = longitude.end
            var isSure = latitude.decimals >= 2 && longitude.decimals >= 2
            if at(end) == 0x2B || at(end) == 0x2D, let altitude = number(end) { end = altitude.end }
            if at(end) == 0x43, at(end + 1) == 0x52, at(end + 2) == 0x53 {
                while end < text.count, at(end) != 0x2F, at(end) > 0x20 { end += 1 }
            }
            if at(end) == 0x2F {
                end += 1
                isSure = true
            }
            return isSure ? end : nil
        }

        /// `48,8.2372N`, `48,8,14N` (XMP Specification Part 1, GPSCoordinate)
        private func xmpCoordinate(_ start: Int) -> Int? {
            guard let degrees = number(start, signed: false), degrees.whole <= 3, degrees.decimals == 0,
                at(degrees.end) == 0x2C, let minutes = number(degrees.end + 1, signed: false), minutes.whole <= 2
            else { return nil }
            var end = minutes.end
            if minutes.decimals == 0 {
                guard at(end) == 0x2C, let seconds = number(end + 1, signed: false) else { return nil }
                end = seconds.end
            }
            guard [0x4E, 0x53, 0x45, 0x57].contains(at(end)), !isWord(at(end + 1)) else { return nil }
            return end + 1
        }

        private func pair(_ start: Int) -> Int? {
            guard let first = number(start), first.decimals >= 4, abs(first.value) <= 180 else { return nil }
            var i = first.end
            if at(i) == 0xC2, at(i + 1) == 0xB0 { i += 2 }
            let gap = i
            while at(i) == 0x20 || at(i) == 0x2C || at(i) == 0x3B || at(i) == 0x2F || at(i) == 0x09, i - gap < 4 {
                i += 1
            }
            guard i > gap, let second = number(i), second.decimals >= 4, abs(second.value) <= 180,
                abs(first.value) <= 90 || abs(second.value) <= 90, at(second.end) != 0x2E,
                // Shares, colours and zeros are no positions.
                abs(first.value) > 1 || abs(second.value) > 1
            else { return nil }
            return second.end
        }

        /// `48°8'14.6"N`, `48 deg 8' 14.60" N`
        private func degrees(_ start: Int) -> Int? {
            guard let first = number(start, signed: false), first.value <= 180 else { return nil }
            var i = skipSpaces(first.end)
            if at(i) == 0xC2, at(i + 1) == 0xB0 {
                i += 2
            } else if at(i) == 0xB0 {
                i += 1
            } else if matches("deg", at: i) {
                i += 3
            } else {
                return nil
            }
            let limit = min(text.count, i + 32)
            while i < limit {
                let c = at(i)
                if c == 0x4E || c == 0x53 || c == 0x45 || c == 0x57 || c == 0x4F, !isWord(at(i + 1)) { return i + 1 }
                guard isDigit(c) || c == 0x20 || c == 0x2E || c == 0x27 || c == 0x22 || c >= 0x80 else { return nil }
                i += 1
            }
            return nil
        }

        /// `N 48.1374`, `E11 34.5`
        private func hemisphereFirst(_ start: Int) -> Int? {
            guard [0x4E, 0x53, 0x45, 0x57].contains(at(start)) else { return nil }
            let i = skipSpaces(start + 1)
            guard isDigit(at(i)) else { return nil }
            if let end = degreesWithoutHemisphere(i) { return end }
            guard let value = number(i, signed: false), value.decimals >= 4, value.value <= 180 else { return nil }
            return value.end
        }

        private func degreesWithoutHemisphere(_ start: Int) -> Int? {
            guard let first = number(start, signed: false), at(first.end) == 0xC2, at(first.end + 1) == 0xB0 else {
                return nil
            }
            var i = first.end + 2
            let limit = min(text.count, i + 24)
            while i < limit,
                isDigit(at(i)) || at(i) == 0x20 || at(i) == 0x2E || at(i) == 0x27 || at(i) == 0x22 || at(i) >= 0x80
            {
                i += 1
            }
            return i
        }

        /// `latitude: 48.1`, `lon=11.5`, `"GPSLatitude": "48.1"`
        private func keyed(_ start: Int) -> Int? {
            var i = start
            while isWord(at(i)), i - start < 40 { i += 1 }
            // Most words are none of them, and need not become text.
            guard text.withUnsafeBufferPointer({ Self.filter.admits(.init(rebasing: $0[start..<i])) }) else {
                return nil
            }
            let key = LocationKeys.folded(String(decoding: text[start..<i], as: UTF8.self))
            let isOfBoth = Self.keysOfBoth.contains(key)
            guard isOfBoth || Self.keysOfOne.contains(key) else { return nil }
            guard key != "home" || at(i) == 0x28 else { return nil }
            let valueLimit = i + 6
            var hasSeparator = false
            while i < valueLimit, [0x20, 0x22, 0x27, 0x3A, 0x3D, 0x28, 0x5B].contains(at(i)) {
                hasSeparator = hasSeparator || at(i) == 0x3A || at(i) == 0x3D || at(i) == 0x28
                i += 1
            }
            guard let value = number(i), hasSeparator || value.decimals >= 3 else { return nil }
            guard isOfBoth else { return pair(i) ?? degrees(i) ?? value.end }
            if let end = degrees(i) { return end }
            // Both, and the height: `GPS (2.2945, 48.8583, 15)`.
            var end = value.end
            for _ in 0..<2 {
                var next = skipSpaces(end)
                if at(next) == 0x2C || at(next) == 0x3B { next = skipSpaces(next + 1) }
                guard next > end, let value = number(next), value.whole <= 6 else { break }
                // A word that begins with a digit is none of the numbers.
                guard !isLetter(at(value.end)) else { break }
                end = value.end
            }
            return end
        }

        /// NMEA's fields of a position in a line that is no sentence: `4851.5020,N,00217.6690,E`
        private func fields(_ start: Int) -> Int? {
            guard let latitude = number(start, signed: false), (3...4).contains(latitude.whole), latitude.decimals >= 2,
                at(latitude.end) == 0x2C, at(latitude.end + 1) == 0x4E || at(latitude.end + 1) == 0x53,
                at(latitude.end + 2) == 0x2C, let longitude = number(latitude.end + 3, signed: false),
                (3...5).contains(longitude.whole), longitude.decimals >= 2, at(longitude.end) == 0x2C,
                at(longitude.end + 1) == 0x45 || at(longitude.end + 1) == 0x57
            else { return nil }
            return longitude.end + 2
        }

        /// A height with its word.
        func height(at start: Int) -> Int? {
            guard isLetter(at(start)), start == 0 || !isWord(at(start - 1)) else { return nil }
            var i = start
            while isWord(at(i)), i - start < 24 { i += 1 }
            let key = LocationKeys.folded(String(decoding: text[start..<i], as: UTF8.self))
            guard Self.keysOfHeight.contains(key) else { return nil }
            let limit = i + 4
            while i < limit, [0x20, 0x3A, 0x3D, 0x22].contains(at(i)) { i += 1 }
            guard let value = number(i), value.decimals > 0 || key != "h" else { return nil }
            return value.end
        }

        private func uri(_ start: Int) -> Int? {
            guard matches("geo:", at: start), let latitude = number(start + 4), at(latitude.end) == 0x2C,
                let longitude = number(latitude.end + 1)
            else { return nil }
            return longitude.end
        }

        /// What stands behind the `$` of a sentence at `start`; some write none.
        private func sentence(_ start: Int) -> Int? {
            guard at(start + 6) == 0x2C, at(start + 1) == 0x47 || at(start + 1) == 0x42 || at(start + 1) == 0x50,
                Self.sentences.contains(where: { matches($0, at: start + 3) })
            else { return nil }
            var i = start + 6
            while i < text.count, at(i) >= 0x20, at(i) < 0x7F, i - start < 120 { i += 1 }
            return i
        }

        private func skipSpaces(_ start: Int) -> Int {
            var i = start
            while at(i) == 0x20, i - start < 3 { i += 1 }
            return i
        }

        private func matches(_ word: StaticString, at start: Int) -> Bool {
            guard start >= 0, text.count - start >= word.utf8CodeUnitCount else { return false }
            return word.withUTF8Buffer { word in word.indices.allSatisfy { text[start + $0] == word[$0] } }
        }
    }
}
