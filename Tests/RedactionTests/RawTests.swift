import Redaction
import Testing

@Suite("Raw files of cameras")
struct RawTests {
    @Test("CRW: a preview that is no JPEG hides nothing if there is none anywhere, and is not believed if there is")
    func previewOfCRW() throws {
        let jpeg = Seed.crw.count - 26 - 16
        var dummy = Seed.crw
        dummy.replaceSubrange(26..<26 + jpeg, with: [UInt8](repeating: 0x3C, count: jpeg))
        #expect(try Redacted(dummy).plan.isEmpty)

        var moved = Seed.crw
        // The directory's entry begins one byte later than the JPEG.
        moved[moved.count - 8] = 1
        let redacted = try Redacted(moved)
        redacted.expect(gone: TIFFBuilder.coordinates(.big))
        #expect(redacted.plan.reasons.contains { $0.hasPrefix("CRW blanked") })
    }
}
