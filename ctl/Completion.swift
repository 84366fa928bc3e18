import ArgumentParser
import Bytes
import Catalogue
import Control
import Glibc
import Linux

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
        let script = Parctl.completionScript(for: shell.kind)
        try StandardOutput.write((shell == .bash ? BashCompletion.mended(script) : script) + "\n")
    }
}

/// The completion script of bash, with words of parctl before options and files.
enum BashCompletion {
    /// The line by which the script that is generated names its function.
    private static let registration = "complete -o filenames -F _parctl parctl"

    /// The script with a function of our own around the generated one. That takes every word for a file's name, so that bash
    /// puts a slash behind a command where there is a directory of that name, and offers options before anybody has typed a
    /// dash.
    static func mended(_ script: String) -> String {
        guard script.hasSuffix(registration) || script.hasSuffix(registration + "\n") else { return script }
        let words =
            CommandName.all + Catalogue.all.map(\.name) + ["list", "resize", "recycle", "fresh", "workers", "tasks"]
        return script.split(separator: "\n", omittingEmptySubsequences: false).filter { $0 != registration }
            .joined(separator: "\n") + """
                _parctl_words() {
                    _parctl "$@"
                    local word plain=() files=
                    for word in "${COMPREPLY[@]}"; do
                        [[ "${word}" == -* ]] || plain+=("${word}")
                        case "${word}" in
                        -*|\(words.joined(separator: "|"))) ;;
                        *) files=1 ;;
                        esac
                    done
                    if [[ "${COMP_WORDS[COMP_CWORD]}" != -* ]] && ((${#plain[@]})); then
                        COMPREPLY=("${plain[@]}")
                    fi
                    if [[ -n "${files}" ]]; then
                    # bash itself puts a slash behind folders.
                    COMPREPLY=("${COMPREPLY[@]%/}")
                else
                    compopt +o filenames 2>/dev/null
                fi
                }

                complete -o filenames -F _parctl_words parctl
                """
    }
}

/// What the shell offers for the words of the commands that take a workload.
enum Completion {
    /// How long a daemon may take to tell of its workloads while somebody waits at a prompt.
    private static let patience = Duration.milliseconds(200)

    /// Completions for the word at `index` of a command line `words`, which begins with the program's name.
    @Sendable
    static func words(_ words: [String], index: Int, prefix: String) -> [String] {
        self.words(words, index: index, prefix: prefix, offer: WorkloadOffer(service(words), patience: patience))
    }

    /// The pools that the daemon has, or may have.
    @Sendable
    static func pools(_ words: [String], index: Int, prefix: String) -> [String] {
        let told = try? service(words).call(ListPools.method, patience: patience, as: ListPools.Reply.self).pools
        return (told?.map(\.name) ?? ["threads", "processes"]).filter(isPlain)
    }

    /// The jobs that have not ended.
    @Sendable
    static func jobs(_ words: [String], index: Int, prefix: String) -> [String] {
        let told = try? service(words).call(ListJobs.method, patience: patience, as: ListJobs.Reply.self).jobs
        return (told ?? []).map(\.job).filter(isPlain)
    }

    /// The baselines of benches that are kept by a name.
    @Sendable
    static func baselines(_ words: [String], index: Int, prefix: String) -> [String] {
        BenchBaselines.kept.filter(isPlain)
    }

    private static func service(_ words: [String]) -> Service {
        var service = Service()
        if let place = words.firstIndex(of: "--socket"), place + 1 < words.count { service.socket = words[place + 1] }
        return service
    }

    /// - Parameter offer: what can be run beside this program's own workloads.
    static func words(_ words: [String], index: Int, prefix: String, offer: WorkloadOffer) -> [String] {
        guard let run = words.firstIndex(where: CommandWords.verbs.contains) else { return [] }
        let before = words[(run + 1)..<min(max(index, run + 1), words.count)]
        let own = before.lazy.compactMap { Catalogue.definition(named: $0) }.first
        guard let definition = own ?? before.lazy.compactMap({ try? offer.daemons($0) }).first else {
            let names = Catalogue.all.map(\.name)
            return names + (offer.told ?? []).map(\.name).filter { !names.contains($0) && isPlain($0) }
        }
        let option = before.last.flatMap(definition.option(typed:)).flatMap { $0.kind == .flag ? nil : $0 }
        if let option {
            return switch option.kind {
            case .choice: option.choices.filter(isPlain)
            case .path: FileNames.beginning(with: prefix)
            // Its default is an example of a value.
            default: [option.value].compactMap(\.self).filter(isPlain)
            }
        }
        if definition.input == .command, !prefix.hasPrefix("-") {
            let path = CommandWords.hasCommand(Array(before)) ? nil : Environment.value("PATH")
            return (path.map { FileNames.programs(beginningWith: prefix, in: $0) } ?? [])
                + FileNames.beginning(with: prefix)
        }
        if definition.input?.isBytes == true, !prefix.hasPrefix("-") { return FileNames.beginning(with: prefix) }
        return (definition.options + definition.clientOptions).map(\.name).filter(isPlain).map { "--\($0)" }
    }

    /// Whether a shell takes `name`, which a daemon may have told, for a plain word.
    private static func isPlain(_ name: String) -> Bool { !name.isEmpty && ShellWord.quoted(name) == name }
}

/// Names of files that begin in a certain way, as a shell offers them.
enum FileNames {
    /// Paths that begin with `prefix`, directories with a slash at their end. Hidden ones only where that asks for them.
    static func beginning(with prefix: String) -> [String] {
        let folder = prefix.lastIndex(of: "/").map { String(prefix[...$0]) } ?? ""
        let start = String(prefix.dropFirst(folder.count))
        return Folder.names(in: folder.isEmpty ? "." : folder)
            .filter { $0.hasPrefix(start) && (start.hasPrefix(".") || !$0.hasPrefix(".")) }
            .map { name in folder + name + (isFolder(folder + name) ? "/" : "") }.sorted()
    }

    /// Programs of `path`, such as $PATH, whose names begin with `prefix`; none for an empty one, as there are too many.
    static func programs(beginningWith prefix: String, in path: String) -> [String] {
        guard !prefix.isEmpty, !prefix.contains("/") else { return [] }
        let found = path.split(separator: ":").flatMap { folder in
            Folder.names(in: String(folder)).filter {
                $0.hasPrefix(prefix) && access("\(folder)/\($0)".cBytes, X_OK) == 0
            }
        }
        return Set(found).sorted()
    }

    private static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path.cBytes, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}
