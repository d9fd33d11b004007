import Redaction
import Testing

/// Text of drones and dashcams between the frames of Matroska and AVI.
@Suite("Subtitles", .timeLimit(.minutes(10)))
struct SubtitleTests {
    private typealias M = MatroskaBuilder

    private static let line = "F/2.8, SS 320, ISO 100, GPS (8.6432, 53.1678, 18), D 24.26m, H 6.00m"
    private static let gone = ["8.6432", "53.1678", ", 18)", "6.00"]
    private static let kept = ["F/2.8, SS 320, ISO 100", "D 24.26m"]

    private func expect(_ redacted: Redacted, _ kept: [String] = SubtitleTests.kept) {
        redacted.expect(goneText: Self.gone, keptText: kept + ["A first line", "frames"])
        #expect(redacted.plan.reasons.isEmpty, "\(redacted.plan.reasons)")
    }

    @Test(
        "Lines of Matroska lose their positions, whatever they are coded in",
        arguments: [
            "S_TEXT/UTF8", "S_TEXT/ASCII", "S_TEXT/ASS", "S_SSA", "S_TEXT/WEBVTT", "D_WEBVTT/SUBTITLES", "S_KATE",
            "S_TEXT/OF-TOMORROW",
        ])
    func codecs(codec: String) throws {
        let blocks = [
            M.simpleBlock(2, Array("A first line".utf8)), M.simpleBlock(1, Array("frames".utf8)),
            M.blockGroup(2, Array("0,0,Default,,0,0,0,,\(Self.line)".utf8)), M.simpleBlock(300, Array("A line".utf8)),
        ]
        expect(try Redacted(M.file([M.video(1), M.track(2, 17, codec)], blocks)))
    }

    @Test("Pictures, frames and lines without a position stay") func others() throws {
        let line = Array(Self.line.utf8)
        let tracks = [M.video(1), M.track(2, 17, "S_VOBSUB"), M.track(3, 17, "S_HDMV/PGS"), M.track(4, 2, "A_OPUS")]
        let blocks = (1...4).map { M.simpleBlock($0, line) }
        #expect(try Redacted(M.file(tracks, blocks)).plan.isEmpty)
        let plain = M.simpleBlock(2, Array("Chapter 1,0,0, alt: 5.5".utf8))
        #expect(try Redacted(M.file([M.track(2, 17, "S_TEXT/UTF8")], [plain])).plan.isEmpty)
    }

    @Test("Several lines in one block, in each way of lacing") func lacing() throws {
        let first = Array("A first line".utf8)
        let lines = [first, Array(Self.line.utf8), Array(Self.line.utf8), Array("frames".utf8)]
        let sizes = lines.map { UInt8($0.count) }
        let xiph: [UInt8] = [3, sizes[0], sizes[1], sizes[2]]
        // Differences of one byte, around 63.
        let difference = 0x80 | (63 + sizes[1] - sizes[0])
        let ebml: [UInt8] = [3, 0x80 | sizes[0], difference, 0x80 | 63]
        for (flags, head) in [(UInt8(0x02), xiph), (0x06, ebml)] {
            let block = M.simpleBlock(2, head + lines.flatMap { $0 }, flags: flags)
            expect(try Redacted(M.file([M.track(2, 17, "S_TEXT/UTF8")], [block])))
        }
        let even = Array((Self.line + "frames A first line").utf8)
        expect(try Redacted(M.file([M.track(2, 17, "S_TEXT/UTF8")], [M.simpleBlock(2, [1] + even + even, flags: 4)])))
        // One whose sizes do not fit is blanked, the others are not.
        let wrong = M.simpleBlock(2, [3, 200, 200, 200] + Array(Self.line.utf8), flags: 2)
        let redacted = try Redacted(
            M.file([M.track(2, 17, "S_TEXT/UTF8")], [wrong, M.simpleBlock(2, Array("A second line".utf8))]))
        redacted.expect(goneText: Self.gone + ["F/2.8"], keptText: ["A second line"])
        #expect(redacted.plan.reasons == ["text sample blanked: lace does not fit"])
    }

