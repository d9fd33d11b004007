import Redaction
import TestSupport
import Testing

/// Redaction harms nothing else: programs that are not ours decode the same pixels, frames and samples, have nothing new
/// to complain about, and read the same tags but for locations.
@Suite(
    "Harmless", .timeLimit(.minutes(10)),
    .enabled(if: Machine.runsExtra, "needs MEDIAVEIL_TEST_EXTRA=1, and the packages of “scripts/packages extra”"))
struct HarmlessExtraTests {
    @Test("A file that others made with location loses it, and nothing else", arguments: Recipe.all)
    func made(_ recipe: Recipe) throws {
        try withTemporaryDirectory { directory in
            let bytes = try #require(Corpus.read(path: try recipe.make(in: directory)))
            let specimen = try Specimen(bytes, name: recipe.name, in: directory)
            #expect(!specimen.plan.isEmpty)
            #expect(specimen.plan.reasons.isEmpty)
            let tags = try TagComparison(specimen)
            #expect(tags.locationsLeft.isEmpty)
            let differences = try examine(specimen, tags)
            #expect(differences.isEmpty)
        }
    }

    @Test(
        "Nothing but location changes in a real file",
        .enabled(if: Corpus.folder != nil, "there is no ../shared/corpus beside the checkout"), arguments: Corpus.files)
    func real(_ file: Corpus.File) throws {
        try withTemporaryDirectory { directory in
            let bytes = try #require(Corpus.read(file))
            let name = file.path.split(separator: "/").last.map(String.init) ?? file.path
            let specimen = try Specimen(bytes, name: name, in: directory)
            let blanked = BlankedFile.all[file.path] ?? BlankedFile(path: file.path)
            #expect(specimen.plan.reasons == blanked.reasons)
            let differences = try examine(specimen, try TagComparison(specimen))
                .filter { line in !blanked.differences.contains { line.hasPrefix($0) } }
            #expect(differences.isEmpty)
        }
    }

    @Test(
        "XMP that is damaged goes whole, and nobody complains about its place",
        arguments: Recipe.all.filter { Recipe.withPlainXMP.contains($0.name) })
    func damaged(_ recipe: Recipe) throws {
        try withTemporaryDirectory { directory in
            var bytes = try #require(Corpus.read(path: try recipe.make(in: directory)))
            let end = try #require(bytes.firstRange(of: Array("</rdf:RDF>".utf8))).upperBound
            bytes[end - 2] = UInt8(ascii: "X")
            let specimen = try Specimen(bytes, name: recipe.name, in: directory)
            #expect(specimen.plan.reasons.contains { $0.hasPrefix("XMP blanked") })
            let tags = try TagComparison(specimen)
            #expect(tags.locationsLeft.isEmpty)
            // What was in the packet went with it, and a JPEG's segment is an empty comment now.
            let differences = try examine(specimen, tags)
                .filter { line in
                    !["XMP-", "Composite:", "File:Main:Comment", "jpeginfo:"].contains { line.hasPrefix($0) }
                }
            #expect(differences.isEmpty)
        }
    }

    @Test("The JPEG that a JPEG XL file was made of has no location either, and the rest of its metadata")
    func jpegOfJXL() throws {
        let recipe = try #require(Recipe.all.first { $0.name == "compressed.jxl" })
        try withTemporaryDirectory { directory in
            let bytes = try #require(Corpus.read(path: try recipe.make(in: directory)))
            let specimen = try Specimen(bytes, name: recipe.name, in: directory)
            let jpeg = directory + "/made.jpg"
            let made = try Program.output(["djxl", "--quiet", specimen.redacted, jpeg])
            try #require(made.status == 0, "\(made.errors)")
            func read(_ tags: [String]) throws -> String {
                try Program.output(["exiftool", "-s3", "-a"] + tags + [jpeg]).output
                    .filter { !$0.isWhitespace }
            }
            #expect(
                try read(["-gps:all", "-xmp-photoshop:all", "-iptc:city", "-iptc:country*", "-xmp-exif:all"]) == "")
            #expect(try read(["-iptc:headline", "-make", "-iptc:keywords"]) == "HeadlineAcmekept")
        }
    }

    private func examine(_ specimen: Specimen, _ tags: TagComparison) throws -> [String] {
        var differences = try tags.differences()
        for examiner in Examiner.all where examiner.suffixes.contains(specimen.suffix) {
            differences += try examiner.differences(specimen)
        }
        return differences
    }
}
