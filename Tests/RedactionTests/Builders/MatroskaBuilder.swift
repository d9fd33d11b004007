/// Matroska files for tests.
enum MatroskaBuilder {
    /// An element whose size is two bytes long.
    static func element(_ id: [UInt8], _ data: [UInt8]) -> [UInt8] {
        data.count < 0x3FFF ? id + [0x40 | UInt8(data.count >> 8), UInt8(data.count & 255)] + data : long(id, data)
    }

    /// An element whose size is eight bytes long.
    static func long(_ id: [UInt8], _ data: [UInt8]) -> [UInt8] { id + [1] + BoxBuilder.big(data.count, 7) + data }

    static func segment(_ elements: [[UInt8]]) -> [UInt8] {
        element([0x1A, 0x45, 0xDF, 0xA3], [0x42, 0x82, 0x84] + Array("webm".utf8))
            + long([0x18, 0x53, 0x80, 0x67], elements.flatMap { $0 })
    }

    /// A file of these tracks with one cluster.
    static func file(_ tracks: [[UInt8]], _ blocks: [[UInt8]]) -> [UInt8] {
        segment([
            self.tracks(tracks), element([0x1F, 0x43, 0xB6, 0x75], [0xE7, 0x81, 0] + blocks.flatMap { $0 }),
        ])
    }

    static func tracks(_ tracks: [[UInt8]]) -> [UInt8] { element([0x16, 0x54, 0xAE, 0x6B], tracks.flatMap { $0 }) }

    static func video(_ number: UInt8) -> [UInt8] { track(number, 1, "V_VP9") }

    /// - Parameter encoding: further elements of the track's description.
    static func track(_ number: UInt8, _ type: UInt8, _ codec: String, encoding: [UInt8] = []) -> [UInt8] {
        element(
            [0xAE],
            [0xD7, 0x81, number, 0x83, 0x81, type] + element([0x86], Array(codec.utf8)) + wrapped(encoding))
    }

    private static func wrapped(_ encoding: [UInt8]) -> [UInt8] {
        // What compresses or encrypts stands in a list of encodings.
        encoding.first == 0x50 ? element([0x6D, 0x80], element([0x62, 0x40], encoding)) : encoding
    }

    static func compression(_ method: UInt8, _ settings: [UInt8] = []) -> [UInt8] {
        element([0x50, 0x34], [0x42, 0x54, 0x81, method] + element([0x42, 0x55], settings))
    }

    private static func block(_ track: Int, _ data: [UInt8], _ flags: UInt8) -> [UInt8] {
        (track < 127 ? [0x80 | UInt8(track)] : [0x40 | UInt8(track >> 8), UInt8(track & 255)]) + [0, 0, flags] + data
    }

    static func simpleBlock(_ track: Int, _ data: [UInt8], flags: UInt8 = 0) -> [UInt8] {
        element([0xA3], block(track, data, flags))
    }

    static func blockGroup(_ track: Int, _ data: [UInt8], before: [UInt8] = []) -> [UInt8] {
        element([0xA0], before + element([0xA1], block(track, data, 0)) + [0x9B, 0x81, 10])
    }
}
