import Glibc
import Testing

/// Seeds for the fuzzers: `MEDIAVEIL_SEEDS=DIRECTORY swift test --filter Seeds` writes one file for each container.
@Suite("Seeds")
struct SeedTests {
    private static let folder = getenv("MEDIAVEIL_SEEDS").map { String(cString: $0) }

    @Test("Seeds are written where they are wanted", .enabled(if: folder != nil, "MEDIAVEIL_SEEDS is not set"))
    func write() throws {
        let folder = try #require(Self.folder)
        for seed in Seed.all {
            let name = String(seed.name.map { $0 == " " ? "-" : $0 })
            let file = open("\(folder)/\(name)", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
            try #require(file >= 0)
            defer { close(file) }
            #expect(Glibc.write(file, seed.bytes, seed.bytes.count) == seed.bytes.count)
        }
    }
}
