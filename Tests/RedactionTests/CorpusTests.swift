import Redaction
import TestSupport
import Testing

/// Real files of many cameras and programs. Without the corpus nothing is tested here, and the log says so.
@Suite(
    "Corpus", .enabled(if: Corpus.folder != nil, "there is no ../shared/corpus beside the checkout"),
    .timeLimit(.minutes(10)))
struct CorpusTests {
    @Test(
        "No needle is readable in a redacted file, its length is the original's",
        arguments: Corpus.files)
    func needles(file: Corpus.File) throws {
        let original = try #require(Corpus.read(file))
        let redacted = try Redacted(original)
        #expect(redacted.bytes.count == original.count)
        for needle in file.needles where needle.offset + needle.bytes.count <= original.count {
            let there = redacted.bytes[needle.offset..<needle.offset + needle.bytes.count]
            #expect(!there.elementsEqual(needle.bytes), "\(needle.kind) at \(needle.offset)")
        }
    }

    @Test("A file without location has an empty plan", arguments: Corpus.files.filter { !$0.hasLocation })
    func nothing(file: Corpus.File) throws {
        let plan = try Redacted(try #require(Corpus.read(file))).plan
        #expect(plan.isEmpty, "\(plan.patches.map(\.kind))")
    }

    @Test("A redacted file has nothing more to redact", arguments: Corpus.files)
    func stable(file: Corpus.File) throws {
        let once = try Redacted(try #require(Corpus.read(file)))
        let twice = try Redacted(once.bytes)
        let isStable = twice.bytes == once.bytes
        #expect(isStable, "\(twice.plan.patches.map(\.kind))")
    }

    @Test("Planning reads little: at most 5,000 times, and far from all of a large file", arguments: Corpus.files)
    func reads(file: Corpus.File) throws {
        let source = MutationTests.Counter(try #require(Corpus.read(file)))
        _ = try Redaction.plan(for: source)
        #expect(source.reads <= 5_000)
        #expect(source.largest <= 4 << 20)
    }
}
