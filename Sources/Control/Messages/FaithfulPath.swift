import FoundationEssentials

/// A path or name of a Linux filesystem, which is bytes and not always UTF-8, as the two members of a message.
///
/// `text` is for people and may have replacement characters; `base64` is there only if they stand for something.
public struct FaithfulPath: Sendable, Hashable {
    public let bytes: [UInt8]

    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    public init(_ text: String) { bytes = Array(text.utf8) }

    /// From the members of a message.
    ///
    /// - Throws: ``ControlError/invalidParameter(parameter:reason:remedy:)`` if `base64` is none.
    public init(text: String, base64: String?, parameter: String = "path") throws {
        guard let base64 else {
            bytes = Array(text.utf8)
            return
        }
        guard let data = Data(base64Encoded: base64) else {
            throw ControlError.invalidParameter(
                parameter: "\(parameter)_base64", reason: "it is not base64", remedy: "leave it out for a UTF-8 name")
        }
        bytes = Array(data)
    }

    public var text: String { String(decoding: bytes, as: UTF8.self) }

    public var base64: String? {
        String(validating: bytes, as: UTF8.self) == nil ? Data(bytes).base64EncodedString() : nil
    }
}
