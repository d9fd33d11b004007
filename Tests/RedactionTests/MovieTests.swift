import Redaction
import Testing

/// Movies of which nothing but the location may go: cut off, nested in photos, with settings beside positions.
@Suite struct MovieTests {
    private typealias B = BoxBuilder

    private static func sample(_ fix: [UInt8]) -> [UInt8] {
        B.gpmf(
            "DEVC", type: 0, size: 1,
            B.gpmf(
                "STRM", type: 0, size: 1,
                B.gpmf("ACCL", type: 0x73, size: 2, [1, 2, 3, 4]) + B.gpmf("GPS5", type: 0x6c, size: 4, fix)))
    }

    private static let first: [UInt8] = [0x1d, 0x1f, 0x23, 0x29, 0x01, 0x5d, 0xde, 0xad]
    private static let second: [UInt8] = [0x3d, 0x1f, 0x43, 0x29, 0x51, 0x5d, 0xbe, 0xef]

    @Test func samplesOfAMovieInsideOfAPhotoCountFromItsBeginning() throws {
        let movie = B.timed("gpmd", [Self.sample(Self.first), Self.sample(Self.second)])
        let redacted = try Redacted(JPEGBuilder([], trailer: movie).bytes)
        redacted.expect(gone: [Self.first, Self.second], kept: [Array("ACCL".utf8) + [0x73, 2]], keptText: ["FREE"])
        #expect(redacted.plan.reasons.isEmpty)
    }

    @Test func aMovieCutOffInItsMediaDataKeepsTheRest() throws {
        let whole = B.timed("gpmd", [Self.sample(Self.first), Self.sample(Self.second)])
        let length = Self.sample(Self.second).count
        let start = whole.count - 2 * length
        for missing in [1, length - 20, length, length + 1, 2 * length] {
            let file = Array(whole.dropLast(missing))
            let redacted = try Redacted(file)
            let isDescribed = redacted.bytes.prefix(start) == file.prefix(start)
            #expect(isDescribed, "\(missing) bytes are missing: \(redacted.plan.reasons)")
            #expect(!redacted.contains(Array(Self.first.prefix(4))) && !redacted.contains(Array(Self.second.prefix(4))))
            if missing <= length { #expect(redacted.contains(Array("ACCL".utf8) + [0x73, 2])) }
        }
    }

    @Test func samplesOutsideOfAWholeMovieAreNotBelieved() throws {
        var file = B.timed("gpmd", [Self.sample(Self.first)])
        let table = try #require(file.firstRange(of: Array("stco".utf8))).upperBound
        file[table + 9] = 0x7F
        let redacted = try Redacted(file)
        redacted.expect(gone: [Self.first])
        #expect(redacted.plan.reasons.contains { $0.contains("truncated") })
    }

    @Test func userDataInGPMFLosesPositionsAlone() throws {
        let settings = B.gpmf("FMWR", type: 0x63, size: 1, Array("H19.03.01.30.00".utf8))
        let box = B.box("GPMF", settings + Self.sample(Self.first))
        let redacted = try Redacted(B.movie([B.box("udta", [box])]))
        redacted.expect(gone: [Self.first, Array("GPS5".utf8)], kept: [settings], keptText: ["GPMF", "FREE"])
    }

    @Test func aBoxOfXMPThatIsBlankedIsSkipped() throws {
        let packet = LocationUUIDs.xmp + Array("<x:xmpmeta>48,8.2372N</x:xmpmet>".utf8)
        let redacted = try Redacted(B.movie([]) + B.box("uuid", packet))
        redacted.expect(goneText: ["48,8.2372N", "uuid"], keptText: ["frames", "free"])
        #expect(redacted.plan.reasons.contains { $0.hasPrefix("XMP blanked") })
    }
}