    @Test("Compressed lines are compressed again; what cannot be looked into is blanked") func storage() throws {
        let first = M.simpleBlock(2, PNGBuilder.deflate(Array("A first line".utf8)))
        let line = PNGBuilder.deflate(Array(Self.line.utf8))
        let zlib = M.track(2, 17, "S_TEXT/UTF8", encoding: M.compression(0))
        let redacted = try Redacted(M.file([zlib], [first, M.simpleBlock(2, line)]))
        #expect(redacted.plan.reasons.isEmpty)
        let place = try #require(redacted.original.firstRange(of: line))
        let text = PNGBuilder.inflated(Array(redacted.bytes[place])) ?? []
        let inflated = String(decoding: text, as: UTF8.self)
        #expect(Self.gone.allSatisfy { !inflated.contains($0) } && Self.kept.allSatisfy(inflated.contains))
        #expect(redacted.contains(PNGBuilder.deflate(Array("A first line".utf8))))

        let stripped = M.track(
            2, 17, "S_TEXT/UTF8", encoding: M.compression(3, Array("F/2.8, SS 320, ISO 100, GPS (".utf8)))
        try Redacted(M.file([stripped], [M.simpleBlock(2, Array("8.6432, 53.1678, 18) bright".utf8))]))
            .expect(goneText: ["8.6432", "53.1678", "18"], keptText: ["bright"])
        for encoding in [M.compression(1), M.element([0x50, 0x35], [])] {
            let unknown = try Redacted(
                M.file([M.track(2, 17, "S_TEXT/UTF8", encoding: encoding)], [M.simpleBlock(2, line)]))
            unknown.expect(gone: [line])
            #expect(unknown.plan.reasons == ["text sample blanked: it is encrypted or compressed"])
        }
    }

    @Test("Samples that are no text, and metadata tracks, are blanked") func binary() throws {
        let secret: [UInt8] = [0x50, 0x4E, 0x44, 0x4D, 0x1D, 0x1F, 0x23, 0x29, 0x01, 0x5D, 0xDE, 0xAD]
        for track in [M.track(2, 17, "S_TEXT/UTF8"), M.track(2, 33, "D_OTHER")] {
            let blocks = [M.simpleBlock(2, secret), M.simpleBlock(2, Array("A first line".utf8))]
            let redacted = try Redacted(M.file([track], blocks))
            redacted.expect(gone: [secret], keptText: ["A first line"])
            #expect(redacted.plan.reasons == ["text sample blanked: it is no text"])
        }
    }

    @Test("Checksums over what changed become void elements, others stay") func checksums() throws {
        let crc: [UInt8] = [0xBF, 0x84, 1, 2, 3, 4]
        let changed = M.element([0x1F, 0x43, 0xB6, 0x75], crc + M.blockGroup(2, Array(Self.line.utf8), before: crc))
        let same = M.element(
            [0x1F, 0x43, 0xB6, 0x75], [0xBF, 0x84, 9, 9, 9, 9] + M.simpleBlock(2, Array("plain".utf8)))
        let redacted = try Redacted(M.segment([M.tracks([M.track(2, 17, "S_TEXT/UTF8")]), changed, same]))
        redacted.expect(
            gone: [crc], goneText: Self.gone, kept: [[0xEC, 0x84, 1, 2, 3, 4], [0xBF, 0x84, 9, 9, 9, 9]],
            keptText: Self.kept + ["plain"])
    }

    @Test("Names of chapters and tracks lose coordinates") func names() throws {
        let title = Array("Home 48.137154, 11.576124".utf8)
        let display = M.element([0x80], M.element([0x85], title))
        let chapters = M.element([0x10, 0x43, 0xA7, 0x70], M.element([0x45, 0xB9], M.element([0xB6], display)))
        let track = M.track(1, 1, "V_VP9", encoding: M.element([0x53, 0x6E], title))
        let redacted = try Redacted(M.segment([M.tracks([track]), chapters]))
        redacted.expect(goneText: ["48.137154", "11.576124"], keptText: ["Home "])
    }

