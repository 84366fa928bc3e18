import Catalogue

/// What the shell offers for the words of `parctl run` and `parctl compare`.
enum Completion {
    /// Completions for the word at `index` of a command line `words`, which begins with the program's name.
    @Sendable
    static func words(_ words: [String], index: Int, prefix: String) -> [String] {
        guard let run = words.firstIndex(where: { $0 == "run" || $0 == "compare" }) else { return [] }
        let before = words[(run + 1)..<min(max(index, run + 1), words.count)]
        guard let definition = before.lazy.compactMap({ Catalogue.definition(named: $0) }).first else {
            return Catalogue.all.map(\.name)
        }
        let option = before.last.flatMap(definition.option(typed:)).flatMap { $0.kind == .flag ? nil : $0 }
        if let option {
            return switch option.kind {
            case .choice: option.choices
            case .path: FileNames.beginning(with: prefix)
            // Its default is an example of a value.
            default: [option.value].compactMap(\.self)
            }
        }
        if definition.input == .command, !prefix.hasPrefix("-") {
            let path = CommandWords.hasCommand(Array(before)) ? nil : Environment.value("PATH")
            return (path.map { FileNames.programs(beginningWith: prefix, in: $0) } ?? [])
                + FileNames.beginning(with: prefix)
        }
        if definition.input == .bytes, !prefix.hasPrefix("-") { return FileNames.beginning(with: prefix) }
        return (definition.options + definition.clientOptions).map { "--\($0.name)" }
    }
}
