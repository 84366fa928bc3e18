import Catalogue

/// What the shell offers for the words of `parctl run` and `parctl compare`.
enum Completion {
    /// How long a daemon may take to tell of its workloads while somebody waits at a prompt.
    private static let patience = Duration.milliseconds(200)

    /// Completions for the word at `index` of a command line `words`, which begins with the program's name.
    @Sendable
    static func words(_ words: [String], index: Int, prefix: String) -> [String] {
        var service = Service()
        if let place = words.firstIndex(of: "--socket"), place + 1 < words.count { service.socket = words[place + 1] }
        return self.words(words, index: index, prefix: prefix, offer: WorkloadOffer(service, patience: patience))
    }

    /// - Parameter offer: what can be run beside this program's own workloads.
    static func words(_ words: [String], index: Int, prefix: String, offer: WorkloadOffer) -> [String] {
        guard let run = words.firstIndex(where: { $0 == "run" || $0 == "compare" }) else { return [] }
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
        if definition.input == .bytes, !prefix.hasPrefix("-") { return FileNames.beginning(with: prefix) }
        return (definition.options + definition.clientOptions).map(\.name).filter(isPlain).map { "--\($0)" }
    }

    /// Whether a shell takes `name`, which a daemon may have told, for a plain word.
    private static func isPlain(_ name: String) -> Bool { !name.isEmpty && ShellWord.quoted(name) == name }
}
