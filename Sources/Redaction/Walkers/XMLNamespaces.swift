import CExpat
import Glibc

/// Namespaces in XML 1.0: what the prefixes of names mean in the elements that are open.
///
/// Expat would look up each name's namespace and put the two together, which takes longer than all the rest of its work. Few
/// names are asked about.
struct XMLNamespaces {
    private struct Binding {
        /// With the colon; empty for the default namespace.
        let prefix: [XML_Char]
        let uri: String
        let depth: Int
    }

    private var bindings: [Binding] = []

    private static let xml = "http://www.w3.org/XML/1998/namespace"
    private static let xmlns = "http://www.w3.org/2000/xmlns/"

    /// Whether an attribute declares a namespace: `xmlns` or `xmlns:…`.
    static func declares(_ attribute: UnsafePointer<XML_Char>) -> Bool {
        guard attribute[0] == 0x78, strncmp(attribute, "xmlns", 5) == 0 else { return false }
        return attribute[5] == 0 || attribute[5] == 0x3A
    }

    /// The part of a name behind its prefix.
    static func local(_ name: UnsafePointer<XML_Char>) -> UnsafePointer<XML_Char> {
        strchr(name, 0x3A).map { UnsafePointer($0) + 1 } ?? name
    }

    /// Takes the declarations among an element's attributes, which hold until ``leave(_:)`` for its parent.
    ///
    /// - Returns: whether all of them are allowed (Namespaces in XML 1.0, 3 and 5): a prefix is not undeclared, and nothing
    ///   else is called `xml` or `xmlns` or means what these mean.
    mutating func declare(_ attributes: UnsafeMutablePointer<UnsafePointer<XML_Char>?>, _ depth: Int) -> Bool {
        var next = attributes
        while let attribute = next[0], let value = next[1] {
            next += 2
            guard Self.declares(attribute) else { continue }
            let hasPrefix = attribute[5] != 0
            let prefix = hasPrefix ? String(cString: attribute + 6) : ""
            let uri = String(cString: value)
            guard Self.mayBind(prefix, hasPrefix, to: uri) else { return false }
            bindings.append(
                Binding(
                    prefix: hasPrefix ? prefix.utf8.map { XML_Char(bitPattern: $0) } + [0x3A] : [], uri: uri,
                    depth: depth))
        }
        return true
    }

    private static func mayBind(_ prefix: String, _ hasPrefix: Bool, to uri: String) -> Bool {
        guard hasPrefix else { return uri != xml && uri != xmlns }
        guard !prefix.isEmpty, !prefix.utf8.contains(0x3A), prefix != "xmlns", uri != xmlns, !uri.isEmpty else {
            return false
        }
        return (prefix == "xml") == (uri == xml)
    }

    /// Forgets what was declared in elements deeper than `depth`.
    mutating func leave(_ depth: Int) {
        while let last = bindings.last, last.depth > depth { bindings.removeLast() }
    }

    /// Whether a name is one (Namespaces in XML 1.0, 4) and its prefix, if it has one, was declared.
    func know(_ name: UnsafePointer<XML_Char>) -> Bool {
        let local = Self.local(name)
        let length = local - name
        guard length > 0 else { return true }
        guard local[0] != 0, strchr(local, 0x3A) == nil else { return false }
        return binding(name, length) != nil || strncmp(name, "xml:", 4) == 0
    }

    /// A name's namespace and its local part; attributes without a prefix are in no namespace.
    func resolved(_ name: UnsafePointer<XML_Char>, isElement: Bool) -> (uri: String, local: String) {
        let local = Self.local(name)
        let length = local - name
        guard length > 0 || isElement else { return ("", String(cString: local)) }
        let uri = binding(name, length)?.uri ?? (strncmp(name, "xml:", 4) == 0 ? Self.xml : "")
        return (uri, String(cString: local))
    }

    /// The innermost binding of a prefix, which is the first `length` bytes of a name.
    private func binding(_ name: UnsafePointer<XML_Char>, _ length: Int) -> Binding? {
        bindings.last { $0.prefix.count == length && (length == 0 || memcmp($0.prefix, name, length) == 0) }
    }
}
