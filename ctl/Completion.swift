import Catalogue

/// What the shell offers for the words of `parctl run` and `parctl compare`.
enum Completion {
    /// Completions for the word at `index` of a command line `words`, which begins with the program's name.
    @Sendable
    static func words(_ words: [String], index: Int, prefix: String) -> [String] {
        guard let run = words.firstIndex(where: { $0 == "run" || $0 == "compare" }) else { return [] }
        let before = words[(run + 1)..<min(max(index, run + 1), words.count)]
        guard let entry = before.lazy.compactMap({ Catalogue.entry(named: $0) }).first else {
            return Catalogue.entries.map(\.name)
        }
        let option = before.last.flatMap(entry.option(typed:)).flatMap { $0.kind == .flag ? nil : $0 }
        // After an option that takes a value comes that value: its default is an example of one.
        if let option { return option.kind == .choice ? option.choices : [option.value].compactMap(\.self) }
        return (entry.options + entry.clientOptions).map { "--\($0.name)" }
    }
}
