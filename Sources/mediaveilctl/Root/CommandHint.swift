import ArgumentParser

/// What a mistyped command may have been meant to be.
enum CommandHint {
    /// "did you mean …?" for the first word of `arguments` that is no command where one is due; `nil` if all are.
    static func hint(_ arguments: [String]) -> String? {
        var commands = Mediaveilctl.configuration.subcommands + groups
        var path: [String] = []
        for word in arguments.prefix(while: { $0 != "--" }) where !word.hasPrefix("-") {
            guard !commands.isEmpty else { return nil }
            let names = commands.map { $0._commandName }
            guard let index = names.firstIndex(of: word) else {
                return Suggestions.closest(to: word, in: names).map {
                    "did you mean “mediaveilctl \((path + [$0]).joined(separator: " "))”?"
                }
            }
            path.append(word)
            commands = commands[index].configuration.subcommands
        }
        return nil
    }

    private static var groups: [any ParsableCommand.Type] {
        Mediaveilctl.configuration.groupedSubcommands.flatMap(\.subcommands)
    }
}
