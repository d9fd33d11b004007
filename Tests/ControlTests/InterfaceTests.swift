import Control
import Foundation
import Testing

/// The interface file, and the messages that client and server share, say the same.
struct InterfaceTests {
    let interface: InterfaceDescription

    init() throws { interface = try InterfaceDescription(ControlInterface.description) }

    @Test func theServiceHandsOutTheInterfaceFile() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../schema/org.mediaveil.Control.varlink")
        #expect(
            try String(contentsOf: file, encoding: .utf8) == ControlInterface.description,
            "run scripts/embed-interface")
    }

    @Test func everyMethodHasAMessageAndEveryMessageAMethod() {
        #expect(interface.name == ControlInterface.name)
        #expect(Set(ControlInterface.requests.map { $0.method }) == Set(interface.methods.keys))
    }

    @Test(arguments: ControlInterface.requests.map { $0.method })
    func membersAreThoseOfTheInterface(method: String) throws {
        let request = try #require(ControlInterface.requests.first { $0.method == method })
        let described = try #require(interface.methods[method])
        try check(request, against: described)
    }

    private func check<R: ControlRequest>(_ type: R.Type, against method: InterfaceDescription.Method) throws {
        for isFull in [true, false] {
            try roundTrip(R.self, sample(.record(method.parameters), isFull))
            try roundTrip(R.Reply.self, sample(.record(method.reply), isFull))
        }
        try refusesIncomplete(R.self, method.parameters)
        try refusesIncomplete(R.Reply.self, method.reply)
    }

    /// What the interface allows is understood, and written again as it was: nothing is missing, renamed or of another
    /// type.
    private func roundTrip<T: Codable>(_ type: T.Type, _ sample: Any) throws {
        let data = try JSONSerialization.data(withJSONObject: sample, options: [.sortedKeys, .withoutEscapingSlashes])
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let again = try Wire.encoder().encode(decoder.decode(T.self, from: data))
        #expect(String(decoding: again, as: UTF8.self) == String(decoding: data, as: UTF8.self), "\(T.self)")
    }

    /// What the interface demands is demanded.
    private func refusesIncomplete<T: Codable>(_ type: T.Type, _ members: [InterfaceDescription.Member]) throws {
        for member in members {
            if case .optional = member.type { continue }
            var object = try #require(sample(.record(members), true) as? [String: Any])
            object[member.name] = nil
            let data = try JSONSerialization.data(withJSONObject: object)
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            #expect(throws: DecodingError.self, "\(T.self) without \(member.name)") {
                try decoder.decode(T.self, from: data)
            }
        }
    }

    private func sample(_ type: InterfaceDescription.TypeForm, _ isFull: Bool, _ name: String = "") -> Any {
        switch type {
        case .bool: true
        case .int: 7
        case .float: 0.5
        case .object: [String: Any]()
        // Times are the only strings with a form of their own.
        case .string: Self.times.contains(name) ? "2026-11-26T22:53:00.000001Z" : "text/\(name)"
        case .named(let name): interface.types[name].map { sample($0, isFull) } ?? NSNull()
        case .array(let element): isFull ? [sample(element, true), sample(element, false)] : []
        case .dictionary(let element): isFull ? ["one_key": sample(element, true)] : [String: Any]()
        case .optional(let type): sample(type, isFull, name)
        case .enumeration(let words): words.last ?? ""
        case .record(let members):
            Dictionary(
                uniqueKeysWithValues: members.compactMap { member -> (String, Any)? in
                    if case .optional = member.type, !isFull { return nil }
                    return (member.name, sample(member.type, isFull, member.name))
                })
        }
    }

    private static let times: Set = [
        "time", "created", "expires", "started", "since", "until", "found", "first_time", "last_time",
    ]

    @Test func everyErrorOfTheInterfaceIsKnown() {
        #expect(
            Set(interface.errors.keys) == [
                "NotFound", "Conflict", "NotPermitted", "InvalidParameter", "Busy", "Failed",
            ])
    }

    @Test(arguments: [
        "", "interface", "interface a.b method", "interface a.b type T (x:)", "interface a.b error E (a, b: int)",
    ])
    func whatIsNoInterfaceIsRefused(text: String) {
        #expect(throws: InterfaceDescription.SyntaxError.self) { try InterfaceDescription(text) }
    }
}
