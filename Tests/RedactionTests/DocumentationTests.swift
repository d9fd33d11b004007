import Foundation
import Redaction
import TestSupport
import Testing

@Suite struct DocumentationTests {
    /// What is shown is what is compiled here.
    @Test func theExampleStandsInTheCatalogue() throws {
        let folder = Machine.packageRoot
        let example = try String(
            contentsOfFile: folder + "/Tests/RedactionTests/DocumentationExample.swift", encoding: .utf8)
        let article = try String(
            contentsOfFile: folder + "/Sources/Redaction/Redaction.docc/Planning.md", encoding: .utf8)
        let code = example.split(separator: "\n", maxSplits: 1)[1]
        #expect(article.contains("```swift\n" + code + "```"))
    }

    @Test func theExampleDoesWhatItSays() throws {
        let seed = try #require(Seed.all.first { $0.name == "JPEG with Exif" }).bytes
        try withTemporaryDirectory { root throws in
            let path = root + "/photo"
            try Data(seed).write(to: URL(fileURLWithPath: path))
            let bytes = try withoutLocation(path)
            #expect(bytes.count == seed.count && bytes != seed)
            #expect(try Redaction.plan(for: MemorySource(bytes)).isEmpty)
        }
    }
}