    @Test("A recording that was cut off keeps what there is of it") func cutOff() throws {
        let whole = M.file(
            [M.video(1), M.track(2, 17, "S_TEXT/UTF8")],
            [
                M.simpleBlock(2, Array("A first line".utf8)), M.simpleBlock(2, Array(Self.line.utf8)),
                M.simpleBlock(1, Array("frames".utf8)), M.simpleBlock(1, Array("a frame that is cut off".utf8)),
            ])
        let redacted = try Redacted(Array(whole.dropLast(4)))
        redacted.expect(goneText: Self.gone, keptText: Self.kept + ["A first line", "frames"])
    }

    /// Frames that are more than the beginning has reads.
    private static let frames = (0..<1_100).flatMap { _ in M.simpleBlock(1, [UInt8](repeating: 0x33, count: 17 << 10)) }

    /// A line, more frames than are looked at for a position, and a position that no index knows.
    private func late(_ first: String, type: UInt8 = 17) -> [UInt8] {
        let track = type == 33 ? M.track(2, 33, "D_WEBVTT/METADATA") : M.track(2, 17, "S_TEXT/UTF8")
        let blocks = M.simpleBlock(2, Array(first.utf8)) + Self.frames + M.simpleBlock(2, Array(Self.line.utf8))
        return M.segment([M.tracks([M.video(1), track]), M.long([0x1F, 0x43, 0xB6, 0x75], blocks)])
    }

