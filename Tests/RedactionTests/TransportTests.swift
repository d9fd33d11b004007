import Redaction
import Testing

/// MTS and M2TS of AVCHD cameras, and the transport streams of dashcams and drones.
@Suite("Transport streams", .timeLimit(.minutes(10)))
struct TransportTests {
    private static func stream(stride: Int, splits: [Int?]) -> [UInt8] {
        var builder = TransportBuilder(stride: stride)
        for split in splits {
            builder.add(pid: 0x1011, streamID: 0xE0, TransportBuilder.picture(ModifiedPack.entries), split: split)
            builder.add(pid: 0x1100, streamID: 0xBD, Array("sound".utf8))
        }
        return builder.bytes
    }

    @Test("Positions of each picture say nothing any more, wherever packets cut them", arguments: [188, 192, 204])
    func positions(stride: Int) throws {
        let file = Self.stream(stride: stride, splits: [nil] + (20...183).map { $0 })
        let redacted = try Redacted(file)
        #expect(redacted.plan.container == "MPEG-TS")
        #expect(redacted.plan.reasons.isEmpty)
        redacted.expect(gone: ModifiedPack.secrets, keptText: ["A slice", "sound"])
        let before = TransportBuilder.decoded(file, pid: 0x1011, stride: stride)
        let after = TransportBuilder.decoded(redacted.bytes, pid: 0x1011, stride: stride)
        // As long as before: emulation prevention bytes are as many as they were.
        #expect(after.count == before.count)
        for secret in ModifiedPack.secrets { #expect(after.firstRange(of: secret) == nil) }
        for part in ModifiedPack.kept { #expect(after.ranges(of: part).count == before.ranges(of: part).count) }
        // Readers want tags in order.
        let head = Array("MDPM".utf8) + [4, 0x18, 1, 0x20, 0x26, 7, 0x19, 0x14, 0x12, 0x34, 0x56, 0x7F]
        #expect(after.ranges(of: head).count == 165)
        #expect(after.ranges(of: [0xFF, 0xE0, 1, 3, 0x12, 0x34, 0xFF]).count == 165)
        #expect(try Redacted(redacted.bytes).plan.isEmpty)
    }

    @Test("No start code comes to be, and none goes")
    func startCodes() throws {
        let file = Self.stream(stride: 188, splits: [nil, 60, 70])
        func codes(_ bytes: [UInt8]) -> Int { bytes.ranges(of: [0, 0, 1]).count }
        #expect(try codes(Redacted(file).bytes) == codes(file))
    }

    @Test("Values whose zeros run into what follows stay prevented")
    func boundary() throws {
        // The last entry ends with zeros, and the next message's type follows: an emulation prevention byte in between.
        let entries: [(tag: UInt8, value: [UInt8])] = [(0xB2, [0x12, 0x34, 0, 0]), (0xB6, [0x56, 0x78, 0, 0])]
        let pack = ModifiedPack.uuid + Array("MDPM".utf8) + [2] + entries.flatMap { [$0.tag] + $0.value }
        let next: [UInt8] = [1, 2, 0xAA, 0xBB, 0x80]
        var builder = TransportBuilder()
        for split in [nil, 30, 40, 50, 51, 52, 53] as [Int?] {
            let message = TransportBuilder.prevented([5, UInt8(pack.count)] + pack + next)
            builder.add(pid: 0x100, streamID: 0xE0, [0, 0, 1, 6] + message + [0, 0, 1, 0x65, 0x88], split: split)
        }
        let redacted = try Redacted(builder.bytes)
        redacted.expect(gone: [[0x12, 0x34, 0, 0]])
        let after = TransportBuilder.decoded(redacted.bytes, pid: 0x100, stride: 188)
        #expect(after.count == TransportBuilder.decoded(builder.bytes, pid: 0x100, stride: 188).count)
        #expect(after.ranges(of: next).count == 7)
    }

    @Test("A camera without a receiver, and a broadcast, have an empty plan")
    func nothing() throws {
        var builder = TransportBuilder(stride: 192)
        for _ in 0..<20 {
            builder.add(
                pid: 0x1011, streamID: 0xE0,
                TransportBuilder.picture(ModifiedPack.entries.filter { !(0xB0...0xCF).contains($0.tag) }))
        }
        #expect(try Redacted(builder.bytes).plan.isEmpty)
    }

    @Test("Streams of positions alone go as a whole: dashcams' fixes, NMEA, the metadata of drones")
    func streams() throws {
        let fix: [UInt8] = [UInt8](repeating: 7, count: 24) + Array("ANE\0".utf8) + [0x11, 0x22, 0x33, 0x44]
        let drone: [UInt8] = [0x06, 0x0E, 0x2B, 0x34, 2, 11, 1, 1, 14, 1, 3, 1, 1, 0, 0, 0, 4, 0x11, 0x22, 0x33, 0x44]
        for data in [fix, drone, Array("$GPRMC,1,A,4851.1,N,\u{11}\u{22}\u{33}\u{44}".utf8)] {
            var builder = TransportBuilder()
            for _ in 0..<4 {
                builder.add(pid: 0x100, streamID: 0xE0, TransportBuilder.picture(Array(ModifiedPack.entries.prefix(3))))
                builder.add(pid: 0x300, streamID: 0xBD, data)
            }
            let redacted = try Redacted(builder.bytes)
            redacted.expect(gone: [[0x11, 0x22, 0x33, 0x44]], keptText: ["A slice"])
            #expect(!redacted.plan.reasons.isEmpty)
        }
    }

    @Test("Beyond the bounds of reading, the rest goes")
    func bounds() throws {
        let file = Self.stream(stride: 188, splits: [Int?](repeating: nil, count: 200))
        var limits = Redaction.Limits()
        limits.memory = 32 << 10
        limits.reads = 4
        let redacted = try Redacted(file, limits: limits)
        redacted.expect(gone: ModifiedPack.secrets)
        #expect(redacted.plan.reasons.contains { $0.hasPrefix("rest of the stream") })
        // Within them, pieces in which it is read make no difference.
        limits.reads = 5_000
        #expect(try Redacted(file, limits: limits).plan == Redacted(file).plan)
    }

    @Test("A stream that begins in the middle of a packet, and packets out of place")
    func resync() throws {
        let file = Self.stream(stride: 188, splits: [Int?](repeating: nil, count: 60))
        let cut = try Redacted(Array(file.dropFirst(61)))
        cut.expect(gone: ModifiedPack.secrets, keptText: ["A slice"])
        var damaged = file
        damaged.insert(contentsOf: [1, 2, 3], at: 188 * 20 + 10)
        damaged.removeSubrange(188 * 50 + 9..<188 * 50 + 12)
        let redacted = try Redacted(damaged)
        redacted.expect(gone: ModifiedPack.secrets, keptText: ["A slice"])
        #expect(!redacted.plan.reasons.isEmpty)
    }

    @Test("Packets that come twice do not hide an entry")
    func repeated() throws {
        var builder = TransportBuilder()
        for _ in 0..<4 {
            builder.add(pid: 0x100, streamID: 0xE0, TransportBuilder.picture(ModifiedPack.entries), split: 100)
        }
        let packet = Array(builder.bytes[0..<188])
        let redacted = try Redacted(packet + builder.bytes)
        redacted.expect(gone: ModifiedPack.secrets)
        #expect(redacted.plan.reasons.contains { $0.contains("not in order") })
    }

    @Test("Positions whose mark is cut by packets, and those in front of the first mark")
    func cutMarks() throws {
        for split in 10..<20 {
            var builder = TransportBuilder()
            for _ in 0..<8 { builder.add(pid: 0x100, streamID: 0xE0, Array("A slice".utf8)) }
            builder.add(pid: 0x300, streamID: 0xBD, [0x11, 0x22, 0x33, 0x44])
            builder.add(pid: 0x300, streamID: 0xBD, Array("$GPRMC,1,A,4851.1,N".utf8), split: split)
            try Redacted(builder.bytes).expect(
                gone: [[0x11, 0x22, 0x33, 0x44]], goneText: ["4851.1"], keptText: ["A slice"])
        }
    }

    @Test("Readers pass over what is in front of the first packet", arguments: [0, 1, 188, 500, 5_000])
    func inFront(count: Int) throws {
        let file = Self.stream(stride: 188, splits: [Int?](repeating: nil, count: 60))
        let redacted = try Redacted([UInt8](repeating: 0x55, count: count) + file)
        redacted.expect(gone: ModifiedPack.secrets, keptText: ["A slice"])
        #expect(redacted.plan.container == "MPEG-TS")
    }
}
