import ArgumentParser

/// `parctl completions SHELL`: the script that makes the shell complete parctl's words.
struct CompletionsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completions", abstract: "Print the completion script of a shell.",
        discussion: """
            EXAMPLES:
              parctl completions bash > ~/.local/share/bash-completion/completions/parctl
              parctl completions zsh > ~/.zfunc/_parctl
              parctl completions fish > ~/.config/fish/completions/parctl.fish
            """)

    @Argument(help: "bash, zsh or fish.") var shell: Shell

    enum Shell: String, ExpressibleByArgument, CaseIterable {
        case bash, zsh, fish

        var kind: CompletionShell {
            switch self {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        }
    }

    func run() throws {
        try StandardOutput.write(Parctl.completionScript(for: shell.kind) + "\n")
    }
}
