/// The arguments of the command line as messages repeat them: none breaks a line, and none fills the screen.
struct ShownArguments {
    private static let longest = 120
    private let arguments: [String]

    init(_ arguments: [String]) { self.arguments = arguments.filter { !$0.isEmpty } }

    /// A message in which arguments stand as they are shown.
    func shortened(_ message: String) -> String {
        var message = message
        for argument in arguments where argument.utf8.count > Self.longest {
            for form in [argument, Escaping.line(argument), Escaping.path(RawArgument.bytes(argument))] {
                message = message.replacing(form, with: Self.short(form))
            }
        }
        return message
    }

    /// A message in which arguments stand as they were typed.
    func inOneLine(_ message: String) -> String {
        var message = message
        for argument in arguments where argument.unicodeScalars.contains(where: Escaping.isControl) {
            message = message.replacing(argument, with: Escaping.line(argument))
        }
        return shortened(message)
    }

    private static func short(_ text: String) -> String {
        text.count > longest ? "\(text.prefix(60))… (\(text.utf8.count) bytes)" : text
    }
}
