/// XMP packets with properties of a test's choice.
enum XMPBuilder {
    static let namespaces = """
        xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" \
        xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:q="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" \
        xmlns:u="http://example.com/unknown/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
        """

    static func packet(attributes: String = "", elements: String = "") -> String {
        """
        <?xpacket begin="\u{FEFF}" id="W5M0MpCehiHzreSzNTczkc9d"?>
        <x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
        <rdf:Description rdf:about="" \(namespaces) xmp:Rating="4" \(attributes)>\(elements)</rdf:Description>
        </rdf:RDF></x:xmpmeta>
        <?xpacket end="w"?>
        """
    }

    /// Latitude as an attribute, city as an element, a location structure; the rating stays.
    static let located = packet(
        attributes: #"exif:GPSLatitude="48,8.2372N" u:Note="kept note""#,
        elements: """
            <photoshop:City>Munchenstadt</photoshop:City><dc:format>image/jpeg</dc:format>\
            <q:LocationShown><rdf:Bag><rdf:li q:Sublocation="Marienplatzchen"/></rdf:Bag></q:LocationShown>
            """)
    static let secrets = ["48,8.2372N", "Munchenstadt", "Marienplatzchen"]
    static let kept = ["kept note", "image/jpeg", #"xmp:Rating="4""#, "<?xpacket end"]
}
