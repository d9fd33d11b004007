import ArgumentParser

struct CompletionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completion", abstract: "Print a script that makes a shell complete this program's arguments.",
        discussion: """
            Example: mediaveilctl completion bash > /usr/share/bash-completion/completions/mediaveilctl
            Example: mediaveilctl completion zsh > /usr/share/zsh/vendor-completions/_mediaveilctl
            Example: mediaveilctl completion fish > /usr/share/fish/vendor_completions.d/mediaveilctl.fish
            """)

    enum Shell: String, ExpressibleByArgument, CaseIterable {
        case bash, zsh, fish
    }

    @Argument(help: "bash, zsh or fish.")
    var shell: Shell

    func run() {
        let kind: CompletionShell =
            switch shell {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        Output.print(Mediaveilctl.completionScript(for: kind))
    }
}
