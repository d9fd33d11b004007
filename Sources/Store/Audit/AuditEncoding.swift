/// Takes the columns of a row, in the order of ``AuditRow/columns``, without the hash.
protocol AuditColumnSink {
    mutating func add(_ value: Int64?)
    mutating func add(_ value: String?)
    mutating func add(_ value: [UInt8]?)
}

extension AuditRow {
    func write(to sink: inout some AuditColumnSink) {
        sink.add(id)
        sink.add(event.time)
        sink.add(event.app)
        sink.add(event.uid.map { Int64($0) })
        sink.add(event.pid.map { Int64($0) })
        sink.add(event.process)
        sink.add(event.view)
        sink.add(event.operation)
        sink.add(event.path)
        sink.add(event.target)
        sink.add(event.decision.rawValue)
        sink.add(Int64(event.errno))
        sink.add(event.reason)
        sink.add(event.bytes.map { Int64(clamping: $0) })
        sink.add(Int64(count))
    }
}

/// Writes rows as the journal has them: small, since a burst is many of them.
///
/// Lengths and integers are LEB128, integers zigzag before that. Each column has a byte or more in front: 0 for NULL, 1 for
/// an integer, the length and one for text and blobs.
struct AuditEncoder: AuditColumnSink {
    private(set) var bytes: [UInt8] = []

    mutating func add(_ value: Int64?) {
        guard let value else { return bytes.append(0) }
        bytes.append(1)
        number(UInt64(bitPattern: value << 1 ^ value >> 63))
    }

    mutating func add(_ value: String?) {
        guard let value else { return bytes.append(0) }
        number(UInt64(value.utf8.count) + 1)
        bytes.append(contentsOf: value.utf8)
    }

    mutating func add(_ value: [UInt8]?) {
        guard let value else { return bytes.append(0) }
        number(UInt64(value.count) + 1)
        bytes.append(contentsOf: value)
    }

    /// Adds what another has written.
    mutating func add(encoded other: [UInt8]) { bytes.append(contentsOf: other) }

    private mutating func number(_ value: UInt64) {
        var rest = value
        while rest > 0x7f {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}

/// Rows as bytes, on their way from a request's thread to the writer and into the journal.
struct AuditBatch: Sendable {
    private var encoder = AuditEncoder()
    /// Rows.
    private(set) var count = 0
    /// The events that the rows stand for.
    private(set) var events: UInt64 = 0

    var bytes: [UInt8] { encoder.bytes }

    init() {}

    mutating func add(_ row: AuditRow) {
        row.write(to: &encoder)
        count += 1
        events += UInt64(max(0, row.count))
    }

    mutating func add(_ other: AuditBatch) {
        encoder.add(encoded: other.bytes)
        count += other.count
        events += other.events
    }
}

/// Reads the rows that ``AuditEncoder`` has written.
struct AuditDecoder {
    /// The bytes are no rows.
    struct Damaged: Error {}

    private let bytes: [UInt8]
    private var place = 0

    /// The rows in the order of time, as the chain has them.
    ///
    /// - Throws: ``Damaged``.
    static func rows(_ bytes: [UInt8]) throws(Damaged) -> [AuditRow] {
        var decoder = AuditDecoder(bytes: bytes)
        var rows: [AuditRow] = []
        while decoder.place < bytes.count { rows.append(try decoder.row()) }
        let isSorted = zip(rows, rows.dropFirst()).allSatisfy { $0.event.time <= $1.event.time }
        if !isSorted { rows.sort { $0.event.time < $1.event.time } }
        return rows
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private mutating func row() throws(Damaged) -> AuditRow {
        let id = try required(integer())
        let event = AuditEvent(
            time: try required(integer()), app: try text(), uid: try narrow(integer()), pid: try narrow(integer()),
            process: try text(), view: try required(text()), operation: try required(text()),
            path: try required(blob()), target: try blob(),
            decision: try required(AuditEvent.Decision(rawValue: try required(text()))),
            errno: try required(narrow(integer())), reason: try required(text()), bytes: try narrow(integer()))
        return AuditRow(id: id, event: event, count: try required(narrow(integer())))
    }

    private mutating func integer() throws(Damaged) -> Int64? {
        switch try number() {
        case 0: return nil
        case 1:
            let value = try number()
            return Int64(bitPattern: value >> 1) ^ -Int64(value & 1)
        default: throw Damaged()
        }
    }

    private mutating func text() throws(Damaged) -> String? {
        guard let bytes = try blob() else { return nil }
        return try required(String(validating: bytes, as: UTF8.self))
    }

    private mutating func blob() throws(Damaged) -> [UInt8]? {
        let length = try number()
        guard length > 0 else { return nil }
        guard length - 1 <= UInt64(bytes.count - place) else { throw Damaged() }
        let end = place + Int(length - 1)
        defer { place = end }
        return Array(bytes[place..<end])
    }

    private mutating func number() throws(Damaged) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard place < bytes.count else { throw Damaged() }
            let byte = bytes[place]
            place += 1
            // The tenth byte has room for one bit.
            guard shift < 63 || byte <= 1 else { throw Damaged() }
            value |= UInt64(byte & 0x7f) << shift
            if byte & 0x80 == 0 { return value }
        }
        throw Damaged()
    }

    private func narrow<T: FixedWidthInteger>(_ value: Int64?) throws(Damaged) -> T? {
        guard let value else { return nil }
        return try required(T(exactly: value))
    }

    private func required<T>(_ value: T?) throws(Damaged) -> T {
        guard let value else { throw Damaged() }
        return value
    }
}
