import Control
import Testing

struct FramingTests {
    private func decode(_ bytes: [UInt8], pieces: [Int], limit: Int) throws -> [[UInt8]] {
        var decoder = FrameDecoder(limit: limit)
        var messages: [[UInt8]] = []
        var rest = bytes[...]
        for piece in pieces + [bytes.count] {
            let part = rest.prefix(piece)
            rest = rest.dropFirst(piece)
            messages += try part.withUnsafeBytes { try decoder.append($0) }
        }
        return messages
    }

    @Test func messagesEndAtANul() throws {
        #expect(try decode(Array("a\0bc\0d".utf8), pieces: [], limit: 10) == [Array("a".utf8), Array("bc".utf8)])
        #expect(try decode([0, 0], pieces: [], limit: 10) == [[], []])
        #expect(try decode([], pieces: [], limit: 0).isEmpty)
    }

    @Test func howTheBytesArriveMakesNoDifference() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<300 {
            let bytes = (0..<Int.random(in: 0...200, using: &random)).map { _ in
                UInt8.random(in: 0...3, using: &random)
            }
            let pieces = (0..<Int.random(in: 0...40, using: &random)).map { _ in Int.random(in: 0...12, using: &random)
            }
            #expect(try decode(bytes, pieces: pieces, limit: 300) == decode(bytes, pieces: [], limit: 300))
        }
    }

    @Test(arguments: [[], [3], [10], [11], Array(repeating: 1, count: 20)])
    func aMessageOfTheLimitIsTakenAndALongerOneIsNot(pieces: [Int]) throws {
        let fits = [UInt8](repeating: 7, count: 10)
        #expect(try decode(fits + [0] + fits + [0], pieces: pieces, limit: 10) == [fits, fits])
        #expect(throws: FrameDecoder.TooLong.self) { try decode(fits + [7, 0], pieces: pieces, limit: 10) }
        #expect(throws: FrameDecoder.TooLong.self) { try decode(fits + [7], pieces: pieces, limit: 10) }
    }

    @Test func anUnfinishedMessageIsKnown() throws {
        var decoder = FrameDecoder(limit: 10)
        #expect(!decoder.isInside)
        _ = try [UInt8(1)].withUnsafeBytes { try decoder.append($0) }
        #expect(decoder.isInside)
        _ = try [UInt8(0)].withUnsafeBytes { try decoder.append($0) }
        #expect(!decoder.isInside)
    }
}