    private func expectLateLine(in file: [UInt8]) throws {
        let redacted = try Redacted(file)
        let end = Array(redacted.bytes.suffix(500))
        for gone in Self.gone { #expect(end.firstRange(of: Array(gone.utf8)) == nil) }
        for kept in Self.kept { #expect(end.firstRange(of: Array(kept.utf8)) != nil) }
        #expect(redacted.plan.reasons.isEmpty)
    }

    @Test(
        "A camera's log is gone through to its end, though it does not know at first where it is",
        arguments: ["F/2.8, SS 320, ISO 100, EV 0, GPS (n/a)", "<font>SrtCnt : 1, DiffTime : 33ms</font>"])
    func logs(first: String) throws { try expectLateLine(in: late(first)) }

    @Test("So is a track of metadata, which no film has") func metadataTracks() throws {
        try expectLateLine(in: late("nothing yet", type: 33))
    }

    @Test(
        "A film's lines are no log, and it is not read as a whole",
        arguments: ["We go home at 10, Sir.", "GPS 3 is lost", "It has an ISO certificate, 9001"])
    func films(first: String) throws {
        let source = MutationTests.Counter(late(first))
        #expect(try Redaction.plan(for: source).isEmpty)
        #expect(source.reads < 1_500)
    }

    @Test("A track of which the index knows a late position is gone through") func late() throws {
        let frame = M.simpleBlock(1, [UInt8](repeating: 0x33, count: 17 << 10))
        let lines = (0..<3).flatMap { _ in M.simpleBlock(2, Array(Self.line.utf8)) }
        let plain = M.simpleBlock(2, Array("A first line".utf8))
        // More frames than the beginning has reads.
        let before = plain + (0..<1_100).flatMap { _ in frame }
        let cluster = M.long([0x1F, 0x43, 0xB6, 0x75], before + lines)
        let tracks = M.tracks([M.video(1), M.track(2, 17, "S_TEXT/UTF8")])
        let positions =
            M.element([0xF7], [2]) + M.element([0xF1], BoxBuilder.big(tracks.count))
            + M.element([0xF0], BoxBuilder.big(before.count))
        let cues = M.element([0x1C, 0x53, 0xBB, 0x6B], M.element([0xBB], M.element([0xB7], positions)))
        let redacted = try Redacted(M.segment([tracks, cluster, cues]))
        // Of 18 MiB, what may change.
        let end = Array(redacted.bytes.suffix(1_000))
        for gone in Self.gone { #expect(end.firstRange(of: Array(gone.utf8)) == nil) }
        for kept in Self.kept { #expect(end.firstRange(of: Array(kept.utf8)) != nil) }
        // A film: its first lines are none of a drone.
        let film = M.segment([tracks, M.long([0x1F, 0x43, 0xB6, 0x75], before + plain), cues])
        let source = MutationTests.Counter(film)
        #expect(try Redaction.plan(for: source).isEmpty)
        #expect(source.reads < 1_500)
    }

    @Test("More lines with positions than a plan may hold end closed") func many() throws {
        let line = M.simpleBlock(2, Array(Self.line.utf8)) + M.simpleBlock(1, [1])
        let cluster = M.long([0x1F, 0x43, 0xB6, 0x75], (0..<20_000).flatMap { _ in line })
        let redacted = try Redacted(M.segment([M.tracks([M.video(1), M.track(2, 17, "S_TEXT/UTF8")]), cluster]))
        redacted.expect(goneText: Self.gone, keptText: Self.kept)
    }

    // MARK: AVI

    private func avi(_ chunks: [(String, [UInt8])]) -> [UInt8] {
        func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
            Array(type.utf8) + BoxBuilder.big(data.count).reversed() + data + (data.count % 2 == 1 ? [0] : [])
        }
        func list(_ type: String, _ data: [UInt8]) -> [UInt8] { chunk("LIST", Array(type.utf8) + data) }
        let streams = ["vids", "txts"].map {
            list("strl", chunk("strh", Array($0.utf8) + [UInt8](repeating: 0, count: 52)))
        }
        let frames = chunks.map { chunk($0.0, $0.1) }
        let half = frames.count / 2
        let media = list("rec ", frames[..<half].flatMap { $0 }) + frames[half...].flatMap { $0 }
        return chunk("RIFF", Array("AVI ".utf8) + list("hdrl", streams.flatMap { $0 }) + list("movi", media))
    }

    @Test("Streams of text in AVI lose their positions, video does not change") func streams() throws {
        let redacted = try Redacted(
            avi([
                ("01tx", Array("A first line".utf8)), ("00dc", Array("frames".utf8)), ("01tx", Array(Self.line.utf8)),
                ("00dc", Array(Self.line.utf8)), ("01tx", [1, 2] + Array("PNDM".utf8)), ("00dc", [1]),
            ]))
        #expect(redacted.bytes.ranges(of: Array("8.6432".utf8)).count == 1)
        redacted.expect(goneText: ["PNDM"], keptText: Self.kept + ["A first line", "frames", Self.line])
        #expect(redacted.plan.reasons == ["text sample blanked: it is no text"])
    }

    @Test("A whole file of subtitles in one chunk of AVI") func files() throws {
        let lines = (0..<3_000).map { "\($0)\n00:00:01,000 --> 00:00:02,000\n\(Self.line)\n\n" }.joined()
        let head: [UInt8] = Array("GAB2\0".utf8) + [2, 0, 2, 0, 0, 0, 0x73, 0, 4, 0, 0, 0, 0, 0]
        let redacted = try Redacted(
            avi([("01tx", head + Array(lines.utf8)), ("00dc", Array("A first line, frames".utf8))]))
        expect(redacted)
        let wide = Array("GPS (8.6432, 53.1678, 18)".utf8).flatMap { [$0, 0] as [UInt8] }
        let blanked = try Redacted(avi([("01tx", head + [0xFF, 0xFE] + wide), ("00dc", Array("frames".utf8))]))
        blanked.expect(gone: [wide], keptText: ["frames"])
    }

    @Test("Media data of AVI in which chunks cannot be followed is blanked from there on") func damaged() throws {
        var file = avi([("00dc", Array("frames".utf8)), ("00dc", [1, 2]), ("01tx", Array(Self.line.utf8))])
        let at = try #require(file.lastRange(of: Array("00dc".utf8))).lowerBound
        file[at] = 1
        let redacted = try Redacted(file)
        redacted.expect(goneText: Self.gone, keptText: ["frames"])
        #expect(redacted.plan.reasons.contains { $0.contains("subtitles in it, and no chunk") })
    }
}

extension Array where Element == UInt8 {
    fileprivate func lastRange(of needle: [UInt8]) -> Range<Int>? { ranges(of: needle).last }
}
