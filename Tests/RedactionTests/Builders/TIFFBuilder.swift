/// Builds TIFF structures byte by byte, so that tests know where everything is.
struct TIFFBuilder {
    enum Order: CaseIterable, Sendable {
        case little
        case big
    }

    indirect enum Value: Sendable {
        case ascii(String)
        case short(UInt16)
        case long(UInt32)
        case rationals([(UInt32, UInt32)])
        case bytes(type: UInt16, [UInt8])
        /// A LONG that points to another IFD.
        case directory([Field])
        /// A LONG that points to these bytes.
        case pointer([UInt8])
        /// A LONG with this value that is not checked.
        case raw(UInt32)
    }

    struct Field: Sendable {
        let tag: UInt16
        let value: Value

        init(_ tag: UInt16, _ value: Value) {
            self.tag = tag
            self.value = value
        }
    }

    let order: Order
    var isBig = false
    private var bytes: [UInt8] = []

    init(_ order: Order, isBig: Bool = false) {
        self.order = order
        self.isBig = isBig
    }

    /// A whole structure with a chain of IFDs.
    static func block(_ order: Order, isBig: Bool = false, _ chain: [[Field]]) -> [UInt8] {
        var builder = TIFFBuilder(order, isBig: isBig)
        builder.bytes = order == .little ? [0x49, 0x49] : [0x4D, 0x4D]
        if isBig {
            builder.bytes += builder.number(43, 2) + builder.number(8, 2) + builder.number(0, 2) + builder.number(16, 8)
        } else {
            builder.bytes += builder.number(42, 2) + builder.number(8, 4)
        }
        for (index, fields) in chain.enumerated() { builder.append(fields, isLast: index == chain.count - 1) }
        return builder.bytes
    }

    func number(_ value: UInt64, _ width: Int) -> [UInt8] {
        let little = (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
        return order == .little ? little : little.reversed()
    }

    private var offsetWidth: Int { isBig ? 8 : 4 }

    private mutating func append(_ fields: [Field], isLast: Bool = true) {
        let start = bytes.count
        let countWidth = isBig ? 8 : 2
        let entryWidth = isBig ? 20 : 12
        let nextAt = start + countWidth + fields.count * entryWidth
        bytes += number(UInt64(fields.count), countWidth)
        bytes += [UInt8](repeating: 0, count: fields.count * entryWidth + offsetWidth)
        for (index, field) in fields.enumerated() {
            let at = start + countWidth + index * entryWidth
            var type: UInt16 = 4
            var count = 1
            var inline: [UInt8]
            switch field.value {
            case .ascii(let text):
                let value = Array(text.utf8) + [0]
                (type, count, inline) = (2, value.count, place(value))
            case .short(let value):
                (type, inline) = (3, number(UInt64(value), 2))
            case .long(let value), .raw(let value):
                inline = number(UInt64(value), 4)
            case .rationals(let values):
                let value = values.flatMap { number(UInt64($0.0), 4) + number(UInt64($0.1), 4) }
                (type, count, inline) = (5, values.count, place(value))
            case .bytes(let kind, let value):
                (type, count, inline) = (kind, value.count, place(value))
            case .directory(let fields):
                inline = number(UInt64(align()), 4)
                append(fields)
            case .pointer(let value):
                inline = number(UInt64(align()), 4)
                bytes += value
            }
            inline += [UInt8](repeating: 0, count: offsetWidth - inline.count)
            let entry =
                number(UInt64(field.tag), 2) + number(UInt64(type), 2) + number(UInt64(count), offsetWidth) + inline
            bytes.replaceSubrange(at..<at + entryWidth, with: entry)
        }
        if !isLast {
            let next = number(UInt64(align()), offsetWidth)
            bytes.replaceSubrange(nextAt..<nextAt + offsetWidth, with: next)
        }
    }

    private mutating func align() -> Int {
        if bytes.count % 2 == 1 { bytes.append(0) }
        return bytes.count
    }

    /// The value itself if it fits into the entry, else its offset.
    private mutating func place(_ value: [UInt8]) -> [UInt8] {
        guard value.count > offsetWidth else { return value }
        let offset = number(UInt64(align()), offsetWidth)
        bytes += value
        return offset
    }
}

extension TIFFBuilder {
    /// 48° 8' 14.23", 11° 34' 31.77": the numerators are what must not come out.
    static let latitude: [(UInt32, UInt32)] = [(48, 1), (8, 1), (142_337, 10_003)]
    static let longitude: [(UInt32, UInt32)] = [(11, 1), (34, 1), (317_731, 10_007)]

    static let gps: [Field] = [
        Field(0x0000, .bytes(type: 1, [2, 3, 0, 0])), Field(0x0001, .ascii("N")), Field(0x0002, .rationals(latitude)),
        Field(0x0003, .ascii("E")), Field(0x0004, .rationals(longitude)), Field(0x0005, .bytes(type: 1, [0])),
        Field(0x0006, .rationals([(519_331, 1_009)])), Field(0x0012, .ascii("WGS-84-SECRET")),
    ]

    /// The bytes of an Exif block's coordinates in this order.
    static func coordinates(_ order: Order) -> [[UInt8]] {
        let builder = TIFFBuilder(order)
        return [latitude, longitude].map { values in
            values.flatMap { builder.number(UInt64($0.0), 4) + builder.number(UInt64($0.1), 4) }
        }
    }

    static let camera: [Field] = [Field(0x010F, .ascii("Veilcam")), Field(0x0110, .ascii("Model One Hundred"))]

    /// An Exif block with camera, date and GPS.
    static func exif(_ order: Order = .big, gps: [Field]? = gps) -> [UInt8] {
        var fields = camera
        fields.append(Field(0x0112, .short(6)))
        fields.append(Field(0x8769, .directory([Field(0x9003, .ascii("2024:05:06 07:08:09"))])))
        if let gps { fields.append(Field(0x8825, .directory(gps))) }
        return block(order, [fields])
    }
}
