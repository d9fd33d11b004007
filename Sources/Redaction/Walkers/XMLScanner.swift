import CExpat
import Glibc

/// A well-formed XML document read by expat, which tells where in the input each event stands.
///
/// Decides nothing: `rules` say which elements and attributes are location. What is found are ranges of the input:
/// a whole attribute (name, `=`, quotes and value), or a whole element from its start tag to its end tag. Spaces in
/// their place keep a document well-formed.
final class XMLScanner {
    struct Rules: Sendable {
        /// The kind, if an element of this namespace and local name is location with all that is in it.
        var element: @Sendable (_ uri: String, _ local: String, _ depth: Int) -> String?
        /// The kind, if an attribute is location; the element's name comes with it.
        var attribute: @Sendable (_ uri: String, _ local: String, _ element: String, _ depth: Int) -> String?
        /// Local names that it does not admit are no location, whatever their namespace; nil to ask of all of them.
        var filter: NameFilter?

        static let xmp = Rules(
            // x:xmpmeta, rdf:RDF and rdf:Description are around a property, the last also around one that is an attribute.
            element: { LocationProperties.kind($0, $1, isNested: $2 > 4) },
            attribute: { uri, local, _, depth in
                uri.isEmpty ? nil : LocationProperties.kind(uri, local, isNested: depth > 3)
            }, filter: LocationProperties.filter)
    }

    struct Found {
        let range: Range<UInt64>
        let kind: String
    }

    /// Bytes of one unit of the encoding; spaces and `<` are one unit.
    let unit: Int
    private(set) var found: [Found] = []
    /// Elements that are open; the root is closed when it is 0 again.
    private(set) var depth = 0
    private(set) var rootClosed = false
    private(set) var failure: String?

    private let rules: Rules
    private let order: ByteOrder
    private var parser: XML_Parser?
    /// Where in the input the bytes that expat counts from 0 begin, and what was left out since.
    private var map: [(fed: UInt64, input: UInt64)] = [(0, 0)]
    private var fed: UInt64 = 0
    private var open: (start: UInt64, depth: Int, kind: String)?
    private var namespaces = XMLNamespaces()

    static let depthLimit = 200
    static let foundLimit = 4_096
    enum Encoding {
        case utf8
        case utf16(ByteOrder)
    }

    init(_ encoding: Encoding, rules: Rules) {
        self.rules = rules
        let name: String?
        switch encoding {
        case .utf8: (unit, order, name) = (1, .big, nil)
        case .utf16(let order): (unit, self.order, name) = (2, order, order == .big ? "UTF-16BE" : "UTF-16LE")
        }
        parser = ExpatMemory.parser(name)
        guard let parser else {
            failure = "no XML parser"
            return
        }
        XML_SetUserData(parser, Unmanaged.passUnretained(self).toOpaque())
        XML_SetElementHandler(
            parser,
            { data, name, attributes in
                guard let data, let name else { return }
                Unmanaged<XMLScanner>.fromOpaque(data).takeUnretainedValue().start(name, attributes)
            },
            { data, _ in
                guard let data else { return }
                Unmanaged<XMLScanner>.fromOpaque(data).takeUnretainedValue().end()
            })
        XML_SetStartDoctypeDeclHandler(parser) { data, _, _, _, hasInternalSubset in
            guard let data, hasInternalSubset != 0 else { return }
            // Entities could hold a value far from where it is used.
            Unmanaged<XMLScanner>.fromOpaque(data).takeUnretainedValue().fail("internal DTD")
        }
    }

    deinit {
        if let parser { XML_ParserFree(parser) }
    }

    /// Parses the next bytes, which stand at `offset` of the input; what lies between them and those before is
    /// left out. Returns whether to go on.
    func feed(_ bytes: [UInt8], at offset: UInt64, isFinal: Bool = false) -> Bool {
        guard let parser, failure == nil else { return false }
        if let last = map.last, offset != last.input + (fed - last.fed) { map.append((fed, offset)) }
        fed += UInt64(bytes.count)
        let status = bytes.withUnsafeBytes { buffer in
            XML_Parse(
                parser, buffer.baseAddress?.assumingMemoryBound(to: CChar.self),
                Int32(truncatingIfNeeded: buffer.count),
                isFinal ? 1 : 0)
        }
        guard status != XML_STATUS_ERROR else {
            if failure == nil {
                failure = XML_ErrorString(XML_GetErrorCode(parser)).map { String(cString: $0) } ?? "not well-formed"
            }
            return false
        }
        return true
    }

    /// Where in the input the parser stopped.
    var position: UInt64 {
        guard let parser else { return 0 }
        return input(UInt64(max(0, XML_GetCurrentByteIndex(parser))))
    }

