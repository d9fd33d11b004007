import Foundation
import Redaction
import Testing

/// Inputs that a fuzzer has found.
@Suite("Found by fuzzing", .timeLimit(.minutes(10)))
struct FoundByFuzzingTests {
    /// TIFF structures that lie in each other many times over, sixteen deep: 860 bytes that took ten seconds.
    private static let nestedTIFF = """
        SUkqAAgAAAAIAAAAAQAFgAMAAABuAABAAwACAAAATgAAAAIABQADAAAAbgAAQAMAAgACAAAARQAAAAQEBQADAAAAhgAAAAUAAQAB
        AAAAAAAAAG1vb3YAAADUdXVpZIXAtoeCDxHggQAAAAAYZnR5cGNyeCAAAAABY3J4IGlzb28AAG8AbdxtdgAAANR1dWlkhcO2h4IP
        EeCBEfT/////GGZ0eXBjcnggAAAAAWNyeCBpc29tAAAA3G1vb3YAABhmdHlwY3J4IAAAAAFjcnggaXNvbQAAANxtb292AAAA1HV1
        aWSFw7aHgg8R4IER9M5GK2pIAAAAvENNVDRJSSoACAAAAAgAADRJSSoACAAAAAgAAAABAAQAAAACbf+oAAABAAIAAgAAAE4ALgAC
        AAUAAAMAAAAAZgADAAIAAgAAAIYAAAAFIAEAAQAAAAAAAAABAAIAAgAAAE4ALgACAAUAAAMAAAAAZgADAAIAAgAAAIYAAAAFIAEA
        AQAAAAAAAAAGAAUAAAAAAQAAAAACbf+oAAABAAAACAAANElJKgAIAAAACAAAAAEABAAAAAJt/04AAAACAAUAAwAAAG4AAEADAAIA
        AgAAAEUAAAAEBAUAAwAAAIYAAAAFAAEAAQAAAAAAAABtb292AAAA1HV1aWSFwLaHgg8R4IEAAAAAGGZ0eXBjcnggAAAAAWNyeCBp
        c29vAABvAG3cbXYAAADUdXVpZIXDtoeCDxHggRH0/////xhmdHlwY3J4IAAAAAFjcnggaXNvbQAAANxtb292AAAYZnR5cGNyeCAA
        AAABY3J4IGlzb20AAADcbW9vdgAAANR1dWlkhcO2h4IPEeCBEfTORitqSAAAALxDTVQ0SUkqAAgAAAAIAAA0SUkqAAgAAAAIAAAA
        AQAEAAAAAm3/qAAAAQACAAIAAABOAC4AAgAFAAADAAAAAGYAAwACAAIAAACGAAAABSABAAEAAAAAAAAABgAFAAAAAAEAAAAAAm3/
        qAAAAQAAAAYABQAAANR1dWlkhQAAAAAAAwAAAG6Fw7aHgg8R4IER9M5GK2pIAAAAvENNVDRJSSoACAAAAEADAAIAAABOAAAAAgAF
        AAMAAABuAABAAwACAAIAAAAARQAAAAQEBQADAAAACAAANEk=
        """

    /// A chunk that ends in the head of its ID3 tag ended the process: in a RIFF and in an AIFF.
    @Test func tagsThatTheirChunkCutsOffAreBlanked() throws {
        let tag: [UInt8] = Array("ID3".utf8) + [3, 0, 0, 0, 0]
        let files: [[UInt8]] = [
            Array("FORM\0\0\0\u{14}AIFFID3 \0\0\0\u{8}".utf8) + tag + Array("NAME\0\0\0\u{6}A name".utf8),
            Array("RIFF\u{14}\0\0\0WAVEid3 \u{8}\0\0\0".utf8) + tag + Array("INAM\u{6}\0\0\0A name".utf8),
        ]
        for file in files {
            let redacted = try Redacted(file)
            redacted.expect(gone: [tag], keptText: ["A name"])
            #expect(redacted.plan.reasons == ["ID3 tag blanked: truncated"])
        }
    }

    @Test func structuresInEachOtherAreLookedIntoOnlySoOften() throws {
        let bytes = try #require(Data(base64Encoded: Self.nestedTIFF, options: .ignoreUnknownCharacters))
        let redacted = try Redacted(Array(bytes))
        let reasons = redacted.plan.reasons
        #expect(reasons.contains { $0.contains("more work than a file of this size may be") }, "\(reasons)")
    }
}
