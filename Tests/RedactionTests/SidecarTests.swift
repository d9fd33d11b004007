import Redaction
import Testing

/// What cameras write beside their films.
@Suite("Sidecars", .timeLimit(.minutes(10)))
struct SidecarTests {
    private static let drone = """
        1
        00:00:00,000 --> 00:00:00,033
        <font size="28">SrtCnt : 1, DiffTime : 33ms
        [iso : 100] [shutter : 1/640.0] [latitude: 48.858300] [longitude: 2.294500] [rel_alt: 1.300 abs_alt: 100.207] </font>

        2
        00:00:00,033 --> 00:00:00,066
        A film, alt: 5.5

        """

    @Test("Subtitles of drones lose positions and the heights beside them", arguments: ["\n", "\r\n"])
    func subtitles(end: String) throws {
        for head in ["", "\u{FEFF}"] {
            let redacted = try Redacted(Array((head + Self.drone.replacing("\n", with: end)).utf8))
            redacted.expect(
                goneText: ["48.858300", "2.294500", "1.300", "100.207"],
                keptText: [
                    "[iso : 100] [shutter : 1/640.0] [", "] </font>", "00:00:00,033 --> 00:00:00,066", "alt: 5.5",
                ])
            #expect(redacted.plan.container == "SubRip")
            #expect(redacted.plan.reasons.isEmpty)
        }
        let web = try Redacted(Array(("WEBVTT\n\n" + Self.drone.replacing(",", with: ".")).utf8))
        web.expect(goneText: ["48.858300"], keptText: ["WEBVTT", "alt: 5.5"])
        #expect(web.plan.container == "WebVTT")
    }

    @Test("Long ones too, as far as patches go") func longSubtitles() throws {
        let line = "7\n00:00:01,000 --> 00:00:02,000\nGPS (8.6432, 53.1678, 18)\n\n"
        let redacted = try Redacted(Array(String(repeating: line, count: 17_000).utf8))
        #expect(!redacted.contains("8.6432"))
        #expect(redacted.plan.reasons == ["rest of the subtitles blanked: more than 16000 positions"])
        #expect(redacted.bytes.starts(with: Array("7\n00:00:01,000 --> 00:00:02,000\n".utf8)))
    }

    @Test("A film's subtitles stay, and so does what only begins as subtitles do") func films() throws {
        #expect(try Redacted(Array("1\n00:00:01,000 --> 00:00:02,000\nTurn left.\n".utf8)).plan.isEmpty)
        #expect(try Redacted(Array("1\n48.858300, 2.294500\n".utf8)).plan.container == "none")
    }

    @Test("Logs of a dashcam, with the time in front of each line") func logs() throws {
        let line = "[1463409010123]$GPRMC,141010.00,A,4851.5020,N,00217.6690,E,0.0,0.0,160516,,,A*6F\r\n"
        let redacted = try Redacted(Array(String(repeating: line, count: 3).utf8))
        redacted.expect(goneText: ["4851.5020", "00217.6690"])
        #expect(redacted.plan.container == "NMEA")
    }

    @Test("Insta360's trailer behind a JPEG goes as a whole") func insta360() throws {
        let image = JPEGBuilder([]).bytes
        let positions = [UInt8](repeating: 0xA5, count: 53)
        let mark = Array("8db42d694ccc418790edff439fe026bf".utf8)
        for claimed in [53 + 78, 9_999] {
            var end = [UInt8](repeating: 0, count: 38)
            end += OtherContainers.little(claimed)
            end += OtherContainers.little(1)
            let redacted = try Redacted(image + Array("before it".utf8) + positions + end + mark)
            redacted.expect(gone: [positions, mark], kept: [image])
            #expect(redacted.contains("before it") == (claimed < 9_999))
            #expect(redacted.plan.reasons.count == 1)
        }
    }

    @Test("Logs of ciphered coordinates in boxes that readers skip, and in user data") func ligo() throws {
        let log = Array("LIGOGPSINFO\0".utf8) + [UInt8](repeating: 0x5A, count: 200)
        let head = BoxBuilder.box("ftyp", Array("isom\0\0\0\0".utf8))
        for type in ["skip", "free"] {
            let movie = BoxBuilder.box(
                "moov", BoxBuilder.box(type, log) + BoxBuilder.box("free", Array("padding".utf8)))
            try Redacted(head + movie).expect(gone: [log], keptText: ["padding"])
        }
        let data = BoxBuilder.box("udta", BoxBuilder.box("GKUD", Array("head".utf8) + log))
        try Redacted(head + BoxBuilder.box("moov", data)).expect(gone: [log])
    }

    @Test("FLIR's height above the start") func flir() throws {
        let packet = XMPBuilder.packet(
            attributes: #"xmlns:f="http://ns.flir.com/xmp/1.0/" f:MAVRelativeAltitude="4711/1000" f:MAVVersionID="3""#)
        try Redacted(Array(packet.utf8)).expect(goneText: ["4711"], keptText: [#"f:MAVVersionID="3""#])
    }
}