    private func input(_ index: UInt64) -> UInt64 {
        var low = 0
        var high = map.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if map[middle].fed <= index { low = middle } else { high = middle }
        }
        return map[low].input + (index - map[low].fed)
    }

    /// Where the event that the parser reports ends in the input. Its last byte is mapped, because left-out bytes may
    /// follow it.
    private func eventEnd(_ start: UInt64, _ count: UInt64) -> UInt64 {
        let end = start + count
        return end == 0 ? 0 : input(end - 1) + 1
    }

    private func fail(_ reason: String) {
        failure = failure ?? reason
        if let parser { XML_StopParser(parser, 0) }
    }

    // MARK: Events

    private func start(_ name: UnsafePointer<XML_Char>, _ attributes: UnsafeMutablePointer<UnsafePointer<XML_Char>?>?) {
        guard let parser else { return }
        depth += 1
        guard depth <= Self.depthLimit else { return fail("nested deeper than \(Self.depthLimit)") }
        guard open == nil else { return }
        if let attributes, !namespaces.declare(attributes, depth) { return fail("namespace that may not be declared") }
        guard namespaces.know(name) else { return fail("unbound prefix") }
        let index = UInt64(max(0, XML_GetCurrentByteIndex(parser)))
        if isCandidate(name) {
            let (uri, local) = namespaces.resolved(name, isElement: true)
            if let kind = rules.element(uri, local, depth) {
                open = (input(index), depth, kind)
                return
            }
        }
        guard let attributes, attributes[0] != nil else { return }
        // `<Group name="ExifGPS">` of Sony's non-real-time metadata (XDCAM, XAVC).
        if let kind = Self.kind(named: attributes) {
            open = (input(index), depth, kind)
            return
        }
        var wanted: [(index: Int, kind: String)] = []
        var number = 0
        var next = attributes
        while let attribute = next[0] {
            next += 2
            if XMLNamespaces.declares(attribute) { continue }
            guard namespaces.know(attribute) else { return fail("unbound prefix") }
            if isCandidate(attribute) {
                let (uri, local) = namespaces.resolved(attribute, isElement: false)
                let element = namespaces.resolved(name, isElement: true).local
                if let kind = rules.attribute(uri, local, element, depth) { wanted.append((number, kind)) }
            }
            number += 1
        }
        guard !wanted.isEmpty else { return }
        let ranges = attributeRanges(index)
        guard ranges.count == number else { return fail("attributes not told apart") }
        for (number, kind) in wanted { append(ranges[number], kind) }
    }

    /// The kind, if an attribute called `name` says that the element holds what GPS writes.
    private static func kind(named attributes: UnsafeMutablePointer<UnsafePointer<XML_Char>?>) -> String? {
        var index = 0
        while let attribute = attributes[index], let value = attributes[index + 1] {
            if strcmp(attribute, "name") == 0 {
                let name = LocationKeys.folded(String(cString: value))
                return LocationKeys.isOfGPS(folded: name) ? "XML \(name)" : nil
            }
            index += 2
        }
        return nil
    }

    private func end() {
        guard let parser else { return }
        defer {
            depth -= 1
            namespaces.leave(depth)
            if depth == 0 { rootClosed = true }
        }
        guard let open, open.depth == depth else { return }
        let index = UInt64(max(0, XML_GetCurrentByteIndex(parser)))
        // An empty-element tag reports its end behind itself, with a count of 0.
        let count = UInt64(max(0, XML_GetCurrentByteCount(parser)))
        self.open = nil
        let end = eventEnd(index, count)
        guard end > open.start else { return fail("an element without an end") }
        append(open.start..<end, open.kind)
    }

    private func append(_ range: Range<UInt64>, _ kind: String) {
        guard found.count < Self.foundLimit else { return fail("more than \(Self.foundLimit) locations") }
        found.append(Found(range: range, kind: kind))
    }

    /// Whether the local part of `name` may be a location.
    private func isCandidate(_ name: UnsafePointer<XML_Char>) -> Bool {
        guard let filter = rules.filter else { return true }
        let local = XMLNamespaces.local(name)
        let length = strlen(local)
        return local.withMemoryRebound(to: UInt8.self, capacity: length) {
            filter.admits(UnsafeBufferPointer(start: $0, count: length))
        }
    }

    /// The ranges of the attributes in the start tag that expat has just read, except declarations of namespaces, in
    /// their order. The tag is well-formed, so quotes and spaces suffice to tell them apart.
    private func attributeRanges(_ start: UInt64) -> [Range<UInt64>] {
        guard let parser else { return [] }
        var offset: Int32 = 0
        var size: Int32 = 0
        let count = Int(XML_GetCurrentByteCount(parser))
        guard let context = XML_GetInputContext(parser, &offset, &size), count > 0, Int(size) - Int(offset) >= count
        else { return [] }
        let units = count / unit
        let wide = unit == 2
        let high = order == .big ? 0 : 1
        func character(_ index: Int) -> UInt8 {
            let at = Int(offset) + index * unit
            guard wide else { return UInt8(bitPattern: context[at]) }
            guard context[at + high] == 0 else { return 0xFF }
            return UInt8(bitPattern: context[at + 1 - high])
        }
        func isSpace(_ c: UInt8) -> Bool { c == 0x20 || c == 0x09 || c == 0x0A || c == 0x0D }
        /// Whether the name from `first` on declares a namespace: `xmlns` or `xmlns:…`, in front of a space or `=`.
        func isNamespace(_ first: Int) -> Bool {
            guard first + 5 < units, zip(first..., "xmlns".utf8).allSatisfy({ character($0) == $1 }) else {
                return false
            }
            return isSpace(character(first + 5)) || [0x3A, 0x3D].contains(character(first + 5))
        }
        var ranges: [Range<UInt64>] = []
        var index = 1
        while index < units, !isSpace(character(index)), character(index) != 0x3E { index += 1 }
        while index < units {
            while index < units, isSpace(character(index)) { index += 1 }
            guard index < units, character(index) != 0x3E, character(index) != 0x2F else { break }
            let first = index
            while index < units, character(index) != 0x3D { index += 1 }
            let isDeclaration = isNamespace(first)
            while index < units, character(index) != 0x22, character(index) != 0x27 { index += 1 }
            guard index < units else { return [] }
            let quote = character(index)
            index += 1
            while index < units, character(index) != quote { index += 1 }
            guard index < units else { return [] }
            index += 1
            guard !isDeclaration else { continue }
            let lower = input(start + UInt64(first * unit))
            ranges.append(lower..<eventEnd(start + UInt64(first * unit), UInt64((index - first) * unit)))
        }
        return ranges
    }
}
