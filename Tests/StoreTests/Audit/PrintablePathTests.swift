import Store
import Testing

/// Names of others cannot pretend to be anything else where they are shown.
struct PrintablePathTests {
    @Test(arguments: [
        ("DCIM/a b.jpg", "DCIM/a b.jpg"), ("Fotos/Grüße 🌍.jpg", "Fotos/Grüße 🌍.jpg"), ("写真/東京.jpg", "写真/東京.jpg"),
        ("a\nb", "a\\nb"), ("a\tb\rc", "a\\tb\\rc"), ("\u{1B}[31m", "\\x1b[31m"), ("a\u{7F}", "a\\x7f"),
        ("a\\nb", "a\\\\nb"), ("\u{85}", "\\u{85}"), ("\u{2028}", "\\u{2028}"), ("a\u{202E}gpj", "a\\u{202e}gpj"),
        ("\u{2066}x", "\\u{2066}x"), ("\u{200B}", "\\u{200b}"), ("\u{FEFF}", "\\u{feff}"), ("\u{A0}", "\\u{a0}"),
        ("\u{E0041}", "\\u{e0041}"), ("\u{AD}", "\\u{ad}"), ("\u{3164}", "\\u{3164}"), ("", ""),
    ])
    func whatDeceivesIsEscaped(_ name: String, _ shown: String) {
        #expect(PrintablePath.text(name) == shown)
    }

    @Test func whatIsNotUTF8IsShownByteByByte() {
        #expect(PrintablePath.text([0x61, 0xff, 0x62]) == "a\\xffb")
        #expect(PrintablePath.text([0xc3]) == "\\xc3")
        #expect(PrintablePath.text([0xed, 0xa0, 0x80]) == "\\xed\\xa0\\x80")
        #expect(PrintablePath.text([0xc3, 0xa4, 0xe2, 0x82]) == "ä\\xe2\\x82")
    }

    @Test func differentNamesLookDifferent() {
        let names: [[UInt8]] = [
            [0xff], Array("\\xff".utf8), Array("\u{FF}".utf8), [0x0a], Array("\\n".utf8), Array("\\\\n".utf8),
            Array("\u{200B}".utf8), Array("\\u{200b}".utf8), [],
        ]
        #expect(Set(names.map { PrintablePath.text($0) }).count == names.count)
    }
}
