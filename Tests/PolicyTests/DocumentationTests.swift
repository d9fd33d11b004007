import Foundation
import Policy
import TestSupport
import Testing

@Suite struct DocumentationTests {
    /// What is shown is what is compiled here.
    @Test func theExampleStandsInTheCatalogue() throws {
        let folder = Machine.packageRoot
        let example = try String(
            contentsOfFile: folder + "/Tests/PolicyTests/DocumentationExample.swift", encoding: .utf8)
        let article = try String(contentsOfFile: folder + "/Sources/Policy/Policy.docc/Deciding.md", encoding: .utf8)
        let code = example.split(separator: "\n", maxSplits: 1)[1]
        #expect(article.contains("```swift\n" + code + "```"))
    }

    @Test func theExampleDoesWhatItSays() throws {
        let decision = try whatTheGalleryMayDo(now: 1_000)
        #expect(decision == Decision(visible: true, read: true, location: true, rule: .readPermission))
    }
}
